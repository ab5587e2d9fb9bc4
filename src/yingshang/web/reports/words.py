"""The same sentence in Chinese and in English, and figures as people of either language write them.

Everything here is escaped: what comes from data is text, whatever it looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import urlsplit

from markupsafe import Markup, escape

NOTHING = "—"
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Words:
    """One thing said in two languages. Printed in a template it becomes both, and the style sheet shows one of them."""

    chinese: str
    english: str

    def __html__(self) -> Markup:
        if self.chinese == self.english:
            return escape(self.chinese)
        both = Markup('<span class="zh">{}</span><span class="en" lang="en">{}</span>')
        return both.format(self.chinese, self.english)

    def plain(self) -> Words:
        """The same words without markup, for places that hold text only."""
        return Words(Markup(escape(self.chinese)).striptags(), Markup(escape(self.english)).striptags())


def say(chinese: str, english: str, **values: object) -> Words:
    """A sentence in both languages; `{name}` is replaced by the value, escaped, in the language of the sentence."""
    if not values:
        return Words(chinese, english)
    in_chinese = {key: value.chinese if isinstance(value, Words) else value for key, value in values.items()}
    in_english = {key: value.english if isinstance(value, Words) else value for key, value in values.items()}
    return Words(Markup(chinese).format(**in_chinese), Markup(english).format(**in_english))


def enumerate_words(parts: Iterable[Words | str]) -> Words:
    """Parts one after another, with the comma of each language."""
    listed = [part if isinstance(part, Words) else Words(part, part) for part in parts]
    return Words(
        Markup("、").join(part.chinese for part in listed), Markup(", ").join(part.english for part in listed)
    )


def number(value: int | Decimal | None) -> str:
    """`1234567` as `1,234,567`; nothing known is a dash, never a zero."""
    return NOTHING if value is None else f"{value:,}"


def counted(value: int, measure: str, singular: str, plural: str | None = None) -> Words:
    """A count with its Chinese measure word and its English noun: 3 户, 3 subjects."""
    noun = singular if value == 1 else (plural or singular + "s")
    return Words(f"{number(value)} {measure}", f"{number(value)} {noun}")


def _significant(value: Decimal) -> str:
    """Four significant digits at most, and never fewer than the whole part has."""
    places = 2 if abs(value) < 100 else 1 if abs(value) < 1000 else 0
    text = f"{value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP):,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scaled(value: Decimal, units: Sequence[tuple[Decimal, str]]) -> tuple[str, str]:
    """The value in the largest unit in which it is at least one after rounding, and that unit."""
    for size, unit in units:
        scaled = value / size
        if abs(scaled) >= Decimal("0.99995"):
            return _significant(scaled), unit
    return exact(value if abs(value) < 10_000 else value.quantize(Decimal(1), rounding=ROUND_HALF_UP)), ""


CHINESE_UNITS = ((Decimal(100_000_000), "亿"), (Decimal(10_000), "万"))
ENGLISH_UNITS = ((Decimal(1_000_000_000), " billion"), (Decimal(1_000_000), " million"))
FIGURE = Markup('<data class="figure" value="{}" title="{}">{}</data>')


def exact(value: Decimal) -> str:
    """Yuan to the fen; the fen are left out where there are none."""
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


def sum_of_money(value: Decimal | None, *, signed: bool = False) -> Words:
    """Yuan as 元, 万元 or 亿元, in English as CNY; the exact figure to the fen appears when pointed at."""
    if value is None:
        return say("未知", "unknown")
    size = abs(value)
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    chinese, unit = _scaled(size, CHINESE_UNITS)
    english, magnitude = _scaled(size, ENGLISH_UNITS)
    return _figure(value, sign, f"{sign}{chinese} {unit}元", f"{sign}CNY {english}{magnitude}")


def short_sum_of_money(value: Decimal) -> Words:
    """The same for the ticks of an axis, in plain text; the English leaves out the currency."""
    sign = "−" if value < 0 else ""
    chinese, unit = _scaled(abs(value), CHINESE_UNITS)
    english, magnitude = _scaled(abs(value), ENGLISH_UNITS)
    return Words(f"{sign}{chinese} {unit}元", f"{sign}{english}{magnitude}")


def _figure(value: Decimal, sign: str, chinese: str, english: str) -> Words:
    """A rounded figure that carries the exact one."""
    size = abs(value)
    return Words(
        FIGURE.format(f"{value:.2f}", f"{sign}{size:,.2f} 元", chinese),
        FIGURE.format(f"{value:.2f}", f"{sign}CNY {size:,.2f}", english),
    )


def interval(certain: Decimal, possible: Decimal) -> Words:
    """What is certainly owed up to what may be owed; one figure or one unit where both share it."""
    if certain == possible:
        return sum_of_money(certain)
    low, high = sum_of_money(certain), sum_of_money(possible)
    chinese, unit = _scaled(certain, CHINESE_UNITS)
    english, magnitude = _scaled(certain, ENGLISH_UNITS)
    top_chinese, top_unit = _scaled(possible, CHINESE_UNITS)
    top_english, top_magnitude = _scaled(possible, ENGLISH_UNITS)
    if (chinese, unit) == (top_chinese, top_unit) or (english, magnitude) == (top_english, top_magnitude):
        chinese, unit, top_chinese, top_unit = exact(certain), "", exact(possible), ""
        english, magnitude, top_english, top_magnitude = exact(certain), "", exact(possible), ""
        low = _figure(certain, "", f"{chinese} 元", f"CNY {english}")
        high = _figure(possible, "", f"{top_chinese} 元", f"CNY {top_english}")
    short_low = _figure(certain, "", chinese, f"CNY {english}")
    short_high = _figure(possible, "", f"{top_chinese} {top_unit}元", f"{top_english}{top_magnitude}")
    range_chinese = Markup('<span class="range">{} ～ {}</span>')
    range_english = Markup('<span class="range">{} – {}</span>')
    same_unit, same_magnitude = not certain or unit == top_unit, not certain or magnitude == top_magnitude
    return Words(
        range_chinese.format(short_low.chinese if same_unit else low.chinese, high.chinese),
        range_english.format(
            short_low.english if same_magnitude else low.english,
            short_high.english if same_magnitude else high.english,
        ),
    )


def percent(part: int, whole: int) -> str:
    """A share in per cent with one decimal; something is never shown as nothing, nor nearly all as all."""
    if whole <= 0:
        return NOTHING
    share = Decimal(part) * 100 / Decimal(whole)
    if 0 < share < Decimal("0.1"):
        return "<0.1%"
    if Decimal("99.9") < share < 100:
        return ">99.9%"
    text = f"{share.quantize(Decimal('0.1'), rounding=ROUND_HALF_UP)}"
    return f"{text.removesuffix('.0') if share in (0, 100) else text}%"


def rate(value: Decimal) -> Words:
    """Decisions a second, in round figures."""
    chinese, unit = _scaled(value, CHINESE_UNITS)
    english, magnitude = _scaled(value, ENGLISH_UNITS)
    return Words(f"{chinese} {unit}次/秒", f"{english}{magnitude} per second")


def day(text: str) -> Words:
    """An ISO date as people write it; anything else stays as it is."""
    try:
        value = date.fromisoformat(text)
    except ValueError:
        return Words(text, text)
    return Words(
        f"{value.year}年{value.month}月{value.day}日", f"{value.day} {MONTHS[value.month - 1]} {value.year}"
    )


def safe_address(text: str | None) -> str | None:
    """A web address that may become a link; nothing else may, least of all a script."""
    if not text:
        return None
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return None
    return text.strip() if parts.scheme in ("http", "https") and parts.netloc else None
