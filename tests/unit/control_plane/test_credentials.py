"""Keys and kubeconfigs are made with openssl alone."""

import ssl

import yaml

from control_plane.credentials import make_certificate, make_key, make_tokens, write_kubeconfig


def test_a_strict_client_trusts_the_certificate(tmp_path):
    certificate, key = tmp_path / "ca.crt", tmp_path / "ca.key"
    make_certificate(certificate, key)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=certificate)
    client.verify_flags |= ssl.VERIFY_X509_STRICT  # the default since Python 3.13
    handshake(client, server)


def test_the_signing_key_is_in_the_form_that_the_api_server_reads(tmp_path):
    make_key(tmp_path / "key")
    assert (tmp_path / "key").read_text().startswith("-----BEGIN EC PRIVATE KEY-----")


def test_secrets_are_for_their_owner_only(tmp_path):
    tokens = make_tokens(tmp_path / "tokens.csv")
    write_kubeconfig(tmp_path / "kubeconfig", {"server": "https://127.0.0.1:1"}, tokens["admin"])
    assert [path.stat().st_mode & 0o077 for path in tmp_path.iterdir()] == [0, 0]
    assert tokens["admin"] != tokens["operator"]


def test_a_kubeconfig_is_yaml(tmp_path):
    write_kubeconfig(tmp_path / "kubeconfig", {"server": "https://127.0.0.1:1"}, "secret")
    config = yaml.safe_load((tmp_path / "kubeconfig").read_text())
    assert config["current-context"] == config["contexts"][0]["name"]
    assert config["users"][0]["user"] == {"token": "secret"}


def handshake(client, server):
    """Let a client and a server shake hands in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    waiting = list(sides)
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                continue
