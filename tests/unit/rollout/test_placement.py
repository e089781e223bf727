"""Which nodes an agent's pods may run on: what the DaemonSet controller would say."""

import pytest

from hostprocess_operator.manifests import placement_of
from hostprocess_operator.rollout.placement import selects, untolerated
from support import build

NODE = build.node(labels={"pool": "a", "build": "20348", "empty": ""})
NO_SCHEDULE, NO_EXECUTE, PREFER = "NoSchedule", "NoExecute", "PreferNoSchedule"


def placement(**spec):
    return placement_of(build.agent(**spec))


def affinity(*terms):
    required = {"nodeSelectorTerms": [{"matchExpressions": list(term)} for term in terms]}
    return placement(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}})


def expression(key, operator, *values):
    return {"key": key, "operator": operator} | ({"values": list(values)} if values else {})


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(placement(), True, id="any Windows node"),
        pytest.param(placement(nodeSelector={"pool": "a"}), True, id="the label has the value"),
        pytest.param(placement(nodeSelector={"pool": "b"}), False, id="it has another"),
        pytest.param(placement(nodeSelector={"zone": "1"}), False, id="the label is missing"),
        pytest.param(placement(nodeSelector={"zone": ""}), False, id="a missing label is not an empty one"),
        pytest.param(placement(nodeSelector={"empty": ""}), True, id="an empty label is"),
        pytest.param(placement(nodeSelector={"pool": "a", "build": "1"}), False, id="every label counts"),
        pytest.param(placement(affinity={}), True, id="an empty affinity asks for nothing"),
        pytest.param(affinity([expression("pool", "In", "a", "b")]), True, id="In, among the values"),
        pytest.param(affinity([expression("pool", "In", "b")]), False, id="In, not among them"),
        pytest.param(affinity([expression("zone", "In", "a")]), False, id="In, without the label"),
        pytest.param(affinity([expression("pool", "NotIn", "b")]), True, id="NotIn, another value"),
        pytest.param(affinity([expression("pool", "NotIn", "a")]), False, id="NotIn, that value"),
        pytest.param(affinity([expression("zone", "NotIn", "a")]), True, id="NotIn, without the label"),
        pytest.param(affinity([expression("pool", "Exists")]), True, id="Exists, with the label"),
        pytest.param(affinity([expression("zone", "Exists")]), False, id="Exists, without it"),
        pytest.param(affinity([expression("empty", "Exists")]), True, id="Exists, with an empty one"),
        pytest.param(affinity([expression("zone", "DoesNotExist")]), True, id="DoesNotExist, without the label"),
        pytest.param(affinity([expression("pool", "DoesNotExist")]), False, id="DoesNotExist, with it"),
        pytest.param(affinity([expression("build", "Gt", "17763")]), True, id="Gt, greater"),
        pytest.param(affinity([expression("build", "Gt", "20348")]), False, id="Gt, equal"),
        pytest.param(affinity([expression("build", "Gt", "3")]), True, id="Gt compares numbers, not texts"),
        pytest.param(affinity([expression("build", "Lt", "26100")]), True, id="Lt, less"),
        pytest.param(affinity([expression("build", "Lt", "20348")]), False, id="Lt, equal"),
        pytest.param(affinity([expression("pool", "Gt", "1")]), False, id="Gt, the label is no number"),
        pytest.param(affinity([expression("pool", "Lt", "1")]), False, id="Lt, the label is no number"),
        pytest.param(affinity([expression("build", "Gt", "x")]), False, id="Gt, the value is no number"),
        pytest.param(affinity([expression("build", "Gt", "1_0")]), False, id="no digits but plain ones are a number"),
        pytest.param(affinity([expression("zone", "Lt", "1")]), False, id="Lt, without the label"),
        pytest.param(
            affinity([expression("pool", "Exists"), expression("zone", "Exists")]), False, id="all of one term"
        ),
        pytest.param(
            affinity([expression("zone", "Exists")], [expression("pool", "Exists")]), True, id="one of several terms"
        ),
        pytest.param(affinity([]), False, id="a term without conditions fits no node"),
        pytest.param(affinity([], [expression("pool", "Exists")]), True, id="and is passed over among others"),
    ],
)
def test_selects(wanted, expected):
    assert selects(wanted, NODE) is expected


@pytest.mark.parametrize(
    "required",
    [
        pytest.param({"nodeSelectorTerms": None}, id="terms that are null"),
        pytest.param({"nodeSelectorTerms": [{"matchExpressions": [expression("pool", "Near", "a")]}]}, id="unheard of"),
        pytest.param({"nodeSelectorTerms": [{"matchExpressions": [expression("build", "Gt")]}]}, id="Gt without value"),
    ],
)
def test_what_a_stored_daemonset_may_have_besides_selects_nothing(required):
    asked = affinity([expression("pool", "Exists")])
    asked.node_affinity["requiredDuringSchedulingIgnoredDuringExecution"] = required
    assert not selects(asked, NODE)


@pytest.mark.parametrize(
    ("tolerations", "taint", "kept_out"),
    [
        pytest.param([], ("dedicated", "x", NO_SCHEDULE), True, id="a taint that nobody tolerates"),
        pytest.param([], ("dedicated", "x", NO_EXECUTE), True, id="with either effect"),
        pytest.param([], ("dedicated", "x", PREFER), False, id="a mere preference keeps nobody out"),
        pytest.param([], ("os", "windows", NO_SCHEDULE), False, id="the usual taint"),
        pytest.param([], ("os", "Win1809", NO_EXECUTE), False, id="the usual taint with any value and effect"),
        pytest.param([], ("node.kubernetes.io/os", "windows", NO_SCHEDULE), False, id="the other usual taint"),
        pytest.param([{"key": "dedicated"}], ("dedicated", "", NO_SCHEDULE), False, id="equal, both without a value"),
        pytest.param([{"key": "dedicated"}], ("dedicated", "x", NO_SCHEDULE), True, id="not equal, one without"),
        pytest.param(
            [{"key": "dedicated", "value": "x"}], ("dedicated", "x", NO_SCHEDULE), False, id="equal is the default"
        ),
        pytest.param(
            [{"key": "dedicated", "operator": "Equal", "value": "y"}], ("dedicated", "x", NO_SCHEDULE), True, id="else"
        ),
        pytest.param([{"key": "dedicated", "operator": "Exists"}], ("dedicated", "x", NO_EXECUTE), False, id="Exists"),
        pytest.param([{"key": "other", "operator": "Exists"}], ("dedicated", "x", NO_EXECUTE), True, id="another key"),
        pytest.param([{"operator": "Exists"}], ("dedicated", "x", NO_EXECUTE), False, id="no key tolerates everything"),
        pytest.param(
            [{"operator": "Exists", "effect": NO_SCHEDULE}], ("dedicated", "x", NO_EXECUTE), True, id="of one effect"
        ),
        pytest.param(
            [{"key": "dedicated", "operator": "Exists", "effect": NO_EXECUTE}],
            ("dedicated", "x", NO_EXECUTE),
            False,
            id="the effect is the taint's",
        ),
        pytest.param([], ("node.kubernetes.io/unschedulable", "", NO_SCHEDULE), False, id="a cordoned node is wanted"),
        pytest.param([], ("node.kubernetes.io/not-ready", "", NO_EXECUTE), False, id="so is one that is down"),
        pytest.param([], ("node.kubernetes.io/not-ready", "", NO_SCHEDULE), False, id="with the effect at its start"),
        pytest.param([], ("node.kubernetes.io/unreachable", "", NO_SCHEDULE), False, id="or that nobody hears from"),
        pytest.param([], ("node.kubernetes.io/memory-pressure", "", NO_SCHEDULE), False, id="or short of memory"),
        pytest.param([], ("node.kubernetes.io/network-unavailable", "", NO_SCHEDULE), False, id="or without network"),
        pytest.param([], ("node.kubernetes.io/memory-pressure", "", NO_EXECUTE), True, id="no such taint exists"),
        pytest.param([], ("node.kubernetes.io/out-of-service", "", NO_EXECUTE), True, id="one given up is not wanted"),
    ],
)  # fmt: skip
def test_untolerated(tolerations, taint, kept_out):
    found = untolerated(placement(tolerations=tolerations), build.node(taints=[taint]))
    assert [tuple(getattr(each, part) for part in ("key", "value", "effect")) for each in found] == (
        [taint] if kept_out else []
    )


def test_a_toleration_without_a_key_that_does_not_say_exists_tolerates_nothing():
    """The API server refuses it, but an older one may have stored it."""
    asked = placement()
    stored = type(asked)(asked.node_selector, {}, ({"operator": "Equal", "value": ""},))
    assert untolerated(stored, build.node(taints=[("dedicated", "", NO_SCHEDULE)]))


def test_of_several_taints_those_that_keep_it_out_are_named():
    taints = [("os", "windows", NO_SCHEDULE), ("gpu", "", NO_SCHEDULE), ("spare", "", NO_EXECUTE)]
    assert [taint.key for taint in untolerated(placement(), build.node(taints=taints))] == ["gpu", "spare"]
