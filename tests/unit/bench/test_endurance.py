"""The rows that long runs leave in docs/resilience.md."""

from bench import endurance, soak

LOOK = {"seconds": 0, "rss": 80.4, "descriptors": 20, "threads": 3, "tasks": 40}
QUIET = {"seconds": 300, "writes": [], "changed objects": [], "requests per second": 0.05}
SOAK = {
    "seconds": 1800,
    "agents": 3,
    "nodes": 8,
    "changes": 2500,
    "before": LOOK,
    "after": LOOK | {"rss": 84.6},
    "RSS MiB by quarter": [82.0, 83.9, 84.4, 84.6],
    "RSS MiB per hour": 0.4,
    "quiet": QUIET,
    "tracebacks": 0,
}


def only(rows):
    ((name, line),) = rows.items()
    assert line.startswith(f"| {name} | ")
    return line


def test_a_soak_says_what_grew_and_what_stirred_afterwards():
    assert only(endurance.soak_row(SOAK)) == (
        "| pods, nodes and specs changed, agents made and deleted: 3 agents on 8 nodes "
        "| 30 min, 2,500 changes, then 300 s of rest "
        "| RSS by quarter 82.0, 83.9, 84.4, 84.6 MiB, +0.4 MiB/h after the first fifth; "
        "40 then 40 tasks, 20 then 20 descriptors, 3 then 3 threads; 0 tracebacks; "
        "at rest 0 writes, 0 changed objects, 0.05 requests/s |"
    )


def test_without_a_change_it_was_a_rest():
    report = SOAK | {"changes": 0, "agents": 100, "nodes": 50}
    assert only(endurance.soak_row(report)) == (
        "| nothing, to 100 agents on 50 nodes | 300 s | 0 writes, 0 changed objects, 0.05 requests/s; 85 MiB RSS |"
    )


def test_what_stirred_is_counted():
    quiet = QUIET | {"writes": ["patch pods status a"], "changed objects": ["pods a", "pods a"]}
    assert "1 writes, 2 changed objects" in only(endurance.soak_row(SOAK | {"quiet": quiet}))


def test_edits_are_told_by_what_became_of_them():
    report = {
        "edits": 1000,
        "outcomes": {"refused": 400, "reached": 599},
        "recovered chains": 99,
        "findings": ["chain 7"],
        "tracebacks": 0,
    }
    assert only(endurance.transitions_row(report)) == (
        "| edits of agents from their own schema, and past it | 1,000 edits "
        "| 599 reached, 400 refused; 99 chains recovered; 1 findings, 0 tracebacks |"
    )


def test_what_was_fuzzed_has_a_row_each_and_only_logs_a_time():
    times = {"p50": 0.3, "p99.9": 1.2, "most": 3}
    found = {
        "logs": {"inputs": 10**6, "failures": [], "CPU ms for 64 KiB": times},
        "pods": {"inputs": 20_000, "failures": [(7, "KeyError")]},
    }
    assert endurance.fuzz_rows(found) == {
        "hostile logs": "| hostile logs | 1,000,000 inputs "
        "| 0 failed; 64 KiB take 0.3 ms at the median, 1.2 at p99.9 |",
        "hostile pods": "| hostile pods | 20,000 inputs | 1 failed |",
    }


def test_growth_tasks_and_writes_at_rest_are_found():
    report = SOAK | {"after": LOOK | {"tasks": 41}, "quiet": QUIET | {"writes": ["patch pods status a"]}}
    assert [found.split(":")[0] for found in soak.verdicts(report)] == ["tasks", "it was not quiet"]
    assert soak.verdicts(SOAK) == []
