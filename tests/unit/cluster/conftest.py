from contextlib import asynccontextmanager

import pytest

from hostprocess_operator.cluster.backoff import Backoff
from hostprocess_operator.cluster.paths import pods
from support.followed import Followed


@pytest.fixture
def following(connection):
    """Return a function that follows the pods of the stub, and soon tries again what fails."""

    @asynccontextmanager
    async def follow(**settings):
        cache = Followed(connection, pods(), **settings)
        cache.reflector._backoff = Backoff(first=0.01, limit=0.05)
        async with cache.running():
            yield cache

    return follow
