"""Requests through a socket, to a server that fails now and then."""

import http.server
import socketserver
import threading
from pathlib import Path

import pytest

from control_plane import ApiError, NotFoundError
from e2e import access


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A server that answers with the given codes, one after the other, and with 200 then; 0 breaks off."""

    daemon_threads = True

    def __init__(self, address, codes):
        self.codes, self.methods = list(codes), []
        super().__init__(str(address), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        # a body that is not read makes the system reset the connection
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.methods.append(self.command)
        code = self.server.codes.pop(0) if self.server.codes else 200
        if code == 0:
            self.close_connection = True
            return
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"message": "said", "code": %d}' % code)

    do_GET = do_PATCH = do_DELETE = answer  # noqa: N815  http.server looks for these names

    def log_message(self, *_):
        pass

    def address_string(self):
        return "socket"


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """Return a function that starts a server with codes, and returns it with a client that does not pause."""
    monkeypatch.chdir(tmp_path)  # the address of a socket may not be long
    monkeypatch.setattr(access, "PAUSES", (0, 0, 0))
    started = []

    def start(*codes):
        server = Server("api", codes)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        started.append(server)
        return server, access.SocketClient(Path("api"))

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("code", [0, 429, 500, 503], ids=["it broke off", "too many", "an error", "unavailable"])
def test_a_read_that_fails_on_the_way_is_tried_again(serve, code):
    server, client = serve(code, code)
    assert client.request("GET", "/x")["code"] == 200
    assert server.methods == ["GET"] * 3


def test_a_read_that_goes_on_failing_fails_after_a_few(serve):
    server, client = serve(*[503] * 9)
    with pytest.raises(ApiError):
        client.request("GET", "/x")
    assert server.methods == ["GET"] * 4


@pytest.mark.parametrize(("code", "error"), [(404, NotFoundError), (403, ApiError)])
def test_a_read_that_is_refused_is_not_repeated(serve, code, error):
    server, client = serve(code)
    with pytest.raises(error):
        client.request("GET", "/x")
    assert server.methods == ["GET"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_write_is_never_repeated(serve, method):
    server, client = serve(503)
    with pytest.raises(ApiError):
        client.request(method, "/x", {})
    assert server.methods == [method]
