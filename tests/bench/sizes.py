"""How large a run is: the published one, one of two minutes, and one of seconds that shows that the code runs."""

from dataclasses import dataclass

from bench import fleet, single, streams


@dataclass(frozen=True)
class Size:
    """The loads of one run.

    Attributes:
        patches: ConfigMap patches of the calibration.
        profile: whether the operator is run under the profiler too.
    """

    name: str
    patches: int
    single: single.Load
    streams: streams.Load
    fleet: fleet.Load
    profile: bool


SIZES = {
    "full": Size(
        "full",
        patches=400,
        single=single.Load(paced=300, per_second=5, burst=1000, plain_burst=200),
        streams=streams.Load(
            nodes=5000, agents=3, events=30_000, idle_seconds=120, shared_nodes=2000, shared_events=5000
        ),
        fleet=fleet.Load(nodes=1000, joining=400),
        profile=True,
    ),
    "short": Size(
        "short",
        patches=50,
        single=single.Load(paced=20, per_second=5, burst=50, plain_burst=20),
        streams=streams.Load(nodes=500, agents=2, events=3000, idle_seconds=5, shared_nodes=200, shared_events=1000),
        fleet=fleet.Load(nodes=20, joining=5),
        profile=False,
    ),
}
