"""The whole benchmark: ``make bench``. It prints the table as it grows, and writes it at the end."""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench import fleet, profiles, single, streams
from bench.figures import plain_table
from bench.machine import bare_patches, facts
from bench.page import PROFILE, page
from bench.site import Site
from bench.sizes import SIZES
from control_plane import ControlPlane, ensure_binaries

ROOT = Path(__file__).parents[2]
DEFINITION = ROOT / "crds" / "hostprocess.dev_hostprocessagents.yaml"
PARTS = ("streams", "single", "fleet", "profile")
BEGAN = time.monotonic()


def say(line):
    """Say what is measured now."""
    print(f"[{time.monotonic() - BEGAN:5.0f} s] {line}", flush=True)


def main():
    """Run the benchmark; return the exit status, which tells nothing of goals: a missed one is a figure too."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to run")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json")
    parser.add_argument("--page", type=Path, help="page to write; docs/performance.md for a full run")
    arguments = parser.parse_args()
    whole = arguments.size == "full" and arguments.only == PARTS
    target = arguments.page or (ROOT / "docs" if whole else ROOT / "build") / "performance.md"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with_compiled_code()
    size = SIZES[arguments.size]
    with tempfile.TemporaryDirectory(prefix="hostprocess-bench-") as folder:
        report, figures, profile = run(size, set(arguments.only), Path(folder))
    print(f"\n{plain_table(figures)}\n", flush=True)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    target.write_text(page(report, figures))
    if profile:
        (target.parent / PROFILE).parent.mkdir(exist_ok=True)
        (target.parent / PROFILE).write_text(profile)
    say(f"wrote {arguments.json} and {target}")
    return 0


def with_compiled_code():
    """Let the processes that are measured start from compiled modules, as they do in an image."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(ROOT / "build" / "bench-pycache")


def run(size, parts, folder):
    """Return the report, its figures, and the profile if there is one."""
    figures, calibration, requests = [], {}, {}
    if parts & {"single", "fleet"}:
        say("starting a control plane")
        with ControlPlane.start(
            ensure_binaries(print), folder / "plane", leases=False, definitions=[DEFINITION.read_text()]
        ) as plane:
            machine = facts(plane)
            site = Site(plane, folder)
            calibration = bare_patches(plane, site.namespace("bench-calibration"), size.patches)
            say(f"one bare PATCH: {calibration}")
            if "single" in parts:
                figures += single.measure(site, size.single, calibration, say)
            if "fleet" in parts:
                found, requests = fleet.measure(site, size.fleet, say)
                figures += found
    else:
        machine = facts()
    if "streams" in parts:
        figures += streams.measure(size.streams, folder, say)
    profile = ""
    if "profile" in parts and size.profile:
        say("the operator under the profiler")
        profile = profiles.take(size.streams.nodes, size.streams.agents, size.streams.events, folder)
    machine["load average at the end"] = round(os.getloadavg()[0], 1)
    figures.sort(key=lambda figure: figure.part)
    report = {
        "size": size.name,
        "machine": machine,
        "calibration": calibration,
        "requests": dict(requests),
        "figures": [figure.to_json() for figure in figures],
    }
    return report, figures, profile


if __name__ == "__main__":
    sys.exit(main())
