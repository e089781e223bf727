"""The rollout record: what a plan needs and cannot see in any other object.

It is one JSON annotation on the DaemonSet, written in the same patch as the template, and mirrored in the agent's
status. Either copy restores the other: the higher `seq` wins, a tie goes to the DaemonSet. Which nodes are out because
of us is believed only from the DaemonSet: it is written there before each delete.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
_Moment = Annotated[AwareDatetime, PlainSerializer(lambda moment: moment.strftime(_SECONDS), return_type=str)]
_Name = Annotated[str, Field(max_length=253)]
_COMPRESSED = "zlib:"
_MOST_BYTES = 8 * 1024 * 1024
_Token = Annotated[str, Field(max_length=64)]

LONGEST_TEXT = 16 * 1024
"""Characters of a record that is not compressed."""
MOST_BLOCKED = 20
LONGEST_VALUE = 253
"""Characters of an annotation of the agent that are looked at."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Target(_Entry):
    """The revision that the spec asks for.

    Attributes:
        rev: digest of the template as it was rendered: what users see as the revision.
        spec: hash of the pod-shaping spec that it was rendered from.
        token: value of the restart annotation that it was rendered with, empty when there was none.
        digest: digest of the template as the API server stores it, None until it answered to our write.
        started: when it became the target, or when a block on it was lifted.
        promoted: whether it passed its canaries.
        retried: when a block on it was last lifted, None when never: pods from before that tell nothing of it.
    """

    rev: _Name
    spec: _Name
    token: _Token = ""
    digest: _Name | None = None
    started: _Moment
    promoted: bool = False
    retried: _Moment | None = None


class Proven(_Entry):
    """The revision that last worked on every node that counts; `at` is when that was seen."""

    rev: _Name
    spec: _Name
    token: _Token = ""
    digest: _Name
    at: _Moment


class Block(_Entry):
    """A pod-shaping spec that is not served any more: which revision of it failed, why, and on which nodes.

    Attributes:
        detail: what was seen on the first of the nodes, in a sentence: the pod that showed it may be gone.
    """

    rev: _Name
    spec: _Name
    reason: _Name
    nodes: tuple[_Name, ...] = Field(default=(), max_length=3)
    detail: _Name = ""
    at: _Moment


class Out(_Entry):
    """A node without a working agent since we replaced its pod; `taken` says that it had worked until then."""

    since: _Moment
    taken: bool


class Record(_Entry):
    """The whole record; an empty one is that of an agent seen for the first time.

    Attributes:
        served: the revision whose template the DaemonSet had when the record was written beside it.
        canaries: nodes that try the target first.
        charged: nodes on which the target failed, and why; only a working pod of the target takes a charge back.
        retry: the retry annotation that was last acted on.
        spent_approval: the approve annotation that stood then: what it approved has failed since.
    """

    seq: int = Field(default=0, ge=0)
    served: _Name | None = None
    target: Target | None = None
    proven: Proven | None = None
    blocked: tuple[Block, ...] = Field(default=(), max_length=MOST_BLOCKED)
    canaries: tuple[_Name, ...] = ()
    charged: dict[_Name, _Name] = Field(default_factory=dict)
    retry: _Name = ""
    spent_approval: _Name = ""
    out: dict[_Name, Out] = Field(default_factory=dict)


def dump_record(record: Record) -> str:
    """Return the record as compact JSON with sorted keys: equal records give equal text.

    One of thousands of nodes is compressed (zlib, in Base64 behind `zlib:`): an object takes 256 KiB of annotations.
    """
    text = json.dumps(record.model_dump(mode="json", exclude_defaults=True), sort_keys=True, separators=(",", ":"))
    if len(text) <= LONGEST_TEXT:
        return text
    return _COMPRESSED + base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def load_record(text: str | None) -> Record | None:
    """Return the record in the text, None when there is none or it is not one."""
    if text is None:
        return None
    try:
        return Record.model_validate_json(_expanded(text) if text.startswith(_COMPRESSED) else text)
    except (ValueError, zlib.error):  # of JSON, of the model or of Base64
        return None


def _expanded(text: str) -> bytes:
    """Return what was compressed, or as much of it as a record can have."""
    packed = base64.b64decode(text.removeprefix(_COMPRESSED), validate=True)
    return zlib.decompressobj().decompress(packed, _MOST_BYTES)


def merge_records(on_daemonset: Record | None, in_status: Record | None) -> Record:
    """Return the record to go on with from its two copies; only the DaemonSet's says who is out."""
    if on_daemonset is None:
        return (in_status or Record()).model_copy(update={"out": {}})
    if in_status is None or in_status.seq < on_daemonset.seq:
        return on_daemonset
    if in_status.seq > on_daemonset.seq or _knows_more(in_status.target, on_daemonset.target):
        return in_status.model_copy(update={"out": on_daemonset.out})
    return on_daemonset


def _knows_more(left: Target | None, right: Target | None) -> bool:
    """Return whether both are the same target and only the left one knows its digest."""
    return bool(left and right and left.rev == right.rev and left.digest and not right.digest)
