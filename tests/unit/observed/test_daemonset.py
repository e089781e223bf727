"""DaemonSets: whose they are, and what of ours is kept."""

import pytest

from hostprocess_operator.observed import observe_daemonset, template_digest

TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "agent"}]}}
OURS = {
    "apiVersion": "hostprocess.dev/v1alpha1",
    "kind": "HostProcessAgent",
    "name": "inspector",
    "uid": "agent-uid",
    "controller": True,
}


def body(*owners, **metadata):
    return {
        "metadata": {
            "name": "inspector",
            "namespace": "agents",
            "uid": "u1",
            "generation": 4,
            "resourceVersion": "10",
            "labels": {"team": "platform"},
            "annotations": {"hostprocess.dev/stamp": "abc", "hostprocess.dev/rollout": "{}"},
            "ownerReferences": list(owners),
        }
        | metadata,
        "spec": {"template": TEMPLATE},
        "status": {"observedGeneration": 3},
    }


@pytest.mark.parametrize(
    ("owner", "owner_uid", "foreign_owner"),
    [
        pytest.param([OURS], "agent-uid", "", id="a HostProcessAgent controls it"),
        pytest.param([], "", "", id="nobody controls it"),
        pytest.param([OURS | {"controller": False}], "", "", id="a HostProcessAgent owns it without control"),
        pytest.param(
            [OURS | {"kind": "Application", "apiVersion": "apps.example/v1"}], "", "Application/inspector", id="another"
        ),
        pytest.param(
            [OURS | {"apiVersion": "elsewhere.example/v1"}],
            "",
            "HostProcessAgent/inspector",
            id="a kind of the same name in another group",
        ),
    ],
)
def test_owner(owner, owner_uid, foreign_owner):
    seen = observe_daemonset(body(*owner))
    assert (seen.owner_uid, seen.foreign_owner) == (owner_uid, foreign_owner)


def test_the_spec_of_ours_is_kept_with_its_digest():
    seen = observe_daemonset(body(OURS))
    assert seen.spec == {"template": TEMPLATE}
    assert seen.digest == template_digest(TEMPLATE)


@pytest.mark.parametrize("owners", [pytest.param([], id="nobody's"), pytest.param([OURS | {"kind": "X"}], id="other")])
def test_the_spec_of_any_other_is_not_read(owners):
    seen = observe_daemonset(body(*owners))
    assert (seen.spec, seen.digest) == ({}, "")


def test_everything_else_that_counts_is_taken():
    seen = observe_daemonset(body(OURS))
    assert (seen.namespace, seen.name, seen.uid) == ("agents", "inspector", "u1")
    assert (seen.generation, seen.observed_generation) == (4, 3)
    assert (seen.stamp, seen.record, seen.labels) == ("abc", "{}", {"team": "platform"})
    assert not seen.deleting


def test_one_that_is_being_deleted_says_so():
    assert observe_daemonset(body(OURS, deletionTimestamp="2026-03-04T00:00:00Z")).deleting


def test_a_new_resource_version_alone_is_no_change():
    assert observe_daemonset(body(OURS)) == observe_daemonset(body(OURS, resourceVersion="11"))


@pytest.mark.parametrize(
    "bare",
    [
        pytest.param({"metadata": {"name": "inspector", "uid": "u1"}}, id="nothing but a name"),
        pytest.param(
            {
                "metadata": {"name": "inspector", "uid": "u1", "labels": None, "annotations": None},
                "spec": None,
                "status": None,
            },
            id="nulls",
        ),
    ],
)
def test_a_half_empty_one_has_nothing(bare):
    seen = observe_daemonset(bare)
    assert (seen.generation, seen.observed_generation, seen.labels) == (0, 0, {})
    assert (seen.stamp, seen.record, seen.owner_uid, seen.foreign_owner) == (None, None, "", "")


def test_one_of_ours_without_a_spec_has_the_digest_of_nothing():
    bare = {"metadata": {"name": "inspector", "uid": "u1", "ownerReferences": [OURS]}}
    assert observe_daemonset(bare).digest == template_digest({})
