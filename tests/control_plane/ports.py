"""Ports that stay ours from the moment they are chosen until the plane ends."""

import socket
from contextlib import ExitStack


class Ports:
    """Free TCP ports, each reserved by a socket that is bound and never listens.

    With SO_REUSEADDR on both sides, as Go and asyncio set it, a server may listen on a port that is reserved in this
    way, while nobody who asks for any free port is given it: two planes that start at once cannot collide, and an API
    server finds its port free when it comes back. The kernel also picks odd ports for bind and even ones for connect,
    so that a client that retries against a stopped server hardly ever connects to itself.
    """

    def __init__(self) -> None:
        self._reservations = ExitStack()
        self.api_server = self._reserve("127.0.0.1")
        self.etcd = self._reserve("127.0.0.1")
        self.etcd_peer = self._reserve("127.0.0.1")
        self.kubelet = self._reserve("0.0.0.0")  # noqa: S104 - nodes have addresses all over 127.0.0.0/8

    def _reserve(self, address: str) -> int:
        reservation = self._reservations.enter_context(socket.socket())
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind((address, 0))
        port: int = reservation.getsockname()[1]
        return port

    def release(self) -> None:
        """Give the ports back."""
        self._reservations.close()
