"""Why no pod is admitted: foreseen from the namespace, or read from the DaemonSet's events."""

from datetime import timedelta

import pytest

from hostprocess_operator.api.faults import Fault
from hostprocess_operator.diagnosis import diagnose_refusal, foresee_refusal
from hostprocess_operator.observed import Event, Namespace
from support.build import MINUTE, NOW

CURE = "`kubectl label namespace agents pod-security.kubernetes.io/enforce=privileged --overwrite`."
FORBIDDEN = 'Error creating: pods "inspector-x7k2p" is forbidden: '
VIOLATION = f'{FORBIDDEN}violates PodSecurity "baseline:latest": hostProcess (pod must not set it)'
NO_CLASS = f"{FORBIDDEN}no PriorityClass with name high was found"


def namespace(enforce=""):
    return Namespace("agents", enforce, terminating=False)


def refused(message, *, age=MINUTE, reason="FailedCreate"):
    return Event("uid", reason, message, 1, None if age is None else NOW - age)


def made(age):
    return refused("Created pod: inspector-abcde", age=age, reason="SuccessfulCreate")


@pytest.mark.parametrize("level", ["", "privileged"])
def test_nothing_is_foreseen(level):
    assert foresee_refusal(namespace(level)) is None


def test_nothing_is_foreseen_of_an_unknown_namespace():
    assert foresee_refusal(None) is None


@pytest.mark.parametrize(
    ("level", "words"),
    [
        pytest.param("baseline", "enforce is baseline, not privileged", id="baseline"),
        pytest.param("restricted", "enforce is restricted, not privileged", id="restricted"),
        pytest.param("Privileged", "enforce is Privileged, which is no level and counts as restricted", id="misspelt"),
    ],
)
def test_refusal_is_foreseen(level, words):
    found = foresee_refusal(namespace(level))
    assert found.reason is Fault.POD_SECURITY_REJECTED
    assert words in found.text
    assert CURE in found.advice


@pytest.mark.parametrize(
    ("events", "enforce", "expected"),
    [
        pytest.param([], "", None, id="no events"),
        pytest.param([made(MINUTE)], "", None, id="pods were made"),
        pytest.param([refused("x", reason="FailedDaemonPod")], "", None, id="an event of another kind"),
        pytest.param([refused(VIOLATION)], "", Fault.POD_SECURITY_REJECTED, id="a strict default of the cluster"),
        pytest.param([refused(VIOLATION)], "baseline", Fault.POD_SECURITY_REJECTED, id="a strict label"),
        pytest.param([refused(VIOLATION)], "privileged", None, id="a label that was corrected since"),
        pytest.param(
            [refused(NO_CLASS)], "privileged", Fault.PRIORITY_CLASS_MISSING, id="the label cures nothing else"
        ),
        pytest.param(
            [refused(VIOLATION, age=2 * MINUTE), refused(NO_CLASS)], "", Fault.PRIORITY_CLASS_MISSING,
            id="the newest counts",
        ),
        pytest.param([refused(NO_CLASS, age=2 * MINUTE), made(MINUTE)], "", None, id="made since"),
        pytest.param(
            [refused(NO_CLASS), made(MINUTE)], "", Fault.PRIORITY_CLASS_MISSING, id="made and refused at once: a quota"
        ),
        pytest.param([refused(NO_CLASS, age=None)], "", Fault.PRIORITY_CLASS_MISSING, id="an event without a time"),
        pytest.param(
            [refused(f'{FORBIDDEN}error looking up service account agents/x: Get "https://api": EOF')], "",
            Fault.ADMISSION_REJECTED, id="a ServiceAccount that could not be looked up",
        ),
        pytest.param(
            [refused("unable to create new content in namespace agents because it is being terminated")], "",
            Fault.ADMISSION_REJECTED, id="a namespace that is being deleted",
        ),
        pytest.param(
            [refused('Error creating: admission webhook "w" denied the request: exceeded quota: x, requested: y')], "",
            Fault.WEBHOOK_DENIED, id="a webhook that speaks like a quota",
        ),
        pytest.param(
            [refused(f"{FORBIDDEN}ValidatingAdmissionPolicy 'p' denied request: violates PodSecurity \"x\": y")], "",
            Fault.POLICY_DENIED, id="a policy that speaks like Pod Security",
        ),
        pytest.param(
            [refused('Error creating: admission webhook "w" denied the request without explanation')], "",
            Fault.WEBHOOK_DENIED, id="a webhook that says nothing",
        ),
        pytest.param([refused("")], "", Fault.ADMISSION_REJECTED, id="no words"),
        pytest.param([], "", None, id="nothing was said"),
        pytest.param(
            [refused("Deleted pod: x", age=MINUTE, reason="SuccessfulDelete"), refused(VIOLATION, age=2 * MINUTE)], "",
            Fault.POD_SECURITY_REJECTED, id="that a pod was deleted since says nothing",
        ),
    ],
)  # fmt: skip
def test_reason(events, enforce, expected):
    found = diagnose_refusal(events, "agents", namespace(enforce))
    assert (None if found is None else found.reason) is expected


def test_namespace_that_is_being_deleted_is_named():
    ends = "unable to create new content in namespace agents because it is being terminated"
    found = diagnose_refusal([refused(ends)], "agents", None)
    assert found.text == "The namespace agents is being deleted, so no pod is made there."


def test_refusal_is_read_though_the_namespace_is_not_known():
    assert diagnose_refusal([refused(VIOLATION)], "agents", None).advice.endswith(CURE)


def test_every_try_says_the_same():
    said = {
        diagnose_refusal(
            [
                refused(
                    f'Error creating: admission webhook "w" denied the request: pod inspector-{suffix} is bad', age=age
                )
            ],
            "agents",
            None,
        )
        for suffix, age in (("x7k2p", MINUTE), ("bcdfg", timedelta()))
    }
    assert len(said) == 1
