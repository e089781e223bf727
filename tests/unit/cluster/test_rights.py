"""RBAC's refusals, and what to do about them."""

import pytest

from hostprocess_operator.cluster.answers import refusal_of
from hostprocess_operator.cluster.rights import explain_missing_right
from hostprocess_operator.errors import Forbidden, MissingRight

USER = "system:serviceaccount:hostprocess-system:operator"


@pytest.mark.parametrize(
    ("message", "explained"),
    [
        pytest.param(
            f'pods "a" is forbidden: User "{USER}" cannot delete resource "pods" in API group "" in the namespace "x"',
            f"{USER} may not delete pods in the namespace x. Its role lacks the rule"
            ' apiGroups: [""], resources: [pods], verbs: [delete]; apply deploy/ again.',
            id="in one namespace",
        ),
        pytest.param(
            f'daemonsets.apps is forbidden: User "{USER}" cannot list resource "daemonsets" in API group "apps"'
            " at the cluster scope",
            f"{USER} may not list daemonsets in the whole cluster. Its role lacks the rule"
            ' apiGroups: ["apps"], resources: [daemonsets], verbs: [list]; apply deploy/ again.',
            id="in the whole cluster",
        ),
        pytest.param(
            f'pods "a" is forbidden: User "{USER}" cannot get resource "pods/log" in API group "" in the namespace "x"'
            ': RBAC: clusterrole.rbac.authorization.k8s.io "hostprocess-operator" not found',
            f"{USER} may not get pods/log in the namespace x. Its role lacks the rule"
            ' apiGroups: [""], resources: [pods/log], verbs: [get]; apply deploy/ again.',
            id="of a subresource, with a note of RBAC's",
        ),
        pytest.param(
            'pods "a" is forbidden: violates PodSecurity "restricted:latest": privileged', None, id="pod security"
        ),
        pytest.param(
            'pods "a" is forbidden: ValidatingAdmissionPolicy "p" with binding "p" denied request: no', None,
            id="an admission policy",
        ),
        pytest.param(
            "Forbidden (user=kube-apiserver, verb=get, resource=nodes, subresource=proxy)", None, id="a kubelet"
        ),
    ],
)  # fmt: skip
def test_explain_missing_right(message, explained):
    assert explain_missing_right(message) == explained


def test_a_refusal_of_rbac_is_an_error_of_its_own():
    message = f'pods is forbidden: User "{USER}" cannot list resource "pods" in API group "" at the cluster scope'
    error = refusal_of({"kind": "Status", "code": 403, "reason": "Forbidden", "message": message})
    assert type(error) is MissingRight
    assert str(error).startswith(f"403 Forbidden: {USER} may not list pods")


def test_any_other_refusal_is_not():
    error = refusal_of({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "denied by a policy"})
    assert type(error) is Forbidden
