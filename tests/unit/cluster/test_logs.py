"""How logs are read: from the start, bounded, and few at a time."""

import asyncio

import pytest

from hostprocess_operator.cluster.logs import LogReader
from hostprocess_operator.errors import Invalid
from support.eventually import eventually
from support.stub_api_server import says


@pytest.fixture
def gate(stub):
    """Hold every log read until the gate is opened."""
    opened = asyncio.Event()

    async def wait(_):
        await opened.wait()
        return await says("log", content_type="text/plain")(None)

    stub.fail_next("list", wait, times=100)
    return opened


async def test_reads_the_start_of_one_container_s_log(stub, connection):
    stub.fail_next("list", says(b"\xff\xfeP\x00", content_type="text/plain"))
    content = await LogReader(connection).read("key", "agents", "pod-1", "verify-admin-rights")
    assert content == b"\xff\xfeP\x00"
    (sent,) = stub.requests
    assert sent.path == "/api/v1/namespaces/agents/pods/pod-1/log"
    assert sent.query == {"container": "verify-admin-rights", "limitBytes": "65536"}


async def test_a_server_that_sends_more_than_was_asked_for_is_cut(stub, connection):
    stub.fail_next("list", says("x" * 5000, content_type="text/plain"))
    assert len(await LogReader(connection).read("key", "agents", "pod-1", "c", limit_bytes=1000)) == 1000


async def test_a_refusal_of_the_kubelet_is_raised(stub, connection):
    stub.fail_next("list", says("waiting to start: PodInitializing", code=400, content_type="text/plain"))
    with pytest.raises(Invalid, match="PodInitializing"):
        await LogReader(connection).read("key", "agents", "pod-1", "c")


async def test_no_more_than_the_total_are_read_at_once(stub, connection, gate):
    reader = LogReader(connection, total=3, per_agent=2)
    reads = [asyncio.create_task(reader.read(f"agent-{n}", "agents", f"pod-{n}", "c")) for n in range(8)]
    await eventually(lambda: len(stub.requests) == 3)
    gate.set()
    await asyncio.gather(*reads)
    assert len(stub.requests) == 8


async def test_one_agent_leaves_room_for_others(stub, connection, gate):
    reader = LogReader(connection, total=3, per_agent=2)
    reads = [asyncio.create_task(reader.read("greedy", "agents", f"greedy-{n}", "c")) for n in range(8)]
    await eventually(lambda: len(stub.requests) == 2)
    reads.append(asyncio.create_task(reader.read("modest", "agents", "modest-0", "c")))
    await eventually(lambda: len(stub.requests) == 3)
    assert [request.path.split("/")[-2] for request in stub.requests] == ["greedy-0", "greedy-1", "modest-0"]
    gate.set()
    await asyncio.gather(*reads)


async def test_nothing_is_kept_about_an_agent_whose_reads_are_over(stub, connection, gate):
    reader = LogReader(connection)
    gate.set()
    await asyncio.gather(*(reader.read(f"agent-{n}", "agents", "pod", "c") for n in range(5)))
    assert len(reader._agents) == 0
