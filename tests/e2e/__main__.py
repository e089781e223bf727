"""Run the acceptance on a cluster with Windows nodes, and write a report that can be shared.

What is going to be done is said first, and asked for. What is made is removed at the end, also after Ctrl-C.
"""

import argparse
import contextlib
import importlib.metadata
import json
import secrets
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from control_plane.api import ApiError
from e2e.access import Access, Refusal, open_cluster
from e2e.announcement import announce
from e2e.installation import survey
from e2e.nodes import Choice, choose, default_image, describe, nature_of
from e2e.redaction import names_of_nodes, names_of_server, redactor
from e2e.report import assemble, render
from e2e.run import Outcome, Plan, carry_out
from e2e.scenarios import SCENARIOS
from e2e.trial import Stage

ROOT = Path(__file__).parents[2]
OTHER_IMAGE = "registry.k8s.io/pause:3.10"
"""Small, on most nodes already, and built for every Windows Server; what runs is PowerShell of the node anyway."""
HOW = "Say which cluster: make e2e KUBECONFIG=/path/to/kubeconfig (all options: PYTHONPATH=tests python -m e2e --help)"


def main(arguments: list[str] | None = None) -> int:
    """Do it; return 0 if everything was seen, 1 if not, 2 if nothing was done, 130 after a signal."""
    args = _parser().parse_args(arguments)
    if not args.kubeconfig:
        _say(HOW)
        return 2
    try:
        with (
            tempfile.TemporaryDirectory(prefix="hostprocess-e2e-") as folder,
            open_cluster(args.kubeconfig, args.context, Path(folder)) as access,
        ):
            return _run(access, args)
    except Refusal as refusal:
        _say(f"Nothing was done. {refusal}")
        return 2
    except KeyboardInterrupt:
        _say("Interrupted.")
        return 130


def _run(access: Access, args: argparse.Namespace) -> int:
    try:
        every = access.cluster.get("nodes")["items"]
        choice = _choose(access, args)
        plan = _plan(access, choice, args)
        args.report.parent.mkdir(parents=True, exist_ok=True)
    except (ApiError, OSError) as error:
        raise Refusal(str(error)) from error
    _say(announce(access, choice, plan))
    if not (args.yes or _confirmed()):
        raise Refusal("It was not confirmed.")
    began, started = time.monotonic(), datetime.now(UTC)
    outcome = carry_out(plan, _say)
    timing = {"started": f"{started:%Y-%m-%d %H:%M} UTC", "seconds": round(time.monotonic() - began, 1)}
    with contextlib.suppress(ApiError, OSError):
        every += access.cluster.get("nodes")["items"]  # those that have joined meanwhile
    clean = redactor(_known(access, choice, every, args))
    _write(clean(_report(access, choice, plan, outcome, timing, node_names=args.node_names)), args.report)
    if outcome.interrupted:
        return 130
    return 0 if outcome.passed else 1


def _choose(access: Access, args: argparse.Namespace) -> Choice:
    selector = ",".join(["kubernetes.io/os=windows", *args.node_selector])
    windows = access.cluster.get("nodes", label_selector=selector)["items"]
    choice = choose(windows, args.nodes, tolerated=args.tolerate, own_image=bool(args.image))
    if not choice.used:
        reasons = "".join(f"\n  {name}: {reason}" for name, reason in choice.passed_over)
        raise Refusal(f"No Windows node of this cluster can take part.{reasons}")
    return choice


def _plan(access: Access, choice: Choice, args: argparse.Namespace) -> Plan:
    chosen = {name: scenario for name, scenario in SCENARIOS.items() if not args.only or name in args.only}
    mark = secrets.token_hex(4)
    stage = Stage(
        cluster=access.cluster,
        namespace=f"hostprocess-e2e-{mark}",
        nodes=choice.used,
        image=args.image or default_image(choice.used),
        other_image=args.other_image or OTHER_IMAGE,
        tolerated=tuple(args.tolerate),
        simulated=nature_of(choice.used) == "simulated",
        patience=args.patience * 60,
    )
    return Plan(
        mark=mark,
        site=survey(access.cluster, installed=args.installed),
        stage=stage,
        scenarios=chosen,
        installed=args.installed,
        keep=args.keep,
        operator_log=args.report.with_name("e2e-operator.log"),
    )


def _report(access: Access, choice: Choice, plan: Plan, outcome: Outcome, timing: dict, *, node_names: bool) -> dict:
    version = f"installed before, image tag {plan.site.deployed or 'unknown'}" if plan.installed else _checkout()
    facts = {
        "operator": version,
        "Kubernetes": access.version,
        "Windows nodes": f"{len(choice.used)} of {choice.total}",
        "images": f"{plan.stage.image}, {plan.stage.other_image}",
    }
    run = {"failure": outcome.failure, "interrupted": outcome.interrupted, "left": outcome.left}
    return assemble(
        outcome.results,
        nature=nature_of(choice.used),
        nodes=[{"node": node.name, **node.facts} for node in choice.used],
        node_names=node_names,
        facts=facts,
        run={**timing, **run, "operatorLog": outcome.operator_log},
    )


def _known(access: Access, choice: Choice, nodes: list[dict], args: argparse.Namespace) -> dict[str, str]:
    """Return what must not be in the report -> what stands in its place."""
    known = names_of_server(access.server, access.context, access.cluster_name)
    if not args.node_names:
        known |= names_of_nodes(choice.used, map(describe, nodes))
    known |= {args.image or "": "<image>", args.other_image or "": "<other image>"}
    return known | {str(ROOT): "<checkout>", str(Path.home()): "~"}


def _checkout() -> str:
    """Return the version and the commit of this checkout."""
    version = importlib.metadata.version("hostprocess-operator")
    with contextlib.suppress(OSError):
        command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            version += f" ({done.stdout.strip()})"
    return f"{version}, as a process outside the cluster, under its shipped ServiceAccount"


def _write(report: dict, path: Path) -> None:
    path.write_text(render(report), encoding="utf-8")
    structured = path.with_suffix(".json")
    structured.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    said = ", ".join(f"{count} {kind}" for kind, count in report["counts"].items())
    _say(f"\n{said}. The report is in {path} and {structured}.")
    for line in report["left"]:
        _say(f"still in the cluster: {line}")


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise Refusal("There is no terminal to ask on: say --yes to go on without a question.")
    return input("\nType yes to go on: ").strip().lower() == "yes"


def _say(text: str) -> None:
    # a terminal that is gone must not keep what was made from being removed
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m e2e", description=__doc__)
    add = parser.add_argument
    add("--kubeconfig", metavar="FILE", help="of an administrator of the cluster; nothing is done without it")
    add("--context", metavar="NAME", help="context of the kubeconfig (default: its current one)")
    add("--nodes", metavar="N", type=_positive, default=3, help="at most so many Windows nodes (default: 3)")
    add("--node-selector", metavar="KEY=VALUE", action="append", default=[], help="only nodes with this label")
    add("--tolerate", metavar="KEY", action="append", default=[], help="taint of the nodes beside the usual os taints")
    add("--installed", action="store_true", help="put the operator on trial that is installed, not this checkout's")
    add("--image", metavar="IMAGE", help="of the agents, where nodes cannot pull from mcr.microsoft.com")
    add("--other-image", metavar="IMAGE", help=f"that an update changes it to (default: {OTHER_IMAGE})")
    add("--only", metavar="NAME", action="append", choices=SCENARIOS, help=f"a scenario: {', '.join(SCENARIOS)}")
    add("--patience", metavar="MINUTES", type=float, default=15, help="for each wait; pulls take long (default: 15)")
    add("--report", metavar="FILE", type=Path, default=ROOT / "build" / "e2e-report.md", help="where to write it")
    add("--node-names", action="store_true", help="leave the names of the nodes in the report")
    add("--keep", action="store_true", help="leave everything that was made in the cluster")
    add("--yes", action="store_true", help="do not ask")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    sys.exit(main())
