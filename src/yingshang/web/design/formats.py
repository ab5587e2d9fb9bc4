"""How figures and moments are written, in the language of the page. None is never written as a nought."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language

WAN = Decimal(10_000)
HUNDRED_MILLION = Decimal(100_000_000)
_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def english() -> bool:
    """Whether the page is in English."""
    return (get_language() or "").startswith("en")


def number(value: Any, places: int | None = None) -> str:
    """1,234.5; with as many places as asked for, otherwise as the value has."""
    amount = _decimal(value)
    if amount is None:
        return ""
    if places is not None:
        amount = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if places is None and "." in text else text


def money(value: Any) -> str:
    """1,234.56元; CNY 1,234.56."""
    amount = _decimal(value)
    if amount is None:
        return ""
    text = number(amount, 2)
    return f"CNY {text}" if english() else f"{text}元"


def large_money(value: Any) -> str:
    """To be read at a glance: 9,777.12万元, 1.38亿元; CNY 97.77 million. Below ten thousand as `money`."""
    amount = _decimal(value)
    if amount is None:
        return ""
    if abs(amount) < WAN:
        return money(amount)
    if english():
        million = Decimal(1_000_000)
        if abs(amount) < million:
            return f"CNY {number(amount, 0)}"
        return f"CNY {_short(amount / million)} million"
    if abs(amount) < HUNDRED_MILLION:
        return f"{_short(amount / WAN)}万元"
    return f"{_short(amount / HUNDRED_MILLION)}亿元"


def day(value: date | datetime | None) -> str:
    """2026年11月21日; 21 November 2026."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    if english():
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
    return f"{value.year}年{value.month}月{value.day}日"


def ago(value: date | None, today: date) -> str:
    """How long before today, roughly: 今天, 12 天前, 3 个月前, 2 年前; nothing for a day to come."""
    if value is None or value > today:
        return ""
    days = (today - value).days
    if days == 0:
        return "today" if english() else "今天"
    if days == 1:
        return "yesterday" if english() else "昨天"
    if days < 60:
        return f"{days} days ago" if english() else f"{days} 天前"
    if days < 730:
        return f"{days // 30} months ago" if english() else f"{days // 30} 个月前"
    return f"{days // 365} years ago" if english() else f"{days // 365} 年前"


def moment(value: datetime | None) -> str:
    """2026年11月21日 14:05."""
    if value is None:
        return ""
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{day(local)} {local:%H:%M}"


def percent(value: Any, places: int = 1) -> str:
    """12.3% of 0.123."""
    share = _decimal(value)
    return "" if share is None else f"{number(share * 100, places)}%"


def _short(amount: Decimal) -> str:
    text = number(amount, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
