"""Requests against a server that does what it is told, good and bad."""

import pytest

from hostprocess_operator.cluster.connection import Connection
from hostprocess_operator.cluster.paths import pods
from hostprocess_operator.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    ServerError,
    TooManyRequests,
    Unauthorized,
    Unreachable,
    WritesClosed,
)
from support.stub_api_server import answers, never_answers, resets, says

PODS = pods()


class TestRequest:
    async def test_sends_the_body_with_its_content_type_and_returns_the_answer(self, stub, connection):
        patch = [{"op": "test", "path": "/metadata/uid", "value": "1"}]
        answer = await connection.request(
            "PATCH",
            f"{PODS}/a",
            body=patch,
            query=[("fieldManager", "me & you")],
            content_type="application/json-patch+json",
        )
        assert answer["got"] == patch
        (received,) = stub.requests
        assert received.method == "PATCH"
        assert received.query == {"fieldManager": "me & you"}
        assert received.headers["Content-Type"] == "application/json-patch+json"
        assert received.headers["Authorization"] == "Bearer first"
        assert received.headers["User-Agent"] == "hostprocess-operator"

    async def test_ignores_proxies_of_the_environment(self, stub, tmp_path, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        async with Connection.open(stub.write_kubeconfig(tmp_path / "k")) as connection:
            await connection.request("GET", PODS)
        assert len(stub.requests) == 1

    @pytest.mark.parametrize(
        ("code", "kind", "transient"),
        [
            pytest.param(400, Invalid, False, id="400 is a wrong request"),
            pytest.param(401, Unauthorized, True, id="401 may pass when the token has been rotated"),
            pytest.param(403, Forbidden, False, id="403 is a refusal"),
            pytest.param(404, NotFound, False, id="404 is gone"),
            pytest.param(409, Conflict, True, id="409 is a lost race"),
            pytest.param(410, Gone, True, id="410 is an expired version"),
            pytest.param(418, ApiError, False, id="an unknown refusal has no kind of its own"),
            pytest.param(422, Invalid, False, id="422 is a wrong object"),
            pytest.param(429, TooManyRequests, True, id="429 is a busy server"),
            pytest.param(500, ServerError, True, id="500 is a broken server"),
            pytest.param(503, ServerError, True, id="503 is a server that starts"),
        ],
    )
    async def test_a_refusal_becomes_its_error(self, stub, connection, code, kind, transient):
        stub.fail_next("list", answers(code, "SomeReason", "the words of the server"))
        with pytest.raises(ApiError) as caught:
            await connection.request("GET", PODS)
        error = caught.value
        assert type(error) is kind
        assert (error.status, error.reason, error.message) == (code, "SomeReason", "the words of the server")
        assert error.transient is transient

    async def test_retry_after_is_kept(self, stub, connection):
        stub.fail_next("list", answers(429, headers={"Retry-After": "7"}))
        with pytest.raises(TooManyRequests) as caught:
            await connection.request("GET", PODS)
        assert caught.value.retry_after == 7.0

    async def test_the_end_of_a_very_long_message_is_kept(self, stub, connection):
        stub.fail_next("write", answers(422, "Invalid", "x" * 100_000 + ' unknown field "spec.bogus"'))
        with pytest.raises(Invalid) as caught:
            await connection.request("POST", PODS, body={})
        assert caught.value.message.endswith('unknown field "spec.bogus"')
        assert len(caught.value.message) <= 1001

    async def test_of_a_message_that_quotes_an_object_only_the_reason_is_kept(self, stub, connection):
        quoted = '"": Invalid value: "{\\"a\\":' + "1," * 1000 + '}": strict decoding error: unknown field "spec.bogus"'
        stub.fail_next("write", answers(422, "Invalid", quoted))
        with pytest.raises(Invalid) as caught:
            await connection.request("POST", PODS, body={})
        assert caught.value.message == '\u2026strict decoding error: unknown field "spec.bogus"'

    async def test_control_characters_do_not_get_into_a_message(self, stub, connection):
        stub.fail_next("list", answers(403, "For\x1b[31mbidden", "no\n\x1b]0;title\x07way\u202e"))
        with pytest.raises(Forbidden) as caught:
            await connection.request("GET", PODS)
        assert str(caught.value) == "403 Forbidden: no way"

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param("<html>Please log in</html>", id="a proxy's page"),
            pytest.param('{"kind":', id="half an object"),
            pytest.param("[1]", id="a list"),
            pytest.param("[" * 100_000, id="a nested bomb"),
        ],
    )
    async def test_an_answer_that_is_no_json_object_is_no_answer(self, stub, connection, content):
        stub.fail_next("list", says(content))
        with pytest.raises(Unreachable, match="the answer is not"):
            await connection.request("GET", PODS)

    async def test_a_refusal_in_html_is_shown_as_text(self, stub, connection):
        stub.fail_next("list", says("<html>Bad gateway</html>", code=502))
        with pytest.raises(ServerError, match="Bad gateway"):
            await connection.request("GET", PODS)

    async def test_a_reset_is_unreachable(self, stub, connection):
        stub.fail_next("list", resets, times=2)  # the HTTP library itself tries a second time
        with pytest.raises(Unreachable):
            await connection.request("GET", PODS)

    async def test_a_server_that_never_answers_is_unreachable_in_time(self, stub, connection):
        stub.fail_next("list", never_answers)
        with pytest.raises(Unreachable, match=r"no answer came within 0\.05 s"):
            await connection.request("GET", PODS, timeout=0.05)

    async def test_a_refused_connection_is_unreachable(self, stub, tmp_path):
        stub.url = "http://127.0.0.1:9"
        async with Connection.open(stub.write_kubeconfig(tmp_path / "k")) as connection:
            with pytest.raises(Unreachable):
                await connection.request("GET", PODS)

    async def test_every_request_is_reported_with_its_outcome(self, stub, tmp_path):
        reported = []
        async with Connection.open(
            stub.write_kubeconfig(tmp_path / "k"), on_request=lambda *seen: reported.append(seen)
        ) as connection:
            await connection.request("GET", PODS)
            stub.fail_next("write", answers(409))
            with pytest.raises(Conflict):
                await connection.request("PATCH", "/api/v1/namespaces/a/pods/b/status", body={})
            stub.fail_next("list", resets, times=2)  # the HTTP library itself tries a second time
            with pytest.raises(Unreachable):
                await connection.request("GET", PODS)
            connection.gate.close()
            with pytest.raises(WritesClosed):
                await connection.request("DELETE", f"{PODS}/a")
        assert [seen[:3] for seen in reported] == [
            ("list", "pods", 200),
            ("patch", "pods/status", 409),
            ("list", "pods", 0),
        ]
        assert all(seconds >= 0 for *_, seconds in reported)


class TestReadBytes:
    async def test_reads_no_more_than_the_limit(self, stub, connection):
        stub.fail_next("list", says("x" * 1_000_000, content_type="text/plain"))
        assert await connection.read_bytes(PODS, limit=1000, timeout=5) == b"x" * 1000

    async def test_returns_a_shorter_answer_whole(self, stub, connection):
        stub.fail_next("list", says(b"\xff\xfe not text", content_type="text/plain"))
        assert await connection.read_bytes(PODS, limit=1000, timeout=5) == b"\xff\xfe not text"

    async def test_raises_a_refusal(self, stub, connection):
        stub.fail_next("list", says("container is waiting to start", code=400, content_type="text/plain"))
        with pytest.raises(Invalid, match="waiting to start"):
            await connection.read_bytes(PODS, limit=1000, timeout=5)

    async def test_gives_up_in_time(self, stub, connection):
        stub.fail_next("list", never_answers)
        with pytest.raises(Unreachable):
            await connection.read_bytes(PODS, limit=1000, timeout=0.05)
