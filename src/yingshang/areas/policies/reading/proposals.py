"""What a reader proposes: never more than a draft for a person to accept, change or throw away. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from yingshang.rules.errors import DomainError

Kind = Literal["condition", "amount", "cap", "band", "date", "region", "industry", "tag", "remark"]
KINDS: tuple[Kind, ...] = (
    "condition",
    "tag",
    "region",
    "industry",
    "amount",
    "cap",
    "band",
    "date",
    "remark",
)
Confidence = Literal["high", "medium", "low"]
GRAVITY: dict[Confidence, int] = {"high": 0, "medium": 1, "low": 2}


class NothingToRead(DomainError):
    """A document without text: an empty one, or pictures of pages."""

    code = "policies.nothing_to_read"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing a sentence seems to say.

    `statement` says it in one line, `expression` as FEEL where it is a condition, `fragment` as the entry of an item's
    YAML where it is something else. `fact` is the code in the catalogue (`hires.contract_months` for a field of a
    list) or empty where none was recognised; then there is no expression, and a person has to say which it is.
    `start` and `end` are places in the text of the sentence; `quote` is what stands there.
    """

    kind: Kind
    rule: str
    statement: str
    sentence: int
    start: int
    end: int
    quote: str
    confidence: Confidence
    reason: str
    reason_zh: str
    fact: str = ""
    expression: str = ""
    fragment: Mapping[str, Any] = field(default_factory=dict)
    excludes: bool = False
    """It stands among what rules an enterprise out."""
    source: Literal["reader", "language model"] = "reader"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Proposal:
        """What `as_dict` wrote."""
        return cls(**kept)
