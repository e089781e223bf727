"""Where the CPU goes: the operator under the profiler, for a cold start and for a stream of events."""

import pstats
import sysconfig
from pathlib import Path

from bench.streams import prepare, stream
from bench.subjects import StandInServer, ours, wait_until_worked
from bench.usage import settle

ROWS = 25
ROOTS = (Path(__file__).parents[2] / "operator", *(Path(sysconfig.get_path(kind)) for kind in ("purelib", "stdlib")))


def take(nodes, agents, events, folder):
    """Return the profiles as one text; only the thread that does the work is in them, not kopf's."""
    with StandInServer(nodes, agents, folder) as server:
        with ours(server.kubeconfig, folder) as operator:
            prepare(server, operator, agents)
        start = run(server, folder, agents, 0)
        both = run(server, folder, agents, events)
    where = f"{nodes:,} nodes, {nodes * agents:,} pods"
    return "\n".join(
        [
            section(f"Cold start, {where}", start),
            section(f"Cold start and {events:,} readiness changes in a row, {where}", both),
        ]
    )


def run(server, folder, agents, events):
    """Return the statistics of one operator, from its start to its end."""
    path = Path(folder) / f"profile-{events}"
    with ours(server.kubeconfig, folder, profile=path) as operator:
        wait_until_worked(operator, agents)
        settle(operator.pid)
        if events:
            stream(server, operator, events, None)
        operator.stop(timeout=60)
    return pstats.Stats(str(path))


def section(title, stats):
    """Return the functions that took longest, by what they call too and by themselves."""
    total = stats.total_tt
    lines = [title, "=" * len(title), "", f"{total:.2f} s under the profiler, which makes every call dearer."]
    for by, column in (("cumulative", 3), ("own", 2)):
        lines += ["", f"by {by} time:", "", f"{'calls':>10} {'own s':>8} {'all s':>8}  function"]
        ranked = sorted(stats.stats.items(), key=lambda item: item[1][column], reverse=True)
        named = [(where, entry) for where, entry in ranked if name_of(where)]
        for where, (_, calls, own, cumulative, _) in named[:ROWS]:
            lines.append(f"{calls:>10,} {own:>8.3f} {cumulative:>8.3f}  {name_of(where)}")
    return "\n".join([*lines, ""])


def name_of(where):
    """Return a function with its module, without any path of this machine; empty for the frames around it all."""
    file, line, function = where
    if file == "~":
        return function
    for root in ROOTS:
        if Path(file).is_relative_to(root):
            return f"{Path(file).relative_to(root)}:{line}({function})"
    return "" if file.startswith("<string>") else f"{Path(file).name}:{line}({function})"
