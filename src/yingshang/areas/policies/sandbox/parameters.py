"""The figures of an item that can be moved, and how far. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from yingshang.rules.policy.compile import Parameter, Program

from ..errors import InvalidScenario

LARGEST = Decimal(10) ** 15
MOST_DECIMALS = 8
_RATIOS = ("比值", "比例", "%", "百分比")


@dataclass(frozen=True, slots=True)
class Dial:
    """A parameter of an item, or a number in its text: what it is on the day, and between what a slider moves it.

    `value` None: no figure is in force on the day. `since` and `until` None: the item does not say from when, or until
    when; `dated` says whether it names any day at all. Parameters that are no numbers have no slider. `label` is what
    a number in the text is called by people: the piece of formula it stands in; "" for a parameter, which has a name.
    """

    name: str
    text: str
    unit: str
    source: str
    value: Decimal | None
    words: str
    low: Decimal
    high: Decimal
    step: Decimal
    movable: bool
    dated: bool
    since: date | None
    label: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.label or self.name


def dials_of(program: Program) -> tuple[Dial, ...]:
    """The parameters of an item as of the day of the program, in the order of the document."""
    written = {str(each["name"]): each for each in program.item.data.get("parameters") or ()}
    return tuple(_dial(each, written[each.name]) for each in program.parameters)


def _dial(parameter: Parameter, written: Mapping[str, Any]) -> Dial:
    periods = written.get("values") or ()
    value = parameter.value
    movable = value is None or (isinstance(value, Decimal | int) and not isinstance(value, bool))
    if movable and value is None:
        movable = all(_is_number(each.get("value")) for each in periods)
    figure = Decimal(value) if value is not None and movable else None
    unit = parameter.unit or ""
    low, high, step = _range(figure, unit)
    since = parameter.since
    return Dial(
        name=parameter.name,
        text=str(written.get("text") or ""),
        unit=unit,
        source=str(parameter.source or written.get("source") or ""),
        value=figure,
        words="" if value is None else str(value),
        low=low,
        high=high,
        step=step,
        movable=movable,
        dated=any(each.get("from") or each.get("to") for each in periods),
        since=date(since.year, since.month, since.day) if since else None,
    )


def dial_of(name: str, value: Decimal, unit: str, *, label: str, text: str) -> Dial:
    """A number in the text of an item."""
    low, high, step = _range(value, unit or (_RATIOS[0] if 0 < value < 1 else ""))
    return Dial(name, text, unit, "", value, str(value), low, high, step, True, True, None, label)


def _is_number(value: Any) -> bool:
    return isinstance(value, Decimal | int) and not isinstance(value, bool)


def _range(value: Decimal | None, unit: str) -> tuple[Decimal, Decimal, Decimal]:
    """From nothing to three times the figure in force, ratios to the whole at most; in a hundred steps or more."""
    if not value:
        return (
            Decimal(0),
            (Decimal(1) if unit in _RATIOS else Decimal(100)),
            (Decimal("0.01") if unit in _RATIOS else Decimal(1)),
        )
    low, high = sorted((Decimal(0), 3 * value))
    if unit in _RATIOS and 0 < value <= 1 and unit not in ("%", "百分比"):
        high = min(high, Decimal(1))
    step = Decimal(1).scaleb(value.adjusted() - 1)
    if step > 1 or _decimals(value) == 0:
        step = max(step, Decimal(1)) if abs(value) >= 1 else step
    # The figure in force must be one of the steps, or the slider would move it when it is touched.
    while value % step:
        step = Decimal(1).scaleb(step.adjusted() - 1)
    return low, high.normalize() + 0, step


def _decimals(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))


def figures_from(dials: tuple[Dial, ...], asked: Mapping[str, str]) -> dict[str, Decimal]:
    """The figures that differ from those in force. Raises InvalidScenario, which names the parameter in `field`."""
    found: dict[str, Decimal] = {}
    for each in dials:
        text = asked.get(each.name, "").strip()
        if not text or not each.movable:
            continue
        value = figure(text, each.title)
        if value != each.value:
            found[each.name] = value
    return found


def figure(text: str, name: str) -> Decimal:
    """A number as typed, for what is called `name`. Raises InvalidScenario."""
    try:
        value = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise InvalidScenario(
            f"{name}: {text!r} is no number; write digits, as 0.15 or 20000",
            message_zh=f"“{name}”应填写数字，例如 0.15 或 20000",
            field=name,
        )
    if abs(value) >= LARGEST or _decimals(value) > MOST_DECIMALS:
        raise InvalidScenario(
            f"{name}: a figure has at most 15 digits before and {MOST_DECIMALS} after the point",
            message_zh=f"“{name}”的数值过大或小数位过多：整数部分最多 15 位，小数最多 {MOST_DECIMALS} 位",
            field=name,
        )
    return value.normalize() + 0
