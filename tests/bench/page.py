"""docs/performance.md, made from one run. Pure."""

from bench.figures import markdown_table, rounded

PROFILE = "performance/profile.txt"

TOP = """\
# Performance

Made by `make bench`; do not edit. How to measure is in [CONTRIBUTING](../CONTRIBUTING.md#measuring).

The operator runs as a process of its own, with the image's settings of the allocator, and is read from outside: CPU and
memory from `/proc`, requests from the API server's audit log. *Plain kopf* is an operator of the usual style (change
handlers, an index of pods, a timer) under the same load in the same run, with fewer objects where it would not finish;
it verifies nothing and has no rollouts.

**Counts, ratios and CPU seconds are what counts.** Wall times are of a machine that others used at the same time.

- P1 to P3, P7 and P8 are measured on a real control plane (etcd, API server, controller manager, scheduler) whose nodes
  are simulated by kwok. Real nodes start pods slower, so such a fleet moves faster than a real one.
- P4 to P6 and P9 are measured against an API server in memory that serves a generated fleet, over plain HTTP.
- A fleet of 5,000 nodes with several agents in one namespace is beyond what Kubernetes itself promises to carry (3,000
  pods in a namespace): it shows where the operator ends, not what a cluster should hold.
"""

PROFILE_PART = f"""\
## Where the CPU goes

[{PROFILE}]({PROFILE}) lists the functions that took longest, for a cold start and for a stream of events.
"""


def page(report, figures):
    """Return the page for a report and its figures."""
    parts = [TOP, "## Figures", "", markdown_table(figures), "", *missed(figures), PROFILE_PART]
    parts += ["## What it was measured on", "", facts_table(report["machine"] | {"size of the run": report["size"]})]
    if report["calibration"]:
        parts += ["", "The smallest write there is, a PATCH of a ConfigMap, sent to this API server:", ""]
        parts += [facts_table(report["calibration"])]
    if report["requests"]:
        parts += ["", "Requests of the operator in the install and the update of the fleet (P7):", ""]
        parts += [facts_table(dict(sorted(report["requests"].items())))]
    return "\n".join(parts).rstrip() + "\n"


def missed(figures):
    """Return what is said of the goals that were missed."""
    names = [figure for figure in figures if figure.met is False]
    if not names:
        return ["Every goal was met.", ""]
    lines = [
        f"- {figure.part}, {figure.name}: {rounded(figure.value)} {figure.unit}".rstrip()
        + f" instead of {figure.goal.comparison} {rounded(figure.goal.bound)}"
        for figure in names
    ]
    return ["Goals that were missed; the profile shows where the time goes:", "", *lines, ""]


def facts_table(facts):
    """Return names and values as a table."""
    lines = ["| | |", "|---|---|"]
    for name, value in facts.items():
        text = ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, dict) else str(value)
        lines.append(f"| {name} | {text} |")
    return "\n".join(lines)
