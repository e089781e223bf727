"""The stand-in API server of the benchmark: both operators work on it, so that its figures are figures of them."""

from bench import streams
from bench.subjects import PlainKopf, StandInServer, ours, wait_until_worked
from control_plane import wait_for

NODES, AGENTS = 20, 2


def test_an_operator_that_starts_on_a_proven_fleet_writes_nothing_and_hears_its_events(tmp_path):
    with StandInServer(NODES, AGENTS, tmp_path) as server, ours(server.kubeconfig, tmp_path) as operator:
        wait_for(lambda: server.ask("counts")["ready"] == AGENTS, 60, "both agents to be Ready")
        operator.kill()
        before = streams.writes(server)
        operator.start(timeout=60)
        wait_until_worked(operator, AGENTS, timeout=60)
        assert streams.writes(server) == before
        server.ask("stream", events=2 * NODES, rate=None)
        wait_until_worked(operator, AGENTS + 1, timeout=60)


def test_plain_kopf_works_there_too(tmp_path):
    with StandInServer(NODES, 1, tmp_path) as server, PlainKopf(server.kubeconfig, tmp_path) as plain:
        streams.wait_until_it_watches(server, plain)
        wait_for(lambda: server.requests().get("create daemonsets"), 60, "plain kopf to make a DaemonSet")
