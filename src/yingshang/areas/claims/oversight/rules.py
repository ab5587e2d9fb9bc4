"""The rules of money asked back, `data/recovery.yaml`, and how a recovery stands by them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils import timezone

from yingshang.kernel.reference.api import (
    LendingRate,
    Paid,
    Standing,
    one_year_lending_rates,
    parse_yaml,
    standing,
)

from ..models import Recovery, Repayment


@cache
def recovery_rules() -> dict[str, Any]:
    """`data/recovery.yaml`, read once; a series that is the platform's is filled in."""
    text = (files("yingshang.areas.claims") / "data/recovery.yaml").read_text(encoding="utf-8")
    rules = dict(parse_yaml(text))
    for each in rules["rates"]:
        if each["series"] == "lpr_1y":
            each["series"] = [_entry(rate) for rate in one_year_lending_rates()]
    return rules


def _entry(rate: LendingRate) -> dict[str, str]:
    entry = {"from": rate.since.isoformat(), "rate": f"{rate.rate:.6f}", "source": rate.source}
    return entry | ({"review_on": rate.review_on.isoformat()} if rate.review_on else {})


def standing_of(row: Recovery, repayments: Sequence[Repayment], *, until: date) -> Standing:
    """How a recovery stands on a day. Raises Overpaid."""
    since = row.interest_from or timezone.localdate(row.demanded_at)
    return standing(
        row.principal_fen,
        rates=rates_of(row),
        since=since,
        until=max(until, since),
        # How a repayment was divided when it was noted is settled: the books say so.
        paid=[
            Paid(each.paid_on, each.amount_fen, each.interest_fen if each.pk else None) for each in repayments
        ],
        order=row.order,
        days_in_year=int(recovery_rules()["days_in_year"]),
    )


def entry_of(code: str, day: date) -> dict[str, Any] | None:
    """The entry of a series that holds on a day; None where there is none."""
    entries = [each for each in _series(code) if each["from"] <= day.isoformat()]
    return entries[-1] if entries else None


def rates_of(row: Recovery) -> list[tuple[date, Decimal]]:
    """The rates a recovery follows, each from its day."""
    return [(date.fromisoformat(each["from"]), Decimal(each["rate"])) for each in _series(row.rate_code)]


def unconfirmed_from(row: Recovery, *, until: date) -> date | None:
    """From when on its interest until a day is at a rate that may have been replaced since; None where it is known."""
    last = next(iter(_series(row.rate_code)[-1:]), None)
    if last is None or "review_on" not in last:
        return None
    review = max(date.fromisoformat(last["review_on"]), row.interest_from or date.min)
    return review if until >= review else None


def _series(code: str) -> list[dict[str, Any]]:
    found = next((each for each in recovery_rules()["rates"] if each["code"] == code), None)
    return sorted(found["series"], key=lambda each: str(each["from"])) if found else []
