"""A term in office: what comes before the first look, and what is left after the last."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from hostprocess_operator.controller.metrics import Metrics
from hostprocess_operator.controller.queue import WorkQueue
from hostprocess_operator.controller.term import Term
from support.eventually import eventually

KEY = ("agents", "inspector")


class Office:
    """Everything that a term works with, noting what is asked of it."""

    def __init__(self):
        self.said = []
        self.queue = WorkQueue()
        self.metrics = Metrics()
        self.agents = {}
        self.pods_listed, self.agents_listed = asyncio.Event(), asyncio.Event()
        feed = type("Feed", (), {"refresh": self._refresh_agents})
        recorder = type("Recorder", (), {"run": asyncio.Event().wait})
        self.term = Term(self, feed, self.queue, self, self, recorder, self.metrics, workers=2, resync_seconds=3600)

    # the caches

    async def refresh(self):
        await self.pods_listed.wait()

    async def _refresh_agents(self):
        await self.agents_listed.wait()

    def wake_all(self):
        self.queue.add(KEY)

    # the world: the agent is gone

    async def turn(self):
        pass

    def start_anew(self):
        self.said.append("forgot")

    def agent(self, key):
        self.said.append(key)

    def forget(self, key):
        pass

    def rest(self, key):
        return 0.0

    # the verifier

    async def stop(self):
        self.said.append("stopped")


@pytest.fixture
async def office():
    return Office()


@asynccontextmanager
async def running(work):
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def leads(office):
    return office.metrics.registry.get_sample_value("hpagent_leader")


async def test_a_new_leader_looks_at_nothing_before_everything_was_listed_anew(office):
    office.queue.add(KEY)  # an event came while it stood by
    async with running(office.term.take_over()):
        office.agents_listed.set()
        await asyncio.sleep(0.05)
        assert (office.said, leads(office)) == ([], 0)
        office.pods_listed.set()
        await eventually(lambda: KEY in office.said)


async def test_whoever_leads_alone_lists_nothing_twice(office):
    async with running(office.term.run()):
        await eventually(lambda: KEY in office.said)


async def test_what_an_earlier_term_left_is_forgotten_before_the_first_look(office):
    async with running(office.term.run()):
        await eventually(lambda: KEY in office.said)
    async with running(office.term.run()):
        await eventually(lambda: office.said.count(KEY) == 2)
    assert office.said == ["forgot", KEY, "stopped"] * 2


async def test_a_key_whose_worker_was_cancelled_is_worked_on_in_the_next_term(office):
    office.queue.add(KEY)
    await office.queue.get()
    async with running(office.term.run()):
        await eventually(lambda: KEY in office.said)


async def test_the_metric_shows_who_works(office):
    async with running(office.term.run()):
        await eventually(lambda: leads(office) == 1)
    assert leads(office) == 0


async def test_a_former_leader_says_no_more_how_agents_are(office):
    def series():
        return office.metrics.registry.get_sample_value(
            "hpagent_nodes", {"namespace": "agents", "name": "inspector", "state": "desired"}
        )

    async with running(office.term.run()):
        await eventually(lambda: leads(office) == 1)
        office.metrics.nodes.labels(*KEY, "desired").set(5)
        assert series() == 5
    assert series() is None
