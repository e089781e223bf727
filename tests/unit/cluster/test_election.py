"""What a candidate does about a Lease, by what it has seen and by its own clock."""

import math
from datetime import UTC, datetime

import pytest

from hostprocess_operator.cluster.election import (
    Action,
    Candidate,
    Lease,
    Timing,
    claim,
    decide,
    granted,
    leads,
    observe,
    pause,
    read_lease,
    resigned,
)

NOW = 1000.0
TIMING = Timing(15.0)
THEIRS, OURS = Lease("them", "7", 15.0), Lease("us", "7", 15.0)


def candidate(lease=None, *, since=NOW, renewed=None):
    return Candidate("us", TIMING, lease, since, renewed)


def test_the_times_are_those_that_kubernetes_itself_uses():
    assert (TIMING.lease, TIMING.deadline, TIMING.retry, TIMING.request) == (15, 10, 2, 2)


def test_a_leader_gives_up_before_anybody_may_take_over():
    for seconds in (3, 15, 60):
        assert Timing(seconds).deadline + Timing(seconds).request < seconds


@pytest.mark.parametrize(
    ("lease", "unchanged_for", "action"),
    [
        pytest.param(None, math.inf, Action.CREATE, id="a lease that never existed is created"),
        pytest.param(None, 14.9, Action.WAIT, id="one that was deleted is not created at once: its holder leads still"),
        pytest.param(None, 15, Action.CREATE, id="but after its duration"),
        pytest.param(THEIRS, 0, Action.WAIT, id="a lease that was renewed a moment ago is left alone"),
        pytest.param(THEIRS, 14.9, Action.WAIT, id="a lease that was renewed just within its duration is left alone"),
        pytest.param(THEIRS, 15, Action.TAKE, id="a lease that was not renewed for its duration is taken"),
        pytest.param(Lease("them", "7", 60.0), 15, Action.WAIT, id="the duration that its holder wrote counts"),
        pytest.param(Lease("", "7", 1.0), 0, Action.TAKE, id="a lease that was given back is taken at once"),
        pytest.param(OURS, 0, Action.RENEW, id="a lease in our name is renewed"),
        pytest.param(OURS, 600, Action.RENEW, id="a lease in our name is ours however old it is"),
    ],
)
def test_decide(lease, unchanged_for, action):
    assert decide(candidate(lease, since=NOW - unchanged_for), NOW) is action


def test_its_holder_makes_a_lease_that_was_deleted_anew_at_once():
    assert decide(candidate(None, since=NOW, renewed=NOW - 1), NOW) is Action.CREATE


def test_a_lease_is_missing_since_the_first_look_that_did_not_find_it():
    gone = observe(candidate(THEIRS, since=NOW - 60), None, NOW)
    assert (gone.since, observe(gone, None, NOW + 2).since) == (NOW, NOW)


@pytest.mark.parametrize(
    ("seen", "unchanged_for"),
    [
        pytest.param(Lease("them", "7", 15.0), 60, id="the same version says that nothing was renewed"),
        pytest.param(Lease("them", "8", 15.0), 0, id="a new version starts the count anew"),
        pytest.param(Lease("another", "8", 15.0), 0, id="a new holder starts the count anew"),
    ],
)
def test_the_count_of_a_standby(seen, unchanged_for):
    assert NOW - observe(candidate(THEIRS, since=NOW - 60), seen, NOW).since == unchanged_for


def test_a_candidate_that_has_just_started_waits_for_the_whole_duration():
    seen = observe(Candidate("us", TIMING), THEIRS, NOW)
    assert decide(seen, NOW + 14.9) is Action.WAIT
    assert decide(seen, NOW + 15) is Action.TAKE


@pytest.mark.parametrize(
    ("renewed", "leading"),
    [
        pytest.param(None, False, id="who never got the lease does not lead"),
        pytest.param(NOW, True, id="who has just renewed leads"),
        pytest.param(NOW - 9.9, True, id="who renewed within the deadline leads"),
        pytest.param(NOW - 10, False, id="who could not renew until the deadline leads no more"),
        pytest.param(NOW - 60, False, id="who wakes after a minute leads no more"),
    ],
)
def test_leads(renewed, leading):
    assert leads(candidate(OURS, renewed=renewed), NOW) is leading


def test_a_leader_counts_from_before_its_renewal_was_sent():
    late = granted(candidate(OURS), Lease("us", "8", 15.0), NOW - 9, NOW)
    assert leads(late, NOW)
    assert not leads(late, NOW + 1)


@pytest.mark.parametrize(
    ("seen", "leading"),
    [
        pytest.param(Lease("them", "8", 15.0), False, id="a lease in another's hands ends it"),
        pytest.param(Lease("", "8", 1.0), False, id="a lease that somebody gave back in our name ends it"),
        pytest.param(Lease("us", "8", 15.0), True, id="a renewal whose answer was lost does not"),
        pytest.param(None, True, id="a lease that was deleted is made again by its leader"),
    ],
)
def test_a_leader_that_looks_again(seen, leading):
    assert leads(observe(candidate(OURS, renewed=NOW), seen, NOW), NOW) is leading


def test_who_resigned_does_not_lead():
    assert not leads(resigned(candidate(OURS, renewed=NOW)), NOW)


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        pytest.param(candidate(THEIRS), 2, id="a standby looks every two seconds"),
        pytest.param(candidate(THEIRS, since=NOW - 14.5), 0.5, id="a standby looks when the lease becomes free"),
        pytest.param(candidate(THEIRS, since=NOW - 60), 2, id="who could not take a free lease tries again later"),
        pytest.param(candidate(Lease("", "7", 1.0)), 2, id="who could not take a lease given back tries again later"),
        pytest.param(candidate(), 2, id="who could not create the lease tries again later"),
        pytest.param(candidate(OURS, renewed=NOW), 2, id="a leader renews every two seconds"),
        pytest.param(candidate(OURS, renewed=NOW - 9), 1, id="a leader looks when its time is over"),
    ],
)
def test_pause(state, seconds):
    assert pause(state, NOW) == seconds


class TestTheLeaseItself:
    moment = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    def test_a_new_one_counts_no_transition(self):
        assert claim({}, "us", 15, self.moment) == {
            "holderIdentity": "us",
            "leaseDurationSeconds": 15,
            "acquireTime": "2026-03-04T05:06:07.000000Z",
            "renewTime": "2026-03-04T05:06:07.000000Z",
            "leaseTransitions": 0,
        }

    def test_taking_it_counts_one(self):
        spec = claim({"holderIdentity": "them", "acquireTime": "then", "leaseTransitions": 3}, "us", 15, self.moment)
        assert (spec["leaseTransitions"], spec["acquireTime"]) == (4, "2026-03-04T05:06:07.000000Z")

    def test_renewing_it_changes_the_time_of_the_renewal_alone(self):
        before = claim({}, "us", 15, datetime(2026, 3, 4, tzinfo=UTC))
        assert claim(before, "us", 15, self.moment) == before | {"renewTime": "2026-03-04T05:06:07.000000Z"}

    def test_giving_it_back_leaves_no_holder(self):
        before = claim({}, "us", 15, self.moment)
        given_back = {"holderIdentity": "", "leaseDurationSeconds": 1}
        assert claim(before, "", 1, self.moment) == before | given_back

    @pytest.mark.parametrize(
        ("spec", "lease"),
        [
            pytest.param({"holderIdentity": "us", "leaseDurationSeconds": 5}, Lease("us", "7", 5.0), id="as written"),
            pytest.param({"leaseDurationSeconds": 5}, Lease("", "7", 5.0), id="nobody holds it"),
            pytest.param({"holderIdentity": "us"}, Lease("us", "7", 15.0), id="without a duration"),
            pytest.param(None, Lease("", "7", 15.0), id="without anything"),
        ],
    )
    def test_is_read(self, spec, lease):
        assert read_lease({"metadata": {"resourceVersion": "7"}, "spec": spec}, 15.0) == lease
