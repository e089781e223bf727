import pytest

from hostprocess_operator.cluster.connection import Connection


@pytest.fixture
async def connection(plane):
    async with Connection.open(plane.kubeconfig) as opened:
        yield opened
