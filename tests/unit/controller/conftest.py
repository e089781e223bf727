import pytest

from hostprocess_operator.cluster.connection import Connection
from support.stub_api_server import StubApiServer


@pytest.fixture
async def stub():
    async with StubApiServer().running() as server:
        yield server


@pytest.fixture
async def connection(stub, tmp_path):
    async with Connection.open(stub.write_kubeconfig(tmp_path / "kubeconfig")) as opened:
        yield opened
