"""A namespace, as far as it decides which pods are admitted."""

from __future__ import annotations

from dataclasses import dataclass

from hostprocess_operator.observed.objects import Body, label

_POD_SECURITY = "pod-security.kubernetes.io"


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace as the API server last showed it.

    Attributes:
        enforce: its Pod Security level, empty when it has no label and the cluster's default holds.
        terminating: whether it is being deleted.
    """

    name: str
    enforce: str
    terminating: bool

    @property
    def level(self) -> str:
        """Return the enforced level, or that none is named."""
        return self.enforce or "unlabelled"


def observe_namespace(body: Body) -> Namespace:
    """Return what a Namespace shows."""
    return Namespace(
        name=str(body["metadata"]["name"]),
        enforce=label(body, f"{_POD_SECURITY}/enforce"),
        terminating=body["metadata"].get("deletionTimestamp") is not None,
    )
