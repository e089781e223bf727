"""A chosen port is ours alone until it is released."""

import socket

import pytest

from control_plane.ports import Ports


@pytest.fixture
def ports():
    ports = Ports()
    yield ports
    ports.release()


def test_they_differ(ports):
    assert len({ports.api_server, ports.etcd, ports.etcd_peer, ports.kubelet}) == 4


def test_a_server_may_listen_on_a_reserved_port_again_and_again(ports):
    for _ in range(2):
        with socket.create_server(("127.0.0.1", ports.api_server)):
            pass


def test_nobody_else_gets_a_reserved_port(ports):
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", ports.api_server))


def test_a_released_port_is_free():
    ports = Ports()
    ports.release()
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", ports.api_server))
