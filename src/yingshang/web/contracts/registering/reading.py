"""What the text of a contract says, as proposals beside the fields of its form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from yingshang.areas.contracts.api import read_contract_upload
from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError
from yingshang.web.errors import message_of

_LONGEST = 60_000
"""What a form carries of proposals from one request to the next; it comes from there, and is shown there only."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal: what would stand in the field, how it is shown, and the words of the text it was read from."""

    value: str
    shown: str
    quoted: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is said after a text was read."""

    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Proposals by field, and what the text says of payment."""

    offers: Mapping[str, Sequence[Offer]] = field(default_factory=dict)
    terms: Sequence[str] = ()
    told: Told | None = None

    @classmethod
    def kept(cls, text: str) -> Reading:
        """As a form brings it back; anything else is nothing."""
        if not text or len(text) > _LONGEST:
            return cls()
        try:
            told = json.loads(text)
            offers = {
                str(name): [Offer(*(str(part)[:500] for part in each)) for each in some]
                for name, some in told["offers"].items()
            }
            return cls(offers, [str(each)[:500] for each in told["terms"]])
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    @property
    def kept_as(self) -> str:
        """For a field of the form."""
        if not self.offers and not self.terms:
            return ""
        offers = {name: [list(asdict(each).values()) for each in some] for name, some in self.offers.items()}
        return json.dumps({"offers": offers, "terms": list(self.terms)}, ensure_ascii=False)

    def of(self, name: str) -> Sequence[Offer]:
        """The proposals for a field."""
        return self.offers.get(name, ())

    @property
    def first(self) -> dict[str, str]:
        """Of each field the first proposal."""
        return {name: some[0].value for name, some in self.offers.items() if some}

    def taken(self, asked: str) -> tuple[str, str]:
        """The field and value of `name:number`; nothing of anything else."""
        name, _colon, number = asked.partition(":")
        some = self.of(name)
        if not number.isdecimal() or int(number) >= len(some):
            return "", ""
        return name, some[int(number)].value


def read_upload(actor: Actor, file: Any) -> Reading:
    """What the file that was sent says; why nothing could be read of it, where nothing could."""
    if file is None:
        return Reading(told=Told("warn", _("请先选择合同文本。")))
    try:
        found = read_contract_upload(actor=actor, content=file, name=file.name or "")
    except DomainError as error:
        return Reading(told=Told("bad", message_of(error)))
    return reading_of(found)


def reading_of(found: Any) -> Reading:
    """Proposals of the room as the form shows them."""
    return Reading(told=Told("warn", _("没有读出内容，请手工填写。")))
