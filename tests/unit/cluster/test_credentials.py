"""Where credentials come from."""

import pytest

from hostprocess_operator.cluster import connection as module
from hostprocess_operator.cluster.connection import Connection
from hostprocess_operator.cluster.credentials import Credentials, authorization, login_info, pod_namespace
from hostprocess_operator.errors import SettingsError


@pytest.fixture
def service_account(tmp_path, monkeypatch):
    folder = tmp_path / "serviceaccount"
    folder.mkdir()
    (folder / "token").write_text("first\n")
    (folder / "ca.crt").write_text("not looked at here")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    return folder


class TestServiceAccount:
    async def test_is_used_where_its_token_is_mounted(self, service_account):
        credentials = Credentials(service_account=service_account)
        assert credentials.in_cluster
        info = login_info(await credentials.load())
        assert (info.server, info.scheme.lower(), info.token) == ("https://[fd00::1]:443", "bearer", "first")
        assert info.ca_path == str(service_account / "ca.crt")

    async def test_is_not_used_when_a_kubeconfig_or_a_context_is_named(self, service_account, tmp_path):
        assert not Credentials(kubeconfig=tmp_path / "k", service_account=service_account).in_cluster
        assert not Credentials(context="x", service_account=service_account).in_cluster

    async def test_a_rotated_token_is_read_before_the_old_one_ends(self, stub, service_account, monkeypatch):
        credentials = Credentials(service_account=service_account)
        configuration = await credentials.load()
        configuration.host, configuration.ssl_ca_cert = stub.url, None
        connection = Connection(credentials, configuration)
        try:
            await connection.request("GET", "/api/v1/pods")
            (service_account / "token").write_text("second")
            await connection.request("GET", "/api/v1/pods")
            monkeypatch.setattr(module, "TOKEN_SECONDS", 0)
            await connection.request("GET", "/api/v1/pods")
        finally:
            await connection.close()
        used = [request.headers["Authorization"].split()[1] for request in stub.requests]
        assert used == ["first", "first", "second"]

    async def test_an_empty_token_is_said(self, service_account):
        (service_account / "token").write_text("")
        with pytest.raises(SettingsError, match="empty"):
            await Credentials(service_account=service_account).load()


class TestKubeconfig:
    async def test_the_default_one_is_named_by_the_environment(self, stub, tmp_path, monkeypatch):
        monkeypatch.setenv("KUBECONFIG", str(stub.write_kubeconfig(tmp_path / "k")))
        configuration = await Credentials(service_account=tmp_path / "none").load()
        assert authorization(configuration) == "Bearer first"

    async def test_where_there_is_none_the_way_out_is_said(self, tmp_path, monkeypatch):
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "nowhere"))
        with pytest.raises(SettingsError, match="--kubeconfig"):
            await Credentials(service_account=tmp_path / "none").load()

    async def test_the_certificate_s_verification_is_on_unless_it_says_otherwise(self, stub, tmp_path):
        file = stub.write_kubeconfig(tmp_path / "k")
        assert not login_info(await Credentials(kubeconfig=file).load()).insecure
        file.write_text(file.read_text().replace('"server"', '"insecure-skip-tls-verify": true, "server"'))
        assert login_info(await Credentials(kubeconfig=file).load()).insecure


class TestPodNamespace:
    def test_is_the_one_that_is_mounted(self, tmp_path):
        (tmp_path / "namespace").write_text("operators\n")
        assert pod_namespace(tmp_path) == "operators"

    def test_is_unknown_outside_a_pod(self, tmp_path):
        assert pod_namespace(tmp_path) is None
