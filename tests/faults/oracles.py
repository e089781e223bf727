"""What a run ended with, in a form in which two runs can be compared. Pure.

Names, UIDs, times and versions differ from run to run. What else differs between two undisturbed runs of a scenario is
found by comparing them (`differing`) and left out of every later comparison.
"""

import json
import re
from collections import Counter

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RUN = re.compile(r"containerd://[0-9a-f]{64}")
_ADDRESS = re.compile(r"127\.\d+\.\d+\.\d+")
_GENERATED = re.compile(r"\b(?P<stem>demo)-[a-z0-9]{5}\b")
# a copy of a proven template is named after the template and its agent's UID
_COPY = re.compile(r"-proven-(?P<digest>[^\"\s]+)-[0-9a-f]{8}\b")
RECORD = "hostprocess.dev/rollout"
_LEFT_OUT = ("resourceVersion", "managedFields", "creationTimestamp", "deletionTimestamp", "generateName")


def normalised(body, names):
    """Return an object without what no two runs share.

    Args:
        names: what this run calls its namespace, nodes and pool, and by what word each is replaced.
    """
    text = json.dumps(_without(body))
    for name, word in sorted(names.items(), key=lambda item: -len(item[0])):
        text = text.replace(name, word)
    for pattern, word in ((_TIME, "TIME"), (_UID, "UID"), (_RUN, "RUN"), (_ADDRESS, "ADDRESS")):
        text = pattern.sub(word, text)
    text = _COPY.sub(r"-proven-\g<digest>-UID", text)
    return json.loads(_GENERATED.sub(r"\g<stem>-POD", text))


def flat(value, path=""):
    """Return an object as a dict from the path of each leaf to its value; JSON within a string is looked into."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = json.loads(value)
        except ValueError:
            return {path: value}
    if isinstance(value, dict):
        parts = [flat(each, f"{path}.{key}") for key, each in value.items()]
    elif isinstance(value, list):
        parts = [flat(each, f"{path}[{_label(each, number)}]") for number, each in enumerate(value)]
    else:
        return {path: value}
    return {key: leaf for part in parts for key, leaf in part.items()} or {path: None}


def end_state(objects, names):
    """Return kind -> the sorted states of its objects, each as sorted lines `path: value`."""
    return {
        kind: sorted(
            sorted(f"{path}: {json.dumps(leaf)}" for path, leaf in flat(normalised(body, names)).items())
            for body in bodies
        )
        for kind, bodies in objects.items()
    }


def merged_record(agents, daemonsets):
    """Return the rollout record that counts, out of the two that stand on agent and DaemonSet; take them from there.

    Either copy restores the other, and chance decides which is ahead. Who is out stands on the DaemonSet alone.
    """
    texts = [agent.get("status", {}).pop("record", None) for agent in agents]
    here = [each["metadata"].get("annotations", {}).pop(RECORD, None) for each in daemonsets]
    revisions = [text for text in texts + here if text]
    if not revisions:
        return {}
    records = [json.loads(text) for text in revisions]
    best = max(records, key=lambda record: record.get("seq", 0))
    out = json.loads(here[0]).get("out", {}) if here and here[0] else {}
    return {key: value for key, value in best.items() if key != "seq"} | {"out": out}


def revision_names(revisions):
    """Return the hash in the name of each ControllerRevision, which is each run's own, and a word for what it holds."""
    words = {}
    for revision in revisions:
        template = revision["data"]["spec"]["template"]
        tag = template["spec"]["containers"][0]["image"].rpartition(":")[2]
        token = (template["metadata"].get("annotations") or {}).get("hostprocess.dev/restarted-at", "")
        name = revision["metadata"]["name"]
        copy = _COPY.search(name)
        words[copy["digest"] if copy else name.rpartition("-")[2]] = f"REVISION-{tag}{token and '-RESTARTED'}"
    return words


def differing(one, other):
    """Return the paths on which two end states differ, as `kind path`."""
    return {
        f"{kind} {line.partition(': ')[0]}"
        for kind in one.keys() | other.keys()
        for line in (_lines(one, kind) - _lines(other, kind)) + (_lines(other, kind) - _lines(one, kind))
    }


def difference(state, reference, mask):
    """Return the lines in which a state differs from the reference on paths that are not masked, empty when equal."""
    lines = []
    for kind in sorted(state.keys() | reference.keys()):
        has, ought = _lines(state, kind), _lines(reference, kind)
        lines += [f"+ {kind} {line}" for line in sorted((has - ought).elements()) if not _masked(kind, line, mask)]
        lines += [f"- {kind} {line}" for line in sorted((ought - has).elements()) if not _masked(kind, line, mask)]
    return lines


def summary(recorded):
    """Return kind -> how often its objects were created and deleted, sorted: names of pods are generated.

    Args:
        recorded: kind -> pairs of (change, key) as a watch tells them; a key names what takes the object's place
            when it is made again: a pod's node, another object's name.
    """
    result = {}
    for kind, changes in recorded.items():
        created, deleted = Counter(), Counter()
        for change, key in changes:
            if change == "ADDED":
                created[key] += 1
            elif change == "DELETED":
                deleted[key] += 1
        result[kind] = sorted((created[key], deleted[key]) for key in created.keys() | deleted.keys())
    return result


def busiest(moments, seconds):
    """Return the greatest number of moments within any span of so many seconds."""
    ordered, start, most = sorted(moments), 0, 0
    for end, moment in enumerate(ordered):
        while moment - ordered[start] > seconds:
            start += 1
        most = max(most, end - start + 1)
    return most


def _without(value):
    if isinstance(value, dict):
        return {key: _without(each) for key, each in value.items() if key not in _LEFT_OUT}
    return [_without(each) for each in value] if isinstance(value, list) else value


def _label(each, number):
    if isinstance(each, dict):
        return each.get("name") or each.get("type") or each.get("key") or number
    return number


def _lines(state, kind):
    return Counter(line for body in state.get(kind, []) for line in body)


def _masked(kind, line, mask):
    return f"{kind} {line.partition(': ')[0]}" in mask
