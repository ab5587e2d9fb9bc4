"""Bars, intervals and axes as small inline SVG. Lengths are percentages: they fit a telephone and a sheet of paper.

Each is a picture of figures that stand beside it in the same table row, so it is hidden from screen readers. What is
not known is hatched, not only coloured.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor

from markupsafe import Markup

from yingshang.web.reports.words import Words, short_sum_of_money

LEAST_VISIBLE = 0.4
"""Per cent of the width: something is never drawn as nothing."""


def _length(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") + "%"


def _rectangle(start: float, width: float, style: str) -> str:
    return f'<rect class="{style}" x="{_length(start)}" width="{_length(width)}" height="100%"/>'


def _line(at: float, style: str) -> str:
    return f'<line class="{style}" x1="{_length(at)}" x2="{_length(at)}" y1="0" y2="100%"/>'


def _picture(parts: Iterable[str], style: str = "bar") -> Markup:
    return Markup(f'<svg class="{style}" aria-hidden="true" focusable="false">{"".join(parts)}</svg>')


def stacked_bar(parts: Sequence[tuple[str, int]], whole: int | None = None) -> Markup:
    """Parts of a whole from left to right; each part that is something is visible."""
    total = whole if whole is not None else sum(value for _, value in parts)
    if total <= 0:
        return _picture(())
    shares = [
        (style, max(100 * value / total, LEAST_VISIBLE) if value > 0 else 0.0) for style, value in parts
    ]
    drawn = sum(share for _, share in shares)
    if drawn > 100:
        style, largest = max(shares, key=lambda part: part[1])
        shares[shares.index((style, largest))] = (style, largest - (drawn - 100))
    rectangles, start = [], 0.0
    for style, share in shares:
        if share > 0:
            rectangles.append(_rectangle(start, share, style))
            start += share
    return _picture(rectangles)


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale with round ticks, from the least to the most of what is drawn, zero always included."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]

    @staticmethod
    def over(values: Iterable[Decimal], intervals: int = 4) -> Scale:
        """The scale that holds all the values."""
        present = [Decimal(0), *values]
        low, high = min(present), max(present)
        if low == high:
            return Scale(Decimal(0), Decimal(1), (Decimal(0),))
        rough = (high - low) / intervals
        power = Decimal(1).scaleb(rough.adjusted())
        step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough)
        first, last = floor(low / step), ceil(high / step)
        return Scale(first * step, last * step, tuple(step * place for place in range(first, last + 1)))

    def place(self, value: Decimal) -> float:
        """Where a value lies, in per cent of the width."""
        return float(100 * (value - self.low) / (self.high - self.low))

    def grid(self) -> list[str]:
        """Faint lines at the ticks, a firmer one at zero."""
        return [_line(self.place(tick), "grid" if tick else "zero") for tick in self.ticks]


def money_axis(scale: Scale) -> Markup:
    """The ticks of a scale of money, in both languages."""
    return _axis(scale, [short_sum_of_money(tick) for tick in scale.ticks])


def count_axis(scale: Scale) -> Markup:
    """The ticks of a scale of counts to either side of zero."""
    # Half a subject is no tick: it keeps its line and goes without a number.
    texts = [f"{abs(tick):,.0f}" if tick == tick.to_integral_value() else "" for tick in scale.ticks]
    return _axis(scale, [Words(text, text) for text in texts])


def _axis(scale: Scale, labels: Sequence[Words]) -> Markup:
    texts = []
    for place, (tick, label) in enumerate(zip(scale.ticks, labels, strict=True)):
        anchor = "start" if place == 0 else "end" if place == len(labels) - 1 else "middle"
        kind = f"tick{' between' if place % 2 else ''}"
        for language in ("zh", "en"):
            word = label.chinese if language == "zh" else label.english
            texts.append(
                Markup('<text class="{} {}" x="{}" y="12" text-anchor="{}">{}</text>').format(
                    kind, language, _length(scale.place(tick)), anchor, word
                )
            )
    return _picture(texts, "axis")


def interval_bar(
    certain: Decimal, possible: Decimal, scale: Scale, *, budget: Decimal | None = None, style: str = "money"
) -> Markup:
    """Solid up to what is certain, hatched up to what is possible, and the budget as a line."""
    zero, solid, end = scale.place(Decimal(0)), scale.place(certain), scale.place(max(certain, possible))
    parts = scale.grid()
    if certain > 0:
        parts.append(_rectangle(zero, max(solid - zero, LEAST_VISIBLE), style))
    if possible > certain:
        parts.append(_rectangle(solid, max(end - solid, LEAST_VISIBLE), f"{style} open"))
    if budget is not None and budget <= scale.high:
        parts.append(_line(scale.place(budget), "limit"))
    return _picture(parts)


def step_bar(start: Decimal, end: Decimal, scale: Scale, *, total: bool = False) -> Markup:
    """One step of a waterfall, from where the last one ended."""
    left, right = sorted((scale.place(start), scale.place(end)))
    style = "net" if total else "money" if end > start else "before"
    width = max(right - left, LEAST_VISIBLE)
    parts = [
        *scale.grid(),
        _rectangle(min(left, 100 - width), width, style),
        _line(scale.place(end), "carry"),
    ]
    return _picture(parts if start != end else scale.grid())


def diverging_bar(left: Sequence[tuple[str, int]], right: Sequence[tuple[str, int]], scale: Scale) -> Markup:
    """Losses to the left of zero and gains to the right, nearest first."""
    parts, zero = scale.grid(), scale.place(Decimal(0))
    start = zero
    for style, value in left:
        if value > 0:
            width = max(zero - scale.place(Decimal(-value)), LEAST_VISIBLE)
            start -= width
            parts.append(_rectangle(start, width, style))
    start = zero
    for style, value in right:
        if value > 0:
            width = max(scale.place(Decimal(value)) - zero, LEAST_VISIBLE)
            parts.append(_rectangle(start, width, style))
            start += width
    return _picture(parts)
