"""A kind by any of its names leads to its path."""

import pytest

from control_plane import NotFoundError
from control_plane.api import ApiClient, Resource

CORE, APPS = "/api/v1", "/apis/apps/v1"


@pytest.fixture
def api():
    api = ApiClient("http://127.0.0.1:1")
    daemonsets = Resource(APPS, "daemonsets", namespaced=True)
    api._resources = {
        "ds": daemonsets,
        "daemonset.apps": daemonsets,
        "node": Resource(CORE, "nodes", namespaced=False),
    }
    return api


@pytest.mark.parametrize(
    ("asked", "query", "path"),
    [
        (("ds", "agents", "inspector"), {}, f"{APPS}/namespaces/agents/daemonsets/inspector"),
        (("DaemonSet.apps", "agents"), {}, f"{APPS}/namespaces/agents/daemonsets"),
        (("ds",), {}, f"{APPS}/daemonsets"),
        (("ds", None, "inspector"), {}, f"{APPS}/namespaces/default/daemonsets/inspector"),
        (("ds", "a", "b", "status"), {"dryRun": "All"}, f"{APPS}/namespaces/a/daemonsets/b/status?dryRun=All"),
        (("node", "ignored", "win-1"), {}, f"{CORE}/nodes/win-1"),
    ],
)
def test_path(api, asked, query, path):
    assert api.path(*asked, **query) == path


def test_a_kind_that_is_missing_is_not_there_yet(api):
    api._discover = dict
    with pytest.raises(NotFoundError, match="no resource type 'hpagent'"):
        api.path("hpagent")
