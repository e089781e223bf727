"""Rules of the fault proxy, as data: which requests and which events of a watch meet which fault. Pure.

A rule without an end acts until it is lifted. Of several that match, the first counts.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Match:
    """Which requests; what is empty matches everything.

    Attributes:
        resources: with subresources, such as `pods/status`.
        client: what the User-Agent header begins with.
        bearer: a token.
        continues: True for the second and later pages of a list alone, False for first pages alone.
        single: True for looks at one object by its name alone, False for whole lists alone.
    """

    verbs: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    client: str = ""
    bearer: str = field(default="", repr=False)
    continues: bool | None = None
    single: bool | None = None

    def takes(self, asked):
        """Return whether the request is meant."""
        return (
            (not self.verbs or asked.verb in self.verbs)
            and (not self.resources or asked.resource in self.resources)
            and asked.client.startswith(self.client)
            and self.bearer in {"", asked.bearer}
            and self.continues in {None, asked.continues}
            and self.single in {None, asked.single}
        )


def requests(verbs="", resources="", **more):
    """Return a Match from words: `requests("list watch", "pods")`."""
    return Match(frozenset(verbs.split()), frozenset(resources.split()), **more)


@dataclass(frozen=True)
class Delay:
    """Forward the request that much later."""

    seconds: float


@dataclass(frozen=True)
class Answer:
    """Answer in the API server's place."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"


@dataclass(frozen=True)
class Cut:
    """Reset the connection; `after` the request was carried out, its answer is lost."""

    after: bool = False


@dataclass(frozen=True)
class Hold:
    """Accept the request and never answer."""


@dataclass(frozen=True)
class Script:
    """Answer 200 with these bytes, one after the other; then `end`, `cut` or `hang`.

    Attributes:
        pause: seconds before each.
    """

    chunks: tuple[bytes, ...] = ()
    then: str = "end"
    pause: float = 0.0


@dataclass(frozen=True)
class Mute:
    """Accept a watch and say nothing until the rule is lifted; then pass on what it asked for."""


@dataclass(frozen=True)
class Crash:
    """Kill the client before the request is forwarded, or after, before its answer; nothing of it is let through."""

    after: bool = False


@dataclass(frozen=True)
class Drop:
    """Swallow events of a watch."""


@dataclass(frozen=True)
class Double:
    """Pass on events of a watch twice."""


@dataclass(frozen=True)
class Rule:
    """A fault and what it is for.

    Attributes:
        skip: how many requests (events, for Drop and Double) that match go unharmed first.
        times: how many then meet the fault; None is all of them.
    """

    match: Match
    fault: object
    skip: int = 0
    times: int | None = None

    @property
    def is_about_events(self):
        """Return whether it acts on the events of a watch rather than on requests."""
        return isinstance(self.fault, Drop | Double)


@dataclass(eq=False)
class Active:
    """A rule in force, and how often it was met."""

    rule: Rule
    seen: int = 0
    lifted: bool = False

    def strikes(self, asked):
        """Count a request that matches, or an event of it; return whether it meets the fault."""
        if self.lifted or not self.rule.match.takes(asked):
            return False
        self.seen += 1
        struck = self.seen - self.rule.skip
        return struck > 0 and (self.rule.times is None or struck <= self.rule.times)

    @property
    def struck(self):
        """Return how many have met the fault."""
        struck = max(0, self.seen - self.rule.skip)
        return struck if self.rule.times is None else min(struck, self.rule.times)


@dataclass
class Rulebook:
    """The rules in force, oldest first."""

    active: list[Active] = field(default_factory=list)

    def add(self, rule):
        """Put a rule in force."""
        self.active.append(Active(rule))
        return self.active[-1]

    def for_request(self, asked):
        """Return the rule whose fault this request meets, None when it goes unharmed."""
        return next((one for one in self.active if not one.rule.is_about_events and one.strikes(asked)), None)

    def for_event(self, asked):
        """Return the rule whose fault the next event of this watch meets, None when it goes unharmed."""
        return next((one for one in self.active if one.rule.is_about_events and one.strikes(asked)), None)
