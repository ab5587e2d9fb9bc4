"""What the text of a contract says, as proposals beside the fields of its form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from yingshang.areas.contracts.api import Proposals, read_contract_upload
from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError
from yingshang.web.design import formats
from yingshang.web.errors import message_of

from ..fields import written_yuan
from .changes import shown_value, terms_words
from .forms import ContractForm

OBLIGATION = "obligation"
"""The field by which the room calls what becomes an obligation."""

_LONGEST = 60_000
"""What a form carries of proposals from one request to the next; it comes from there, and is shown there only."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal: what would stand in the field, how it is shown, and the words of the text it was read from."""

    value: str
    shown: str
    quoted: str


@dataclass(frozen=True, slots=True)
class Payment:
    """What the text says of a payment: a rule, in words, and where it was read."""

    rule: dict[str, Any]
    shown: str
    quoted: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is said after a text was read."""

    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Proposals by field, and what the text says of payments."""

    offers: Mapping[str, Sequence[Offer]] = field(default_factory=dict)
    payments: Sequence[Payment] = ()
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
            return cls(offers, [_payment(dict(rule), str(quoted)[:500]) for rule, quoted in told["payments"]])
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
            return cls()

    @property
    def kept_as(self) -> str:
        """For a field of the form."""
        if not self.offers and not self.payments:
            return ""
        offers = {name: [list(asdict(each).values()) for each in some] for name, some in self.offers.items()}
        payments = [(each.rule, each.quoted) for each in self.payments]
        return json.dumps({"offers": offers, "payments": payments}, ensure_ascii=False)

    def of(self, name: str) -> Sequence[Offer]:
        """The proposals for a field."""
        return self.offers.get(name, ())

    @property
    def first(self) -> dict[str, str]:
        """Of each field the first proposal."""
        return {name: some[0].value for name, some in self.offers.items() if some}

    def taken(self, asked: str) -> tuple[str, str]:
        """The field and value of `name:number`; nothing of anything else."""
        name, number = _numbered(asked)
        some = self.of(name)
        return (name, some[number].value) if number < len(some) else ("", "")

    def payment(self, asked: str) -> dict[str, Any] | None:
        """The rule of `obligation:number`; None of anything else."""
        name, number = _numbered(asked)
        return self.payments[number].rule if name == OBLIGATION and number < len(self.payments) else None


def _numbered(asked: str) -> tuple[str, int]:
    name, _colon, number = asked.partition(":")
    return (name, int(number)) if number.isdecimal() and len(number) < 4 else ("", 0)


def read_upload(actor: Actor, file: Any) -> Reading:
    """What the file that was sent says; why nothing could be read of it, where nothing could."""
    if file is None:
        return Reading(told=Told("warn", _("请先选择合同文本。")))
    try:
        found = read_contract_upload(actor=actor, content=file, name=file.name or "")
    except DomainError as error:
        return Reading(told=Told("bad", message_of(error)))
    return reading_of(found)


def reading_of(found: Proposals) -> Reading:
    """Proposals of the room as the form shows them."""
    offers: dict[str, list[Offer]] = {}
    for each in found.found:
        if each.field in ContractForm.base_fields:
            offers.setdefault(each.field, []).append(
                Offer(_written(each.value), shown_value(each.field, each.value), each.quoted)
            )
    payments = [_payment(each.value, each.quoted) for each in found.of(OBLIGATION)]
    if not offers and not payments:
        return Reading(told=Told("warn", _("没有从文件中读出合同内容，请手工填写。")))
    words = _("已读出 %(count)s 处内容，填入了空着的栏目；请逐项核对。") % {
        "count": sum(map(len, offers.values())) + len(payments)
    }
    if "amount_fen" in found.disagreements:
        return Reading(offers, payments, Told("bad", words + _("金额的大写和小写不一致，请按合同原件核对。")))
    return Reading(offers, payments, Told("note", words))


def _payment(rule: dict[str, Any], quoted: str) -> Payment:
    share = rule.get("share")
    parts = [str(rule.get("title", "")), terms_words(rule.get("terms") or {})]
    if share:
        parts.append(formats.percent(share))
    return Payment(rule, "　".join(filter(None, parts)), quoted)


def _written(value: Any) -> str:
    """As a field of the form has it: amounts are in yuan there."""
    return written_yuan(value) if isinstance(value, int) else str(value)
