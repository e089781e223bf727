"""Whatever components, registries, webhooks and programs write: a finding is made, and it can be shown."""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from hostprocess_operator.diagnosis import diagnose_pod, diagnose_refusal, foresee_refusal, group, wants_events
from hostprocess_operator.diagnosis.finding import ADVICE_BYTES, TEXT_BYTES
from hostprocess_operator.observed import Ended, Event, Namespace
from support import build
from support.build import NOW, SECOND
from support.failures import every_name, load

# Real words with anything in and around them, and anything at all.
WORDS = [event.message for name in every_name() for event in load(name).events]
WORDS += [c.message for name in every_name() if (pod := load(name).pod) for c in pod.containers if c.message]
anything = st.text(st.characters(codec=None), max_size=300)
words = st.one_of(
    anything,
    st.builds("{}{}{}".format, anything, st.sampled_from(WORDS), anything),
    st.builds(
        lambda text, at, more: text[:at] + more + text[at:], st.sampled_from(WORDS), st.integers(0, 300), anything
    ),
)
EVENTS = {event.reason for name in every_name() for event in load(name).events} | {"SuccessfulCreate", "Pulled"}
REASONS = {c.reason for name in every_name() if (pod := load(name).pod) for c in pod.containers}
moments = st.none() | st.integers(-1000, 100_000).map(lambda seconds: NOW - seconds * SECOND)
codes = st.integers(-(2**31), 2**32)

events = st.lists(
    st.builds(
        Event,
        about=st.just("uid"),
        reason=st.sampled_from(sorted(EVENTS)) | anything,
        message=words,
        count=st.just(1),
        last=moments,
        container=st.sampled_from(["", "agent", "other"]),
    ),
    max_size=5,
)
endings = st.none() | st.builds(Ended, exit_code=codes, reason=anything, message=words, finished=moments)
containers = st.builds(
    lambda last, image, hooks, sidecar, **fields: replace(
        build.container(**fields),
        last=last,
        image=image,
        hooks=hooks,
        sidecar=sidecar,
        probes=("liveness", "readiness"),
    ),
    last=endings,
    image=anything,
    hooks=st.booleans(),
    sidecar=st.booleans(),
    init=st.booleans(),
    account=anything,
    restarts=st.integers(0, 9),
    state=st.sampled_from(["", "waiting", "running", "terminated"]),
    reason=st.sampled_from(sorted(REASONS)) | anything,
    message=words,
    exit_code=st.none() | codes,
    run=st.sampled_from(["", "containerd://x"]),
    age=st.integers(0, 9999).map(lambda seconds: seconds * SECOND),
)
pods = st.builds(
    lambda gone_by, sandboxed, **fields: replace(
        build.pod(ready=False, deleting=gone_by is not None, **fields), gone_by=gone_by, sandboxed=sandboxed
    ),
    gone_by=moments,
    sandboxed=st.sampled_from([None, True, False]),
    containers=st.lists(containers, min_size=1, max_size=3).map(tuple),
    phase=st.sampled_from(["Pending", "Running", "Failed"]),
    reason=st.sampled_from(["", "Evicted", "Unschedulable", "OutOfcpu"]) | anything,
    message=words,
)


def assert_can_be_shown(found):
    assert found is not None
    assert found.text
    assert found.message.isprintable()
    assert len(found.text.encode()) <= TEXT_BYTES
    assert len(found.advice.encode()) <= ADVICE_BYTES
    assert {each.finding for each in group([("node-a", True, found)])} == {found}


@given(pods, events)
def test_pod(pod, told):
    wants_events(pod, NOW)
    found = diagnose_pod(pod, told, NOW)
    if found is not None:
        assert_can_be_shown(found)


@given(words)
@example('violates PodSecurity "' + "x" * 100 + '": ' + "y" * 100_000)
@example("exceeded quota: \x1b[31mx\u202e, " + "\x00" * 1000)
def test_refusal(said):
    event = Event("uid", "FailedCreate", said, 1, NOW)
    assert_can_be_shown(diagnose_refusal([event], "agents", None))


@given(anything.filter(lambda level: level not in {"", "privileged"}))
def test_label(level):
    assert_can_be_shown(foresee_refusal(Namespace("agents", level, terminating=False)))


def test_a_megabyte_is_read_in_no_time():
    told = [Event("uid", reason, "pull " * 250_000, 1, NOW) for reason in sorted(EVENTS)]
    waiting = build.container(run="", state="waiting", reason="CreateContainerError", message="x: " * 350_000)
    assert_can_be_shown(diagnose_pod(build.pod(ready=False, containers=(waiting,)), told, NOW))
