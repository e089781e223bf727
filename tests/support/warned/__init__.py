"""Specs that soft rules are about and specs that they are not about, for the operator and the API server alike."""

from dataclasses import dataclass

import pytest

CONTAINER = {"name": "agent", "image": "registry.example/agent:1.0"}
DATA = [{"name": "data", "emptyDir": {}}]
TOKEN = r"\var\run\secrets\kubernetes.io\serviceaccount\token"  # noqa: S105 -- where it lies
LOCAL_SERVICE = r"NT AUTHORITY\LocalService"


@dataclass(frozen=True)
class Warned:
    """A spec and what is said about it.

    Attributes:
        name: what it is, as a sentence.
        spec: the spec.
        code: the one soft rule that it breaks, empty if it breaks none.
        path: where; empty if it breaks none.
    """

    name: str
    spec: dict
    code: str = ""
    path: str = ""

    @property
    def manifest(self):
        """Return the whole agent."""
        kind = {"apiVersion": "hostprocess.dev/v1alpha1", "kind": "HostProcessAgent"}
        return kind | {"metadata": {"name": "sample"}, "spec": self.spec}


def agent(*, init=None, spec=None, **fields):
    """Return a spec with these fields of its container."""
    containers = {"containers": [{**CONTAINER, **fields}]}
    return containers | ({"initContainers": [{**CONTAINER, "name": "init", **init}]} if init else {}) | (spec or {})


def volumes(**source):
    """Return a spec with one volume."""
    return agent(spec={"volumes": [{"name": "data", **source}]})


def mount(path, **fields):
    """Return a spec that mounts a volume there."""
    return agent(volumeMounts=[{"name": "data", "mountPath": path, **fields}], spec={"volumes": DATA})


def variable(value):
    """Return a spec with one variable."""
    return agent(env=[{"name": "VARIABLE", "value": value}])


def expecting(account, mode="Probe", **fields):
    """Return a spec whose account is expected to be an administrator."""
    verification = {"expect": "Administrator", "mode": mode}
    return agent(spec={"runAsUserName": account, "verification": verification}, **fields)


def command(*items):
    """Return a hook or a probe that runs this."""
    return {"exec": {"command": list(items)}}


def as_rows(found):
    """Return them as rows of a table."""
    return [pytest.param(each, id=each.name) for each in found]
