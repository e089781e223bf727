"""ControllerRevisions and the digest that tells one pod template from another."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostprocess_operator.observed import observe_revision, template_digest
from hostprocess_operator.observed.revision import canonical_hash
from hostprocess_operator.observed.seen import Seen
from support import build

TEMPLATE = {
    "metadata": {"labels": {"a": "b"}, "creationTimestamp": None},
    "spec": {"containers": [{"name": "agent", "image": "i:1", "args": ["x", "y"]}], "hostNetwork": True},
}
PLACEMENT = {
    "nodeSelector": {"kubernetes.io/os": "windows"},
    "affinity": {"nodeAffinity": {}},
    "tolerations": [{"operator": "Exists"}],
}

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
templates = st.fixed_dictionaries({"metadata": st.dictionaries(st.text(max_size=5), values, max_size=3)}).flatmap(
    lambda made: st.dictionaries(
        st.sampled_from(["containers", "volumes", "hostNetwork", "os"]), values, max_size=4
    ).map(lambda spec: made | {"spec": spec})
)
placements = st.dictionaries(st.sampled_from(list(PLACEMENT)), values, max_size=3)


def reversed_keys(value):
    if isinstance(value, dict):
        return {key: reversed_keys(item) for key, item in reversed(value.items())}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


def with_nulls(value):
    if isinstance(value, dict):
        return {"added": None} | {key: with_nulls(item) for key, item in value.items()}
    return [with_nulls(item) for item in value] if isinstance(value, list) else value


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@given(templates, placements, placements)
def test_placement_does_not_count(template, one, other):
    digests = {template_digest(template | {"spec": template["spec"] | placement}) for placement in (one, other)}
    assert len(digests) == 1


@given(templates)
def test_the_order_of_keys_nulls_and_the_patch_marker_do_not_count(template):
    told_otherwise = {"$patch": "replace"} | with_nulls(reversed_keys(template))
    assert template_digest(told_otherwise) == template_digest(template)


@given(templates, templates)
def test_everything_else_counts(one, other):
    same = canonical(one) == canonical(other)
    assert (template_digest(one) == template_digest(other)) is same


def canonical(template):
    """Return the template in a form whose equality is that of JSON, where true and 1 differ."""
    return repr(sort(without_nulls(template)))


def sort(value):
    if isinstance(value, dict):
        return "an object", sorted((key, sort(item)) for key, item in value.items())
    return [sort(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda t: t["spec"]["containers"][0].update(image="i:2"), id="an image"),
        pytest.param(lambda t: t["spec"]["containers"][0]["args"].reverse(), id="the order of arguments"),
        pytest.param(lambda t: t["spec"]["containers"].append({"name": "rogue"}), id="a container"),
        pytest.param(lambda t: t["spec"].update(hostNetwork=1), id="one that is not true"),
        pytest.param(lambda t: t["metadata"]["labels"].update(c="d"), id="a label"),
        pytest.param(lambda t: t["spec"]["containers"][0].update(affinity={}), id="a name of placement elsewhere"),
        pytest.param(lambda t: t.update({"more": 1}), id="a field beside the spec"),
    ],
)
def test_an_edit_that_counts(edit):
    edited = copy.deepcopy(TEMPLATE)
    edit(edited)
    assert template_digest(edited) != template_digest(TEMPLATE)


@pytest.mark.parametrize(
    "template",
    [pytest.param({}, id="empty"), pytest.param({"spec": None}, id="null"), pytest.param({"spec": {}}, id="no fields")],
)
def test_a_template_without_a_spec_has_one_digest(template):
    assert template_digest(template) == template_digest({})


def test_the_template_is_not_changed():
    template = copy.deepcopy(TEMPLATE) | {"$patch": "replace"}
    before = copy.deepcopy(template)
    template_digest(template)
    assert template == before


@pytest.mark.parametrize(
    ("template", "digest"),
    [(TEMPLATE, "55bd9c74e0d52ec8"), ({"spec": {"nodeName": "é"}}, "2a42a5dd674ef6a6")],
    ids=["ASCII", "not ASCII"],
)
def test_a_digest_is_sixteen_hex_digits_that_no_version_may_change(template, digest):
    assert template_digest(template) == digest


def test_a_tuple_counts_as_a_list():
    assert canonical_hash({"args": ("x", None)}) == canonical_hash({"args": ["x", None]})


REVISION = {
    "metadata": {
        "name": "inspector-abc",
        "namespace": "agents",
        "uid": "u1",
        "labels": {"hostprocess.dev/agent": "inspector", "controller-revision-hash": "abc"},
        "ownerReferences": [{"kind": "DaemonSet", "uid": "ds-uid", "controller": True}],
    },
    "data": {"spec": {"template": {"$patch": "replace"} | TEMPLATE}},
    "revision": 3,
}


def test_what_a_revision_shows():
    revision = observe_revision(REVISION)
    assert (revision.namespace, revision.name, revision.uid) == ("agents", "inspector-abc", "u1")
    assert (revision.agent, revision.owner_uid, revision.hash) == ("inspector", "ds-uid", "abc")
    assert revision.digest == template_digest(TEMPLATE)


@pytest.mark.parametrize(
    ("owner", "is_copy"),
    [
        pytest.param({"kind": "DaemonSet", "controller": True}, False, id="the DaemonSet controller's"),
        pytest.param({"kind": "HostProcessAgent", "controller": True}, True, id="our own copy"),
        pytest.param({"kind": "HostProcessAgent"}, False, id="not controlled by an agent"),
    ],
)
def test_a_copy_of_ours_is_told_by_who_controls_it(owner, is_copy):
    metadata = REVISION["metadata"] | {"ownerReferences": [{"uid": "u"} | owner]}
    assert observe_revision(REVISION | {"metadata": metadata}).is_copy is is_copy


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(None, id="no data"),
        pytest.param({}, id="empty data"),
        pytest.param({"spec": None}, id="no spec"),
        pytest.param({"spec": {"template": None}}, id="no template"),
        pytest.param({"spec": "text"}, id="the spec is something else"),
        pytest.param({"spec": {"template": ["text"]}}, id="the template is something else"),
        pytest.param({"spec": {"template": {"spec": "text"}}}, id="the template holds something else"),
    ],
)
def test_a_revision_without_a_template_holds_the_empty_template(data):
    revision = observe_revision({"metadata": {"name": "r", "uid": "u"}, "data": data})
    assert (revision.hash, revision.agent, revision.digest) == ("", "", template_digest({}))


def test_a_snapshot_finds_digests_by_hash():
    seen = Seen(revisions=(build.revision("a", "digest-of-a"), build.revision("b", "digest-of-b")))
    assert seen.digests() == {"a": "digest-of-a", "b": "digest-of-b"}
