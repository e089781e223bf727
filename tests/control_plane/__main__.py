"""Run a control plane for a developer: ``python -m control_plane up | down | run-operator-env``."""

import argparse
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from control_plane import developer
from control_plane.build import BinariesError, ensure_binaries
from control_plane.credentials import OpenSslError
from control_plane.process import ChildExitedError


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; only ``export`` lines go to stdout, so that a shell can ``eval`` them."""
    args = _parser().parse_args(arguments)
    directory = args.directory.absolute()
    try:
        match args.command:
            case "up":
                _export(developer.up(directory, args.nodes, _tell))
                if shutil.which("kubectl") is None:
                    sys.stdout.write(f'export PATH={shlex.quote(str(ensure_binaries(_tell)))}:"$PATH"\n')
            case "down":
                developer.down(directory, _tell)
            case "run-operator-env":
                _export(developer.operator_kubeconfig(directory, args.namespace, args.service_account))
            case "serve":
                developer.serve(directory, args.nodes)
    except (BinariesError, OpenSslError, ChildExitedError, developer.NotUpError, TimeoutError) as error:
        _tell(f"error: {error}")
        return 1
    except subprocess.CalledProcessError as error:
        _tell(f"error: {(error.stderr or '').strip() or error}")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m control_plane", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument(
        "--directory", type=Path, default=developer.DEFAULT_DIRECTORY, help="its folder (default: %(default)s)"
    )
    size = argparse.ArgumentParser(add_help=False)
    size.add_argument("--nodes", type=int, default=5, help="number of Windows nodes (default: %(default)s)")
    commands.add_parser("up", parents=[place, size], help="start one in the background")
    commands.add_parser("down", parents=[place], help="stop it")
    env = commands.add_parser("run-operator-env", parents=[place], help="log in as the operator's ServiceAccount")
    env.add_argument("--namespace", default="hostprocess-system")
    env.add_argument("--service-account", default="operator")
    commands.add_parser("serve", parents=[place, size], help="what `up` starts in the background")
    return parser


def _export(kubeconfig: Path) -> None:
    sys.stdout.write(f"export KUBECONFIG={shlex.quote(str(kubeconfig))}\n")


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
