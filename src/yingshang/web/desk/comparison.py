"""Two parties side by side: registration first, then every fact that either has. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.parties.api import FactValue, PartyDetail, PortraitView

Verdict = Literal["same", "different", "one", "neither"]


@dataclass(frozen=True, slots=True)
class Side:
    """One party's value, with where it comes from. Empty text is unknown."""

    text: str
    source: str = ""
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute of both."""

    name: str | Promise
    one: Side
    other: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.one, self.other

    @property
    def verdict(self) -> Verdict:
        """Whether both say the same; what only one knows is no difference."""
        if not self.one.text and not self.other.text:
            return "neither"
        if not self.one.text or not self.other.text:
            return "one"
        return "same" if self.one.text == self.other.text else "different"


def compare(
    one: PartyDetail, other: PartyDetail, first: PortraitView, second: PortraitView
) -> tuple[Line, ...]:
    """Every line of the comparison; different ones come first, then what one alone knows, then the same."""
    lines = [
        Line(name, Side(_text(getattr(one, field))), Side(_text(getattr(other, field))))
        for name, field in (
            (_("名称"), "name"),
            (_("统一社会信用代码"), "credit_code"),
            (_("所在区划"), "region_full_name"),
            (_("行业"), "industry_name"),
            (_("成立日期"), "established_on"),
            (_("登记状态"), "status"),
            (_("登记联系邮箱"), "contact_email"),
            (_("登记联系电话"), "contact_phone"),
        )
    ]
    known = {each.column: each for each in first.facts}
    known_of_other = {each.column: each for each in second.facts}
    labels = {each.column: each.label for each in (*first.facts, *second.facts)}
    facts = [
        Line(label, _side(known.get(column)), _side(known_of_other.get(column)))
        for column, label in labels.items()
    ]
    order = {"different": 0, "one": 1, "same": 2, "neither": 3}
    facts.sort(key=lambda line: order[line.verdict])
    return (*lines, *facts)


def _side(fact: FactValue | None) -> Side:
    return Side("") if fact is None else Side(fact.text, fact.source, fact.as_of.isoformat())


def _text(value: object) -> str:
    return "" if value is None else str(value)
