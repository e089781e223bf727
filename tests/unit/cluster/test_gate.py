"""The gate that every mutating request passes: when it is asked for, and once it has its socket."""

import asyncio

import pytest

from hostprocess_operator.cluster.paths import leases, pods
from hostprocess_operator.errors import WritesClosed
from support.eventually import eventually
from support.stub_api_server import answers, never_answers

PODS = pods()


class TestGate:
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    async def test_no_mutating_request_is_sent_any_more(self, stub, connection, method):
        connection.gate.close()
        with pytest.raises(WritesClosed):
            await connection.request(method, f"{PODS}/a", body={})
        assert stub.requests == []

    async def test_reading_goes_on(self, stub, connection):
        connection.gate.close()
        await connection.request("GET", PODS)
        assert len(stub.requests) == 1

    async def test_a_write_in_flight_finishes(self, stub, connection):
        release = asyncio.Event()

        async def slowly(_):
            await release.wait()
            return await answers(201)(None)

        stub.fail_next("write", slowly)
        write = asyncio.create_task(connection.request("POST", PODS, body={}))
        await eventually(lambda: stub.requests)
        connection.gate.close()
        release.set()
        assert (await write)["code"] == 201

    async def test_whoever_stops_can_wait_for_a_write_in_flight(self, stub, connection):
        release = asyncio.Event()

        async def slowly(_):
            await release.wait()
            return await answers(201)(None)

        stub.fail_next("write", slowly)
        write = asyncio.create_task(connection.request("POST", PODS, body={}))
        await eventually(lambda: stub.requests)
        drained = asyncio.create_task(connection.gate.drained(30))
        await connection.request("GET", PODS)
        assert not drained.done()
        release.set()
        await drained
        await write

    async def test_nobody_waits_for_ever_for_a_write_in_flight(self, stub, connection):
        stub.fail_next("write", never_answers)
        write = asyncio.create_task(connection.request("POST", PODS, body={}))
        await eventually(lambda: stub.requests)
        await connection.gate.drained(0.05)
        assert not write.done()
        write.cancel()

    async def test_a_write_is_refused_while_its_guard_says_no(self, stub, connection):
        allowed = [False, True]
        connection.gate.guard(lambda: allowed[0])
        with pytest.raises(WritesClosed, match="another replica"):
            await connection.request("PATCH", f"{PODS}/a", body={})
        allowed.pop(0)
        await connection.request("PATCH", f"{PODS}/a", body={})
        assert len(stub.requests) == 1

    async def test_the_guard_is_asked_again_once_the_request_has_its_socket(self, stub, connection):
        answered = iter((True, False))
        connection.gate.guard(lambda: next(answered))
        with pytest.raises(WritesClosed):
            await connection.request("PATCH", f"{PODS}/a", body={})
        assert stub.requests == []

    async def test_leases_pass_whatever_the_gate_says(self, stub, connection):
        connection.gate.guard(lambda: False)
        connection.gate.close()
        await connection.request("PUT", f"{leases('operators')}/ours", body={})
        assert len(stub.requests) == 1

    async def test_a_write_is_not_sent_again_with_a_new_token(self, stub, connection, tmp_path):
        stub.write_kubeconfig(tmp_path / "kubeconfig", bearer="second")

        async def close_and_refuse(_):
            connection.gate.close()
            return await answers(401)(None)

        stub.fail_next("write", close_and_refuse)
        with pytest.raises(WritesClosed):
            await connection.request("POST", PODS, body={})
        assert len(stub.requests) == 1
