"""Ten thousand changes, and a stream that is lost five times: the cache equals the truth, and leaks nothing."""

import asyncio
import random

from hostprocess_operator.cluster.backoff import Backoff
from hostprocess_operator.cluster.reflector import Reflector, Resource
from hostprocess_operator.cluster.store import Store
from support.eventually import eventually
from support.followed import observe
from support.stub_api_server import pod

CHANGES, NAMES, LOSSES = 10_000, 400, 5
BATCH = 100


def change(stub, chance, number, *, silently):
    """Create, replace, change or delete one pod."""
    name = f"pod-{chance.randrange(NAMES)}"
    if ("agents", name) not in stub.truth:
        stub.put(pod(name, uid=f"uid-{number}"), silently=silently)
    elif chance.random() < 0.4:
        stub.delete(name, silently=silently)
    elif chance.random() < 0.3:
        stub.put(pod(name, uid=f"uid-{number}"), silently=silently)
    else:
        stub.put(pod(name, uid=stub.truth["agents", name], labels={"change": str(number)}), silently=silently)


def lists(stub):
    """Return how many lists were begun."""
    return sum(one.kind == "list" and "continue" not in one.query for one in stub.requests)


async def test_the_cache_equals_the_truth_after_ten_thousand_changes_and_five_lost_streams(stub, connection):
    chance, store = random.Random(3), Store(index=lambda value: value[0][-1])
    reflector = Reflector(connection, Resource("/api/v1/pods"), observe, store)
    reflector._backoff = Backoff(first=0.01, limit=0.05)
    task = asyncio.create_task(reflector.run())
    try:
        for start in range(0, CHANGES, BATCH):
            # the last batch before each loss happens while nobody listens, and is forgotten
            lost = (start + BATCH) % (CHANGES // LOSSES) == 0
            for number in range(start, start + BATCH):
                change(stub, chance, number, silently=lost)
            if lost:
                before = lists(stub)
                stub.compact()
                await stub.end_streams()
                await eventually(lambda before=before: lists(stub) > before, 20)
            await asyncio.sleep(0.01)
        stub.bookmark()
        await eventually(lambda: {key: store.get(key)[0] for key in store._entries} == stub.truth, 20)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert lists(stub) == 1 + LOSSES
    truth = set(stub.truth.values())
    assert store._uids == truth
    assert {value[0] for value in store.values()} == truth
    assert {key for keys in store._indexed.values() for key in keys} == set(stub.truth)
    assert not store.deleted_uids
