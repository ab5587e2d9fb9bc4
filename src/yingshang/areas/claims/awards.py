"""What an award is made of: instalments, and who bears how much of each. Pure: a decision in, fen out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.reference.api import parse_yaml
from yingshang.rules.policy.decide import Decision, Outcome

from .errors import InvalidTerms, NotEntitled


@dataclass(frozen=True, slots=True)
class Part:
    """One instalment of an award. `waiting`: its condition, or the day it can be paid, is still to come."""

    code: str
    text: str
    amount_fen: int
    waiting: bool = False
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What one level of government bears of an award: its weight among the others (fen of the whole)."""

    level: str
    weight: int


@dataclass(frozen=True, slots=True)
class Award:
    """An award in fen. `parts` make up the amount; `shares` is empty where one budget bears it all."""

    amount_fen: int
    parts: tuple[Part, ...]
    shares: tuple[Share, ...] = ()


def award_of(decision: Decision) -> Award:
    """The award a decision comes to. Raises NotEntitled where its amount is not known to the fen, or is nothing."""
    value = decision.amount.value if decision.amount else None
    if value is None:
        raise NotEntitled(
            "the amount is not known to the fen yet; supply what is missing first",
            message_zh="金额尚不能确定，请先补充缺少的数据",
            missing=list(decision.amount.missing if decision.amount else decision.missing),
        )
    amount = fen(value)
    if amount <= 0:
        raise NotEntitled("the amount comes to nothing", message_zh="按条件测算的金额为 0 元")
    return Award(amount, _parts(decision, amount), _shares(decision))


def plain_award(amount_fen: int) -> Award:
    """An award in one payment, borne by one budget."""
    return Award(amount_fen, (Part("", "", amount_fen),))


def _parts(decision: Decision, amount: int) -> tuple[Part, ...]:
    parts = [
        Part(
            each.id,
            each.text[:200],
            fen(each.amount),
            waiting=each.due is not Outcome.TRUE or each.payable is not Outcome.TRUE,
            condition=(each.after or "")[:400],
        )
        for each in decision.payments
        if each.due is not Outcome.FALSE and each.amount
    ]
    if not parts:
        return (Part("", "", amount),)
    return tuple(parts)


def _shares(decision: Decision) -> tuple[Share, ...]:
    found: dict[str, int] = {}
    for payer, amount in decision.shares:
        level = level_of(payer)
        found[level] = found.get(level, 0) + fen(amount)
    return tuple(Share(level, weight) for level, weight in found.items() if weight)


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount in whole fen in proportion to weights, the largest remainders rounded up; it adds up exactly.

    >>> split(100, [1, 1, 1])
    [34, 33, 33]
    """
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("weights must add up to more than nothing")
    exact = [amount * weight for weight in weights]
    parts = [each // whole for each in exact]
    order = sorted(range(len(weights)), key=lambda place: (-(exact[place] % whole), place))
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def cut(award: Award, amount_fen: int) -> Award:
    """An award of less: every part in proportion, borne by the same levels. Raises ValueError for more, or nothing."""
    if not 0 < amount_fen <= award.amount_fen:
        raise ValueError(f"{amount_fen} fen are not between nothing and {award.amount_fen}")
    sums = split(amount_fen, [part.amount_fen for part in award.parts])
    parts = tuple(replace(part, amount_fen=fen) for part, fen in zip(award.parts, sums, strict=True) if fen)
    return Award(amount_fen, parts, award.shares)


def fen(yuan: Decimal) -> int:
    """Yuan as whole fen. Raises ValueError where something would be lost."""
    hundredfold = yuan * 100
    if hundredfold != hundredfold.to_integral_value():
        raise ValueError(f"{yuan} yuan is no whole number of fen")
    return int(hundredfold)


@cache
def levels() -> tuple[dict[str, Any], ...]:
    """The levels of `data/levels.yaml`, highest first."""
    text = (files(__package__) / "data/levels.yaml").read_text(encoding="utf-8")
    return tuple(parse_yaml(text)["levels"])


def level_of(payer: str) -> str:
    """The level of government that a share's payer means. Raises InvalidTerms."""
    found = [(len(word), each["code"]) for each in levels() for word in each["words"] if str(word) in payer]
    if not found:
        raise InvalidTerms(
            f"nobody knows which level of government {payer!r} is; add the word to levels.yaml",
            message_zh=f"不能识别负担方“{payer}”属于哪一级财政，请在 levels.yaml 中补充",
            field="shares",
        )
    return str(max(found)[1])
