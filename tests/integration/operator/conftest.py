"""The operator under its shipped ServiceAccount and RBAC, and one agent on nodes of its own for each test."""

import contextlib

import pytest

from support.agents import OneAgent
from support.operator import DEPLOY, USER, Operator, install

POLICIES = sorted(path.stem for path in (DEPLOY / "policies").glob("hostprocess-*.yaml"))


@pytest.fixture(scope="module")
def operator(plane, tmp_path_factory):
    """Return a running operator; the policies that ship with it are not installed, see `policies`."""
    kubeconfig = install(plane, policies=False)
    with Operator(kubeconfig, tmp_path_factory.mktemp("operator") / "log") as running:
        yield running
        if running.running:
            assert not [line for line in running.lines() if "Traceback" in str(line)]


@pytest.fixture
def one(plane, namespace, nodes, operator):
    """Return an agent that is not applied yet, for the nodes of this test."""
    return OneAgent(plane, namespace, nodes.selector)


@pytest.fixture
def policies(plane):
    """Install the admission policies for one test."""
    plane.kubectl("apply", "-k", str(DEPLOY / "policies"))
    yield
    for name in POLICIES:
        plane.delete("validatingadmissionpolicybinding", name)
        plane.delete("validatingadmissionpolicy", name)


@pytest.fixture
def lenient_crd(plane):
    """Take validation from the CRD for one test, as an older version of it would have less."""
    name = "hostprocessagents.hostprocess.dev"
    strict = plane.get("customresourcedefinitions", name)["spec"]
    (version,) = strict["versions"]
    anything = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}

    def replace(spec):
        operations = [{"op": "replace", "path": "/spec", "value": spec}]
        plane.patch("customresourcedefinitions", name, operations, patch_type="json")

    replace(strict | {"versions": [version | {"schema": anything}]})
    yield
    replace(strict)


class Audit:
    """What the operator wrote and read since a mark."""

    def __init__(self, plane, namespace):
        self._plane, self._namespace = plane, namespace
        self.mark()

    def mark(self):
        """Forget what happened until now."""
        self._since = self._plane.audit_mark()

    def events(self, resource="", verb=""):
        """Return the operator's requests in the test's namespace, except lists and watches, oldest first.

        Args:
            resource: such as `pods` or `pods/log`; Events, which come a moment later, are left out unless asked for.
            verb: such as `create`.
        """
        return [
            event
            for event in self._plane.audit(self._since)
            if event.user == USER
            and event.namespace == self._namespace
            and event.verb not in {"list", "watch"}
            and (resource or event.resource != "events")
            and (not resource or resource == "/".join(filter(None, (event.resource, event.subresource))))
            and (not verb or verb == event.verb)
        ]

    def count(self, resource="", verb=""):
        """Return how many there are."""
        return len(self.events(resource, verb))


@pytest.fixture
def audit(plane, namespace):
    return Audit(plane, namespace)


@pytest.fixture
def stack():
    """Return an ExitStack that ends with the test."""
    with contextlib.ExitStack() as entered:
        yield entered
