"""Containers of an agent's pod, from the containers of its spec: the same but for the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hostprocess_operator.manifests.privileged import container_account
from hostprocess_operator.verification.accounts import canonical_account

if TYPE_CHECKING:
    from hostprocess_operator.api.shapes.containers import Container, InitContainer


def container(asked: Container | InitContainer) -> dict[str, Any]:
    """Return the container of the pod; what has the API server's default is left to it."""
    fields = asked.to_dict({"run_as_user_name"})
    own = container_account(canonical_account(asked.run_as_user_name)) if asked.run_as_user_name else {}
    return fields | own
