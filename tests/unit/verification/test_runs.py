"""Which run speaks for a pod, and what is known about its rights."""

from dataclasses import replace

import pytest

from hostprocess_operator.verification.report import Report
from hostprocess_operator.verification.runs import Standing, current_run, report_of_run, standing_of
from support.build import SYSTEM, container, denied_pod, pod, probe, report, starting_pod, verdict

SIDECAR = container("sidecar", run="containerd://sidecar-run", account=r"NT AUTHORITY\LocalService")
AGENTS = (container(), SIDECAR)


class TestTheRunThatSpeaks:
    @pytest.mark.parametrize(
        ("seen", "asked", "expected"),
        [
            pytest.param(pod(), None, ("verify-admin-rights", True, SYSTEM), id="is the probe's where there is one"),
            pytest.param(
                pod(), "agent", ("verify-admin-rights", True, SYSTEM), id="is the probe's whatever the spec says now"
            ),
            pytest.param(pod(containers=AGENTS), None, ("agent", False, SYSTEM), id="is else the first container's"),
            pytest.param(
                pod(containers=AGENTS),
                "sidecar",
                ("sidecar", False, r"NT AUTHORITY\LocalService"),
                id="is the named container's, with an account of its own",
            ),
            pytest.param(
                pod(containers=AGENTS),
                "gone",
                ("agent", False, SYSTEM),
                id="is the first container's where the pod has none of the name",
            ),
            pytest.param(
                pod(containers=(container("setup", init=True), *AGENTS)),
                None,
                ("agent", False, SYSTEM),
                id="is that of no init container but the probe",
            ),
            pytest.param(
                pod(containers=(container("verify-admin-rights"), SIDECAR)),
                None,
                ("verify-admin-rights", False, SYSTEM),
                id="is no probe's if the container of its name is an agent",
            ),
        ],
    )
    def test_choice(self, seen, asked, expected):
        run = current_run(seen, asked)
        assert (run.container, run.probe, run.account) == expected

    @pytest.mark.parametrize(
        "seen",
        [
            pytest.param(pod(gated=False), id="a pod without a gate"),
            pytest.param(pod(containers=()), id="a pod without a container"),
        ],
    )
    def test_none_speaks_for(self, seen):
        assert current_run(seen, None) is None

    @pytest.mark.parametrize(
        ("containers", "readable"),
        [
            pytest.param((probe(),), True, id="of a probe that has ended"),
            pytest.param((container("verify-admin-rights", init=True),), False, id="not of a probe that runs"),
            pytest.param((container(),), True, id="of an agent that runs"),
            pytest.param((container(run=""),), False, id="not before the first start"),
            pytest.param((replace(container(), started=None),), False, id="not before the next start"),
            pytest.param((replace(container(), run=""),), False, id="not of a run without an ID"),
        ],
    )
    def test_the_log_can_hold_a_report(self, containers, readable):
        assert current_run(pod(containers=containers), None).readable is readable

    def test_a_probe_that_waits_for_its_next_try_began_with_the_pod(self):
        waiting = container("verify-admin-rights", init=True, state="waiting", reason="CrashLoopBackOff")
        seen = pod(containers=(replace(waiting, started=None),))
        assert current_run(seen, None).started == seen.created

    def test_an_agent_that_waits_for_its_next_start_has_not_begun(self):
        seen = pod(containers=(replace(container(), state="waiting", started=None),))
        assert current_run(seen, None).started is None


class TestStanding:
    @pytest.mark.parametrize(
        ("seen", "standing"),
        [
            pytest.param(pod(gated=False), Standing.OFF, id="without a gate nobody asked"),
            pytest.param(starting_pod(), Standing.PENDING, id="before the first verdict it is pending"),
            pytest.param(pod(), Standing.VERIFIED, id="a True about the current run is proof"),
            pytest.param(
                pod(reported=report("containerd://earlier")),
                Standing.RECHECKING,
                id="a True about an earlier run is none",
            ),
            pytest.param(pod(reported=None), Standing.RECHECKING, id="a True without a report is no proof"),
            pytest.param(pod(reported="nonsense"), Standing.RECHECKING, id="a True with a spoilt report is no proof"),
            pytest.param(
                pod(containers=(probe(run=""), container())),
                Standing.RECHECKING,
                id="a run without an ID matches nothing",
            ),
            pytest.param(denied_pod(), Standing.DENIED, id="a False is a denial"),
            pytest.param(pod(gate=verdict("Unknown", "NoReport")), Standing.UNKNOWN, id="an Unknown is unknown"),
            pytest.param(pod(gate=verdict("true")), Standing.UNKNOWN, id="what is no status is unknown"),
        ],
    )
    def test_of_a_pod(self, seen, standing):
        assert standing_of(seen, None) is standing

    def test_the_report_of_another_run_is_not_that_of_this_one(self):
        seen = pod(reported=report("containerd://earlier"))
        assert report_of_run(seen, current_run(seen, None)) is None
        assert report_of_run(pod(), current_run(pod(), None)) == Report(admin=True, sid="S-1-5-18")
