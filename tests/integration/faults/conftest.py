"""One control plane, a nursery for operators, and an account for each kind of operator."""

import pytest

from faults.nursery import Nursery
from support.operator import install


@pytest.fixture(scope="module")
def nursery():
    with Nursery() as running:
        yield running


@pytest.fixture(scope="module")
def place(plane, nursery, tmp_path_factory):
    """Return what a stage of the operator is made on."""
    return plane, nursery, install(plane, policies=False), tmp_path_factory.mktemp("faults")
