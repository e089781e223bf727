"""A stub of the API server, and how long tests that generate their own cases go on.

``HYPOTHESIS_PROFILE=thorough`` tries many times as many.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

from hostprocess_operator.cluster.connection import Connection
from support.stub_api_server import StubApiServer

# A machine that is busy with something else is slow, not wrong.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("everyday", patient, max_examples=30, stateful_step_count=25)
settings.register_profile("thorough", patient, max_examples=3000, stateful_step_count=50)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))


@pytest.fixture
async def stub():
    async with StubApiServer().running() as server:
        yield server


@pytest.fixture
async def connection(stub, tmp_path):
    async with Connection.open(stub.write_kubeconfig(tmp_path / "kubeconfig")) as opened:
        yield opened
