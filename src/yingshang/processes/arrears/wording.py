"""What such an appeal says: the words of `data/wording.yaml` with the figures of the obligation. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.areas.contracts.api import OwnOne
from yingshang.kernel.reference.api import parse_yaml

from .errors import InvalidWording

_NEEDED = ("title", "body", "late", "interest", "unit_says_paid", "note", "longest_note", "longest_what")


@dataclass(frozen=True, slots=True)
class Words:
    """Title and text of an appeal."""

    title: str
    body: str


@cache
def wording() -> dict[str, Any]:
    """The data file; do not change the result. Raises InvalidWording."""
    data = dict(parse_yaml((files(__package__) / "data/wording.yaml").read_text(encoding="utf-8")))
    for name in _NEEDED:
        if name not in data:
            raise InvalidWording(f"wording.yaml has no {name!r}; write it", field=name)
    return data


def words_of(one: OwnOne, note: str = "") -> Words:
    """What is said of an obligation nothing was received of."""
    text, obligation = wording(), one.obligation
    what = obligation.title[: text["longest_what"]]
    fields = {
        "unit": one.contract.agency_name,
        "contract": one.contract.title,
        # With it no two payments have the same words: said twice they would be one appeal.
        "reference": f"（{'，'.join(filter(None, [one.contract.reference, one.contract.number]))}）",
        "what": what,
        "ordinal": obligation.ordinal,
        "due": f"{obligation.due_on:%Y-%m-%d}" if obligation.due_on else "未定",
        "owed": yuan(missing_fen(one)),
    }
    lines = [text["body"].format(**fields)]
    if obligation.late_days:
        lines.append(text["late"].format(days=obligation.late_days))
    if obligation.interest_fen:
        lines.append(text["interest"].format(interest=yuan(obligation.interest_fen)))
    if says_paid(one):
        lines.append(text["unit_says_paid"])
    if note.strip():
        lines.append("\n" + text["note"].format(note=note.strip()))
    return Words(text["title"].format(**fields), "".join(lines))


def missing_fen(one: OwnOne) -> int:
    """What has not come: what is open, or all the unit says it paid, where the enterprise received nothing of it."""
    obligation = one.obligation
    received = obligation.counterparty_said_fen or 0
    if obligation.open_fen or obligation.amount_fen is None:
        return obligation.open_fen
    return max(0, obligation.amount_fen - received)


def says_paid(one: OwnOne) -> bool:
    """Whether the unit says that it paid what the enterprise waits for."""
    return any(
        each.side == "unit" and each.state == "valid" and each.what in ("done", "partial")
        for each in one.obligation.said
    )


def yuan(fen: int) -> str:
    """300,000.00 for 30,000,000 fen."""
    return f"{Decimal(fen) / 100:,.2f}"
