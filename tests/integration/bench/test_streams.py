"""The benchmark's code runs: every figure of its streams, on the smallest fleets."""

import pytest

from bench import streams
from bench.figures import plain_table


@pytest.mark.timeout(300)
def test_both_operators_are_measured_on_the_stand_in(tmp_path):
    load = streams.Load(nodes=20, agents=2, events=64, idle_seconds=0.5, shared_nodes=10, shared_events=64)
    figures = streams.measure(load, tmp_path, lambda _: None)
    assert {figure.part for figure in figures} == {"P4", "P5", "P6", "P9"}
    found = {figure.name: figure for figure in figures}
    assert found["cold start: writes"].value == 0
    assert all(figure.value > 0 for name, figure in found.items() if "RSS at" in name or "cold start: CPU" in name)
    assert all(
        figure.baseline > 0 for name, figure in found.items() if name.startswith(("RSS, side", "cold start: CPU s"))
    )
    assert "RSS at start" in plain_table(figures)
