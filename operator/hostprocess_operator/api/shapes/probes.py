"""Probes and lifecycle hooks."""

from typing import Annotated, Literal

from pydantic import Field

from hostprocess_operator.api.markers import Atomic
from hostprocess_operator.api.scalars import MAX_SECONDS, CommandItem, Count, Port, PortOrName, Seconds
from hostprocess_operator.api.shape import Rules, Shape, exactly_one, rule

_Host = Annotated[str, Field(max_length=253)]


class ExecAction(Shape):
    """A command."""

    command: Annotated[tuple[CommandItem, ...], Field(min_length=1, max_length=64), Atomic()]
    """The command line, run with the account of the container."""


class HTTPHeader(Shape):
    """A header of a request."""

    name: Annotated[str, Field(min_length=1, max_length=256, pattern="^[-A-Za-z0-9]+$")]
    """Name of the header."""
    value: Annotated[str, Field(max_length=4096)]
    """Value of the header."""


class HTTPGetAction(Shape):
    """An HTTP request."""

    path: Annotated[str, Field(max_length=1024)] | None = None
    """Path to ask for."""
    port: PortOrName
    """Port number, or name of a port of the container."""
    host: _Host | None = None
    """Host to ask, by default the node."""
    scheme: Literal["HTTP", "HTTPS"] | None = None
    """Scheme of the request."""
    http_headers: Annotated[tuple[HTTPHeader, ...], Field(max_length=16), Atomic()] = ()
    """Headers of the request."""


class TCPSocketAction(Shape):
    """An attempt to connect."""

    port: PortOrName
    """Port number, or name of a port of the container."""
    host: _Host | None = None
    """Host to connect to, by default the node."""


class GRPCAction(Shape):
    """A gRPC health check."""

    port: Port
    """Port number."""
    service: Annotated[str, Field(max_length=253)] | None = None
    """Service to ask about."""


class SleepAction(Shape):
    """A pause."""

    seconds: Seconds
    """Length of the pause."""


class Probe(Shape):
    """A check that is made again and again."""

    rules = (exactly_one("exec", "httpGet", "tcpSocket", "grpc"),)

    exec: ExecAction | None = None
    """Succeeds when the command exits with 0."""
    http_get: HTTPGetAction | None = None
    """Succeeds when the answer is from 200 to 399."""
    tcp_socket: TCPSocketAction | None = None
    """Succeeds when the port can be connected to."""
    grpc: GRPCAction | None = None
    """Succeeds when the service says that it is serving."""
    initial_delay_seconds: Count | None = None
    """Pause before the first check."""
    timeout_seconds: Count | None = None
    """Time that one check may take."""
    period_seconds: Count | None = None
    """Time between two checks."""
    success_threshold: Count | None = None
    """Successes in a row that count as success after a failure."""
    failure_threshold: Count | None = None
    """Failures in a row that count as failure after a success."""
    termination_grace_period_seconds: Annotated[int, Field(ge=1, le=MAX_SECONDS)] | None = None
    """Time to stop after the probe has failed."""


RestartingProbe = Annotated[
    Probe,
    Rules(
        rule(
            "must be 1, or left out, for a liveness or startup probe",
            holds=lambda probe: probe.success_threshold in (None, 0, 1),
            cel="!has(self.successThreshold) || self.successThreshold <= 1",
            at="successThreshold",
        )
    ),
]
ReadinessProbe = Annotated[
    Probe,
    Rules(
        rule(
            "leave it out: a failed readiness probe stops nothing",
            holds=lambda probe: probe.termination_grace_period_seconds is None,
            cel="!has(self.terminationGracePeriodSeconds)",
            at="terminationGracePeriodSeconds",
            reason="FieldValueForbidden",
        )
    ),
]


class LifecycleHandler(Shape):
    """What a hook does."""

    rules = (exactly_one("exec", "httpGet", "sleep"),)

    exec: ExecAction | None = None
    """Run a command."""
    http_get: HTTPGetAction | None = None
    """Send a request."""
    sleep: SleepAction | None = None
    """Wait."""


class Lifecycle(Shape):
    """Hooks around the life of a container."""

    post_start: LifecycleHandler | None = None
    """Done right after the container was created."""
    pre_stop: LifecycleHandler | None = None
    """Done before the container is stopped, within the termination grace period."""
