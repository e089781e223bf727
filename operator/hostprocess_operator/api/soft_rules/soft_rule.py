"""What a soft rule is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostprocess_operator.api.shape import Loc

if TYPE_CHECKING:
    from hostprocess_operator.api.agent import AgentSpec


@dataclass(frozen=True, slots=True)
class SoftRule:
    """One thing that is allowed and probably not what was meant.

    Attributes:
        code: Its stable name, under which `docs/warnings.md` explains it. The code of a rule that is given up is not
            used again.
        title: What is so, in a few words.
        message: What will happen and what to do instead. Holds no text of the user's.
        where: The fields that it looks at, for the API server, which cannot say which one breaks it.
        breaches: Return where a valid spec breaks it, relative to the spec; nothing if it keeps to it.
        cel: The same as a CEL expression over `object.spec` and the variables of `places`; true if it is kept to.
    """

    code: str
    title: str
    message: str
    where: str
    breaches: Callable[["AgentSpec"], Iterable[Loc]]
    cel: str
