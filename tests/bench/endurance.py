"""What the long runs leave in docs/resilience.md: a row for each."""

from faults.page import write_table

TARGET = "soak, transitions and fuzz"
HEAD = "| what is done | how much of it | what it showed |"


def soak_row(report):
    """Return name and line of a soak, or of a rest if nothing was changed."""
    before, after, quiet = report["before"], report["after"], report["quiet"]
    fleet = f"{report['agents']:,} agents on {report['nodes']:,} nodes"
    silence = (
        f"{len(quiet['writes'])} writes, {len(quiet['changed objects'])} changed objects, "
        f"{quiet['requests per second']:g} requests/s"
    )
    if not report["changes"]:
        return _row(f"nothing, to {fleet}", f"{quiet['seconds']:g} s", f"{silence}; {after['rss']:.0f} MiB RSS")
    levels = ", ".join(f"{level:.1f}" for level in report["RSS MiB by quarter"])
    grown = ", ".join(f"{before[name]} then {after[name]} {name}" for name in ("tasks", "descriptors", "threads"))
    return _row(
        f"pods, nodes and specs changed, agents made and deleted: {fleet}",
        f"{report['seconds'] / 60:g} min, {report['changes']:,} changes, then {quiet['seconds']:g} s of rest",
        f"RSS by quarter {levels} MiB, {report['RSS MiB per hour']:+.1f} MiB/h after the first fifth; {grown}; "
        f"{report['tracebacks']} tracebacks; at rest {silence}",
    )


def transitions_row(report):
    """Return name and line of the generated edits."""
    outcomes = ", ".join(f"{count:,} {name}" for name, count in sorted(report["outcomes"].items()))
    return _row(
        "edits of agents from their own schema, and past it",
        f"{report['edits']:,} edits",
        f"{outcomes}; {report['recovered chains']:,} chains recovered; "
        f"{len(report['findings'])} findings, {report['tracebacks']} tracebacks",
    )


def fuzz_rows(found):
    """Return names and lines of the fuzzer."""
    rows = {}
    for name, result in found.items():
        times = result.get("CPU ms for 64 KiB")
        timed = f"; 64 KiB take {times['p50']:g} ms at the median, {times['p99.9']:g} at p99.9" if times else ""
        rows |= _row(f"hostile {name}", f"{result['inputs']:,} inputs", f"{len(result['failures'])} failed{timed}")
    return rows


def publish(rows):
    """Write rows into the page; those of other runs stay."""
    write_table(TARGET, HEAD, rows)


def _row(name, much, showed):
    return {name: f"| {name} | {much} | {showed} |"}
