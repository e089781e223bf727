"""The operator's settings: from flags, the environment and a file, in that order of precedence, then the defaults.

Reads what it is given and one file; holds no secret. A key that nobody knows is refused, never ignored: a setting that
is misspelt would otherwise be one that silently does nothing.
"""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, CliSettingsSource, EnvSettingsSource, NoDecode, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableError

from hostprocess_operator.errors import SettingsError

if TYPE_CHECKING:
    from argparse import Action, ArgumentParser
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic_settings import PydanticBaseSettingsSource

PREFIX: Final = "HPAGENT_"

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LEASE = re.compile(rf"{_NAMESPACE.pattern}/[a-z0-9]([-.a-z0-9]{{0,251}}[a-z0-9])?")
# Kubernetes sets such variables in every pod that lives beside a Service whose name begins as our prefix does.
_SERVICE_LINK = re.compile(r"\w*(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP|SCTP))(_\w+)?")
_SERVICE_URL = re.compile(r"(tcp|udp|sctp)://")
# Only where the settings come from, so of no use in a file.
_NOT_IN_A_FILE: Final = frozenset({"config", "print_config"})
_PLACEHOLDERS: Final = {"tuple[str,...]": "A,B", "Path": "FILE", "int": "N", "float": "N", "str": "TEXT"}
_NO_DEFAULT = re.compile(r" \(default: (null|False|\(\)|)\)")
_DESCRIPTION: Final = """\
Run Windows host process agents, keep them as they are described, and prove their administrator rights.

Each setting is a flag, a variable of the environment, and a key of the file that --config names, spelt as the
flag without its dashes. A flag wins over the environment, the environment over the file."""


def _split(value: object) -> object:
    return [part for each in value.split(",") if (part := each.strip())] if isinstance(value, str) else value


def _check_namespaces(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not _NAMESPACE.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a namespace")
    return tuple(dict.fromkeys(names))


def _check_lease(lease: str | None) -> str | None:
    if lease is not None and not _LEASE.fullmatch(lease):
        raise ValueError(f"{lease!r} is not NAMESPACE/NAME")
    return lease


class Settings(BaseSettings):
    """How one operator runs. Every field is a flag, a variable of the environment, and a key of the file."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=PREFIX,
        cli_prog_name="hostprocess-operator",
        cli_kebab_case=True,
        cli_implicit_flags="toggle",
        cli_hide_none_type=True,
        cli_show_env_vars=True,
        cli_exit_on_error=False,
        json_schema_extra={"description": _DESCRIPTION},
    )

    config: Path | None = Field(None, description="YAML file with settings.")
    print_config: bool = Field(False, description="Print the settings as such a file, and exit.")
    namespaces: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_check_namespaces)] = (
        Field((), description="Namespaces to serve; all of them when not given.")
    )
    kubeconfig: Path | None = Field(
        None, description="Kubeconfig to connect with; the pod's ServiceAccount or the user's own when not given."
    )
    context: str | None = Field(None, description="Context of the kubeconfig; its current one when not given.")
    health_address: str = Field(
        "", description="Address of /healthz, /readyz and /metrics; every address of this host when not given."
    )
    health_port: int = Field(8080, ge=0, le=65535, description="Port of the same; 0 takes a free one and logs it.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="How logs are written; auto is console on a terminal and json elsewhere."
    )
    workers: int = Field(4, ge=1, le=64, description="Agents that are reconciled at the same time.")
    resync_seconds: int = Field(600, ge=10, le=86400, description="Time after which every agent is looked at again.")
    leader_elect: bool = Field(
        False, description="Let only one of several replicas write; the others stand by and take over."
    )
    leader_elect_lease: Annotated[str | None, AfterValidator(_check_lease)] = Field(
        None, description="Lease that decides it, as NAMESPACE/NAME; in the pod's own namespace when not given."
    )
    leader_elect_seconds: int = Field(
        15, ge=3, le=600, description="Time without a sign of life after which another replica takes over."
    )
    stale_seconds: int = Field(
        90,
        ge=10,
        le=3600,
        description="Silence of the API server after which /readyz fails; it is asked every 70 seconds.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the parent's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the parent's signature
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the parent's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the parent's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take nothing from anywhere but the caller: `load_settings` says where settings come from."""
        return (init_settings,)


def load_settings(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Return the settings that flags, environment and file add up to.

    Ends the process, with status 0, after printing for --help and --print-config.

    Raises:
        SettingsError: One is unknown or cannot be used; the message names it, where it stood, and the near miss.
    """
    flags = _from_flags(argv)
    environment = _from_environment(environ)
    path = flags.get("config") or environment.get("config")
    file = _from_file(Path(path)) if path else {}
    try:
        settings = Settings(**{**file, **environment, **flags})
    except ValidationError as error:
        places = {
            **{name: f"{_key(name)} in {path}" for name in file},
            **{name: _variable(name) for name in environment},
            **{name: f"--{_key(name)}" for name in flags},
        }
        faults = [f"{places[str(fault['loc'][0])]}: {_explain(fault['msg'])}" for fault in error.errors()]
        raise SettingsError("; ".join(faults)) from error
    if settings.print_config:
        sys.stdout.write(render_settings(settings))
        raise SystemExit(0)
    return settings


def render_settings(settings: Settings) -> str:
    """Return the settings as the text of a file for --config."""
    values = settings.model_dump(mode="json", exclude=set(_NOT_IN_A_FILE))
    return yaml.safe_dump({_key(name): value for name, value in values.items()}, sort_keys=False)


def _from_flags(argv: Sequence[str]) -> dict[str, Any]:
    try:
        source = CliSettingsSource[Settings](Settings, cli_parse_args=list(argv), add_argument_method=_add_argument)
    except UnreadableError as error:
        raise SettingsError(_explain_flags(str(error))) from error
    return source()


def _add_argument(parser: ArgumentParser, *names: str, **options: Any) -> Action:
    """Add a flag with a placeholder for people instead of a Python type."""
    options["metavar"] = _PLACEHOLDERS.get(options.get("metavar", ""), options.get("metavar"))
    options["help"] = _NO_DEFAULT.sub("", options.get("help", ""))
    return parser.add_argument(*names, **{key: value for key, value in options.items() if value is not None})


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    ours = {name: value for name, value in environ.items() if name.startswith(PREFIX) and value}
    known = {_variable(name) for name in Settings.model_fields}
    for name, value in ours.items():
        linked = _SERVICE_LINK.fullmatch(name.removeprefix(PREFIX)) or _SERVICE_URL.match(value)
        if name not in known and not linked:
            raise SettingsError(f"{name} is no setting{_near_miss(name, known)}")
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in ours.items()}
    return source()


def _from_file(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{path} does not hold settings: it must be a mapping, as --print-config prints one")
    known = {_key(name): name for name in Settings.model_fields if name not in _NOT_IN_A_FILE}
    for key in content:
        if key not in known:
            raise SettingsError(f"{key} in {path} is no setting{_near_miss(str(key), known)}")
    return {known[key]: value for key, value in content.items()}


def _explain_flags(message: str) -> str:
    """Return argparse's complaint in our words, with the near miss of an unknown flag."""
    complaint = message.removeprefix("error parsing CLI: ")
    unknown = complaint.removeprefix("unrecognized arguments: ").split()
    if complaint.startswith("unrecognized") and unknown:
        flag = unknown[0].partition("=")[0]
        return f"{flag} is no setting{_near_miss(flag, (f'--{_key(name)}' for name in Settings.model_fields))}"
    return complaint.removeprefix("argument ")


def _explain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "it must be")


def _near_miss(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else "; --help names them all"


def _key(name: str) -> str:
    return name.replace("_", "-")


def _variable(name: str) -> str:
    return PREFIX + name.upper()
