"""Credentials of a connection: read again when they are refused, and never shown."""

import asyncio

import pytest

from hostprocess_operator.cluster.connection import Connection
from hostprocess_operator.cluster.paths import pods
from hostprocess_operator.errors import SettingsError, Unauthorized

PODS = pods()


class TestCredentials:
    async def test_a_rotated_token_is_read_and_the_request_sent_again(self, stub, connection, tmp_path):
        stub.accepts = "second"
        stub.write_kubeconfig(tmp_path / "kubeconfig", bearer="second")
        await connection.request("POST", PODS, body={"kind": "Pod"})
        assert [request.headers["Authorization"] for request in stub.requests] == ["Bearer first", "Bearer second"]

    async def test_a_refused_token_that_is_still_the_same_is_not_tried_twice(self, stub, connection):
        stub.accepts = "second"
        with pytest.raises(Unauthorized):
            await connection.request("GET", PODS)
        assert len(stub.requests) == 1

    async def test_a_kubeconfig_that_cannot_be_read_again_is_no_new_kind_of_failure(self, stub, connection, tmp_path):
        stub.accepts = "second"
        (tmp_path / "kubeconfig").unlink()
        with pytest.raises(Unauthorized):
            await connection.request("GET", PODS)

    async def test_requests_that_meet_a_rotation_together_all_succeed(self, stub, connection, tmp_path):
        stub.accepts = "second"
        stub.write_kubeconfig(tmp_path / "kubeconfig", bearer="second")
        await asyncio.gather(*(connection.request("GET", PODS) for _ in range(5)))
        refused = sum(request.headers["Authorization"] == "Bearer first" for request in stub.requests)
        assert len(stub.requests) - refused == 5

    def test_login_info_is_read_anew_in_a_thread_of_its_own(self, tmp_path):
        async def log_in_twice():
            stub_url = "http://127.0.0.1:9"
            file = tmp_path / "kubeconfig"
            write_token(file, stub_url, "first")
            async with Connection.open(file) as connection:
                first = await asyncio.to_thread(connection.login_info)
                write_token(file, stub_url, "second")
                return first, await asyncio.to_thread(connection.login_info)

        first, second = asyncio.run(log_in_twice())
        assert (first.server, first.scheme, first.token) == ("http://127.0.0.1:9", "Bearer", "first")
        assert (second.scheme, second.token) == ("Bearer", "second")
        assert "second" not in repr(second)

    async def test_a_missing_kubeconfig_is_said_with_the_way_out(self, tmp_path):
        with pytest.raises(SettingsError, match=r"nowhere.*--kubeconfig"):
            async with Connection.open(tmp_path / "nowhere"):
                pass

    async def test_an_unknown_context_is_said(self, stub, tmp_path):
        with pytest.raises(SettingsError, match="nope"):
            async with Connection.open(stub.write_kubeconfig(tmp_path / "k"), "nope"):
                pass

    async def test_a_broken_kubeconfig_does_not_leak_its_secrets(self, tmp_path):
        file = tmp_path / "k"
        file.write_text("users: [{name: u, user: {token: TOPSECRET}}\nx: ]")
        with pytest.raises(SettingsError) as caught:
            async with Connection.open(file):
                pass
        assert "TOPSECRET" not in str(caught.value)


def write_token(file, server, token):
    file.write_text(
        f"{{clusters: [{{name: c, cluster: {{server: '{server}'}}}}], users: [{{name: u, user: {{token: {token}}}}}],"
        " contexts: [{name: x, context: {cluster: c, user: u}}], current-context: x}"
    )
