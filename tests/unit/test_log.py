"""Every record, whoever writes it, comes out as one clean line of one shape."""

import asyncio
import io
import json
import logging
import warnings

import pytest
import structlog

from hostprocess_operator.log import configure_logging

QUIETENED = [
    *(
        "kopf",
        "kopf.objects",
        "kopf.activities",
        "kopf._core.engines.activities",
        "kopf._core.reactor.running",
        "kopf._core.reactor.orchestration",
    ),
    *("asyncio", "aiohttp", "kubernetes", "client"),
]
JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJhdWQiOiJ4In0.c2lnbmF0dXJl"
KOPF_RETRY = (
    "Request attempt #1/9 failed; will retry: GET https://10.0.0.1:443/api -> ClientConnectorError("
    "ConnectionKey(host='10.0.0.1', port=443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None,"
    " proxy_headers_hash=None, server_hostname=None), ConnectionRefusedError(111, 'refused'))"
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def fail(text):
    raise ValueError(text)


@pytest.fixture(autouse=True)
def restored():
    """Give logging back to pytest afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    logging.getLogger("aiohttp.access").disabled = False
    for name in QUIETENED:
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def records(stream):
    """Log JSON, and return what was logged so far."""
    configure_logging("json", "info", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


class TestShape:
    def test_a_record_has_time_level_message_and_logger_before_everything_else(self, records):
        structlog.get_logger("here").bind(namespace="agents").warning("Restored a DaemonSet", name="a", times=2)
        (record,) = records()
        assert list(record)[:4] == ["ts", "level", "msg", "logger"]
        assert record.pop("ts").endswith("Z")
        assert record == {
            "level": "warning",
            "msg": "Restored a DaemonSet",
            "logger": "here",
            "namespace": "agents",
            "name": "a",
            "times": 2,
        }

    def test_records_of_libraries_have_the_same_shape(self, records):
        logging.getLogger("kopf.something").warning("Watched %s", "pods")
        (record,) = records()
        assert (record["level"], record["msg"], record["logger"]) == ("warning", "Watched pods", "kopf.something")

    def test_warnings_of_python_are_records(self, records):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("careful", stacklevel=1)
        assert "careful" in records()[0]["msg"]

    @pytest.mark.parametrize("logger", [structlog.get_logger("ours"), logging.getLogger("theirs")])
    def test_an_exception_brings_its_traceback(self, records, logger):
        try:
            fail("broken")
        except ValueError:
            logger.exception("Failed")
        (record,) = records()
        assert record["exception"].splitlines()[0] == "Traceback (most recent call last):"
        assert record["exception"].endswith("ValueError: broken")

    async def test_what_a_reconcile_binds_is_in_its_records_alone(self, records):
        async def reconcile(name):
            structlog.contextvars.bind_contextvars(agent=name)
            await asyncio.sleep(0)
            structlog.get_logger("here").info("Reconciled", expected=name)

        await asyncio.gather(reconcile("a"), reconcile("b"))
        assert [record["agent"] == record["expected"] for record in records()] == [True, True]


class TestFormat:
    def test_auto_is_json_where_nobody_looks(self, stream):
        configure_logging("auto", "info", stream)
        structlog.get_logger("here").info("Started")
        assert json.loads(stream.getvalue())["msg"] == "Started"

    def test_auto_is_for_people_on_a_terminal(self):
        terminal = Terminal()
        configure_logging("auto", "info", terminal)
        structlog.get_logger("here").info("Started")
        assert "Started" in terminal.getvalue()
        assert not terminal.getvalue().startswith("{")

    def test_console_without_a_terminal_has_no_colours(self, stream):
        configure_logging("console", "info", stream)
        structlog.get_logger("here").info("Started", name="a")
        assert "\x1b" not in stream.getvalue()

    def test_a_later_call_replaces_an_earlier_one(self, stream):
        configure_logging("json", "info", io.StringIO())
        configure_logging("json", "info", stream)
        structlog.get_logger("here").info("Started")
        assert len(stream.getvalue().splitlines()) == 1


class TestLevels:
    def test_what_is_below_the_level_is_left_out(self, records):
        structlog.get_logger("ours").debug("Looked")
        logging.getLogger("theirs").debug("Looked")
        assert records() == []

    @pytest.mark.parametrize(
        ("logger", "loudest"),
        [
            pytest.param("kopf.objects", logging.INFO, id="each event of each agent, with the whole object"),
            pytest.param("kopf.activities.authentication", logging.INFO, id="that a login has worked"),
            pytest.param("kopf._core.engines.activities", logging.INFO, id="that a login begins"),
            pytest.param("kopf._core.reactor.running", logging.ERROR, id="that it stops, which our watch says itself"),
            pytest.param("kopf._core.reactor.orchestration", logging.ERROR, id="why it stops, in a traceback"),
        ],
    )
    def test_what_kopf_says_that_nobody_asked_is_left_out_even_when_debugging(self, stream, logger, loudest):
        configure_logging("json", "debug", stream)
        logging.getLogger(logger).log(loudest, "Too much")
        logging.getLogger(logger).log(loudest + 10, "News")
        structlog.get_logger("ours").debug("Looked")
        assert [json.loads(line)["msg"] for line in stream.getvalue().splitlines()] == ["News", "Looked"]

    def test_requests_to_the_health_endpoints_are_not_logged(self, records):
        logging.getLogger("aiohttp.access").error("GET /healthz")
        assert records() == []


class TestCleaning:
    @pytest.mark.parametrize(
        "value",
        [
            pytest.param("\x1b]0;owned\x07a\x1b[31mb\x00\u202e", id="in a text"),
            pytest.param(["a\x1b[31mb\u202e"], id="in a list"),
            pytest.param({"a\x1b[31mb\u202e": "a\x1b[31mb\u202e"}, id="in a mapping"),
            pytest.param(ValueError("a\x1b[31mb\u202e"), id="in an object"),
        ],
    )
    @pytest.mark.parametrize("log_format", ["json", "console"])
    def test_nothing_that_drives_a_terminal_gets_through(self, stream, log_format, value):
        configure_logging(log_format, "info", stream)
        structlog.get_logger("here").info("Read", text=value)
        line = stream.getvalue()
        assert line.rstrip("\n").isprintable()
        assert "ab" in line
        assert "u202e" not in line

    @pytest.mark.parametrize("log_format", ["json", "console"])
    def test_a_text_cannot_pretend_to_be_another_record(self, stream, log_format):
        configure_logging(log_format, "info", stream)
        structlog.get_logger("here").info("Read", text='x\n{"level": "error", "msg": "forged"}')
        assert len(stream.getvalue().splitlines()) == 1

    def test_a_long_text_is_cut(self, records):
        structlog.get_logger("here").info("Read", text="x" * 100_000)
        assert len(records()[0]["text"].encode()) <= 4096

    def test_numbers_and_truths_stay_what_they_are(self, records):
        structlog.get_logger("here").info("Read", a=1, b=1.5, c=True, d=None)
        record = records()[0]
        assert [record[key] for key in "abcd"] == [1, 1.5, True, None]

    @pytest.mark.parametrize(
        "message",
        [
            pytest.param(f"Authorization: Bearer {JWT}", id="a header"),
            pytest.param(f"{{'token': '{JWT}'}}", id="a token by itself"),
            pytest.param("authorization: bearer abcdefghijklmnop==", id="a token that is no JWT"),
        ],
    )
    def test_a_token_is_redacted(self, records, message):
        logging.getLogger("theirs").error(message)
        (record,) = records()
        assert "[redacted]" in record["msg"]
        assert JWT not in record["msg"]
        assert "abcdefghijklmnop" not in record["msg"]

    def test_a_token_in_a_traceback_is_redacted(self, records):
        try:
            fail(f"Bearer {JWT}")
        except ValueError:
            structlog.get_logger("here").exception("Failed")
        assert JWT not in records()[0]["exception"]

    def test_a_retry_of_kopf_names_the_host_and_spares_us_the_rest(self, records):
        logging.getLogger("kopf._cogs").warning(KOPF_RETRY)
        assert records()[0]["msg"].endswith(
            "ClientConnectorError(10.0.0.1:443, ConnectionRefusedError(111, 'refused'))"
        )
