"""An admission webhook on this machine that denies everything, for tests of what its victims say."""

import base64
import contextlib
import json
import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from control_plane.credentials import make_certificate


class _Denial(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    message = ""

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        response = {
            "uid": review["request"]["uid"],
            "allowed": False,
            "status": {"code": 403, "message": self.message},
        }
        body = json.dumps({key: review[key] for key in ("apiVersion", "kind")} | {"response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Write nothing: what was asked shows in the answers."""


@contextlib.contextmanager
def denying_webhook(message):
    """Serve a webhook that denies with a message; yield the ``clientConfig`` that reaches it."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = Path(folder) / "tls.crt", Path(folder) / "tls.key"
        make_certificate(certificate, key)
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate, key)
        authority = base64.b64encode(certificate.read_bytes()).decode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Denial", (_Denial,), {"message": message}))
    server.daemon_threads = True
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {"url": f"https://127.0.0.1:{server.server_port}/", "caBundle": authority}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
