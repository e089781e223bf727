"""What RBAC's refusals mean: which right is missing, and the rule that would give it.

Pure. The API server says it in one fixed sentence, which people have to take apart before they can act on it.
"""

from __future__ import annotations

import re
from typing import Final

_REFUSAL: Final = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>[a-z]+) resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)"| at the cluster scope)'
)


def explain_missing_right(message: str) -> str | None:
    """Return who lacks which right, and the rule to add; None for a refusal that is not RBAC's."""
    found = _REFUSAL.search(message)
    if found is None:
        return None
    user, verb, resource, group, namespace = found.group("user", "verb", "resource", "group", "namespace")
    where = f"in the namespace {namespace}" if namespace else "in the whole cluster"
    rule = f'apiGroups: ["{group}"], resources: [{resource}], verbs: [{verb}]'
    return f"{user} may not {verb} {resource} {where}. Its role lacks the rule {rule}; apply deploy/ again."
