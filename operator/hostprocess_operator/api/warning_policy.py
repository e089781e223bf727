"""The admission policy that lets the API server say at once what the operator warns of, made from the soft rules."""

from typing import Any, Final

from hostprocess_operator.api.names import GROUP, PLURAL, VERSION
from hostprocess_operator.api.soft_rules.places import VARIABLES
from hostprocess_operator.api.soft_rules.soft_rule import SoftRule
from hostprocess_operator.api.warnings import SOFT_RULES

NAME: Final = "hostprocess-warnings"
PAGE: Final = "docs/warnings.md"
"""Page of this repository with a paragraph for each code."""

_API_VERSION: Final = "admissionregistration.k8s.io/v1"


def warning_policy() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the ValidatingAdmissionPolicy and its binding as plain JSON values, in the order of a manifest."""
    metadata = {"name": NAME, "labels": {"app.kubernetes.io/name": "hostprocess-operator"}}
    rule = {
        "apiGroups": [GROUP],
        "apiVersions": [VERSION],
        "resources": [PLURAL],
        "operations": ["CREATE", "UPDATE"],
        "scope": "Namespaced",
    }
    spec = {
        "failurePolicy": "Ignore",
        "matchConstraints": {"resourceRules": [rule]},
        "matchConditions": [
            {"name": "the-spec-is-new", "expression": "oldObject == null || object.spec != oldObject.spec"}
        ],
        "variables": [{"name": name, "expression": cel} for name, cel in VARIABLES.items()],
        "validations": [_validation(each) for each in SOFT_RULES],
    }
    binding = {"policyName": NAME, "validationActions": ["Warn"]}
    return (
        {"apiVersion": _API_VERSION, "kind": "ValidatingAdmissionPolicy", "metadata": metadata, "spec": spec},
        {"apiVersion": _API_VERSION, "kind": "ValidatingAdmissionPolicyBinding", "metadata": metadata, "spec": binding},
    )


def _validation(rule: SoftRule) -> dict[str, str]:
    return {
        "expression": rule.cel,
        "message": f"{rule.code}: {rule.where}: {rule.message} ({PAGE}#{rule.code.lower()})",
    }
