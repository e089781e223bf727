"""A TCP link to the API server that a test can take down, for one process and not for the others."""

import contextlib
import json
import socket
import threading
from urllib.parse import urlsplit

_CHUNK = 65536


class Link:
    """Listens on loopback and passes bytes on; while it is down, connections stay open and nothing passes.

    Args:
        kubeconfig: whose server is reached through the link.
        path: where a kubeconfig that uses the link is written.
    """

    def __init__(self, kubeconfig, path):
        config = json.loads(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        target = urlsplit(cluster["server"])
        self._target = (target.hostname, target.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        cluster["server"] = f"{target.scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        path.write_text(json.dumps(config))
        self.kubeconfig = path
        self._up = threading.Event()
        self._up.set()
        self._sockets = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()
        self._drop()

    def take_down(self):
        """Let nothing through any more, without a word to either side."""
        self._up.clear()

    def restore(self):
        """Let new connections through; what was on its way in the old ones is lost with them."""
        self._drop()
        self._up.set()

    def _drop(self):
        sockets, self._sockets = self._sockets, []
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        self._sockets.append(near)
        with near, contextlib.suppress(OSError):
            self._up.wait()
            with socket.create_connection(self._target) as far:
                self._sockets.append(far)
                back = threading.Thread(target=self._pass, args=(far, near), daemon=True)
                back.start()
                self._pass(near, far)
                back.join()

    def _pass(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                if not self._up.is_set():
                    break
                sink.sendall(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                if self._up.is_set():
                    each.shutdown(socket.SHUT_RDWR)
