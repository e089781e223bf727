"""Logging: one line per record on one stream, of one shape, whoever speaks: the operator, kopf, asyncio or aiohttp.

JSON has the keys ts, level, msg and logger, then what the record is about; on a terminal the same is laid out for
people. Nothing that could drive a terminal, and nothing that looks like a token, gets through.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter

from hostprocess_operator.verification.text import clean_text

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.typing import Processor, WrappedLogger

    EventDict = MutableMapping[str, Any]

TEXT_BYTES: Final = 4096
"""Bytes of one text of a record that are kept, and of one line of a traceback."""

_FIRST = ("ts", "level", "msg", "logger")
_TRACES = frozenset({"exception", "stack"})
_REDACTED = "[redacted]"
# A JSON Web Token, which every token of a ServiceAccount is, and whatever stands behind the word Bearer.
_SECRET = re.compile(r"(?i)\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+|(?<=\bbearer )[\w.~+/-]{8,}=*")
# aiohttp's key of a pooled connection, eight attributes long, which kopf logs with each retry.
_CONNECTION_KEY = re.compile(r"ConnectionKey\(host='([^']*)', port=(\d+)[^()]*\)")


def configure_logging(
    log_format: Literal["auto", "json", "console"], level: Literal["debug", "info", "warning", "error"], stream: TextIO
) -> None:
    """Send every record of this process to the stream; a later call replaces an earlier one."""
    console = log_format == "console" or (log_format == "auto" and stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.EventRenamer("msg"),
                clean_record,
                _for_people(stream) if console else structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    _quieten()


def clean_record(_logger: WrappedLogger, _method: str, record: EventDict) -> EventDict:
    """Return the record with printable texts, without secrets, and its four common keys first."""
    cleaned = {str(key): _lines(str(each)) if key in _TRACES else _clean(each) for key, each in record.items()}
    return {key: cleaned[key] for key in (*_FIRST, *cleaned) if key in cleaned}


def _clean(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {_line(str(key)): _clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(each) for each in value]
    return _line(str(value))


def _line(text: str) -> str:
    return clean_text(_SECRET.sub(_REDACTED, _CONNECTION_KEY.sub(r"\1:\2", text)), TEXT_BYTES)


def _lines(text: str) -> str:
    """Return a traceback with its lines and their indentation kept, and each of them printable."""
    return "\n".join(" " * (len(line) - len(line.lstrip(" "))) + _line(line) for line in text.splitlines())


def _for_people(stream: TextIO) -> Processor:
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), timestamp_key="ts", event_key="msg", exception_formatter=structlog.dev.plain_traceback
    )


def _quieten() -> None:
    """Keep libraries from saying what nobody asked: probes of the health endpoints, and objects as whole dumps."""
    logging.getLogger("aiohttp.access").disabled = True
    for name in ("kopf", "asyncio", "aiohttp", "kubernetes", "client"):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLogger().level))
    # a line for each event of each agent, and two for each start and each login
    for name in ("kopf.objects", "kopf.activities", "kopf._core.engines.activities"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    # that signals are ours; and with a traceback what `controller.AgentWatch` says in one line: that kopf gave up
    for name in ("kopf._core.reactor.orchestration", "kopf._core.reactor.running"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
