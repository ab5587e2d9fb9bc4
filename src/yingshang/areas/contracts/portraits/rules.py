"""The rules of portraits: `data/portraits.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files

from yingshang.kernel.clock.api import Term
from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class Stretch:
    """How late something is: up to so many days; the last stretch has no end."""

    code: str
    name: str
    name_en: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """A published level, and the conditions of it; what is missing is none."""

    code: str
    name: str
    name_en: str
    tone: str = ""
    rate: Decimal | None = None
    by_amount: Decimal | None = None
    late_open_days: int | None = None


@dataclass(frozen=True, slots=True)
class PortraitRules:
    """All of them."""

    version: str
    months: int
    minimum: int
    peers: int
    stretches: tuple[Stretch, ...]
    levels: tuple[Level, ...]
    unknown: Level
    objection_days: int
    objection: Term
    repair_after_days: int
    repair: Term
    ladder: str
    publish_after_quarter_days: int | None = None

    def stretch_of(self, days: int) -> Stretch:
        """The stretch of so many days late."""
        return next(each for each in self.stretches if each.until is None or days <= each.until)

    def level(self, code: str) -> Level:
        """The level with this code; the unknown one for a code that is none any more."""
        return next((each for each in self.levels if each.code == code), self.unknown)

    def quarter_to_publish(self, today: date) -> date | None:
        """The last day of the newest quarter whose portraits are to be there today; None where none are by themselves.

        >>> [portrait_rules().quarter_to_publish(date(2026, 10, day)) for day in (19, 20)]
        [datetime.date(2026, 6, 30), datetime.date(2026, 9, 30)]
        """
        if self.publish_after_quarter_days is None:
            return None
        day = today - timedelta(days=self.publish_after_quarter_days - 1)
        return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1) - timedelta(days=1)

    def since(self, until: date) -> date:
        """The first day of the time a portrait until this day is of."""
        months = until.year * 12 + until.month - 1 - self.months
        first = date(months // 12, months % 12 + 1, 1)
        last = (date(first.year + first.month // 12, first.month % 12 + 1, 1) - first).days
        return date.fromordinal(first.replace(day=min(until.day, last)).toordinal() + 1)


@cache
def portrait_rules() -> PortraitRules:
    """What the file says."""
    text = (files("yingshang.areas.contracts") / "data/portraits.yaml").read_text(encoding="utf-8")
    data = dict(parse_yaml(text))
    return PortraitRules(
        version=str(data["metadata"]["version"]),
        months=int(data["months"]),
        minimum=int(data["minimum"]),
        peers=int(data["peers"]),
        stretches=tuple(Stretch(**each) for each in data["stretches"]),
        levels=tuple(
            Level(
                **{
                    **each,
                    **{key: Decimal(each[key]) for key in ("rate", "by_amount") if key in each},
                }
            )
            for each in data["levels"]
        ),
        unknown=Level(**data["unknown"]),
        objection_days=int(data["objection_days"]),
        objection=Term.from_dict(data["objection"]),
        repair_after_days=int(data["repair_after_days"]),
        repair=Term.from_dict(data["repair"]),
        ladder=str(data["ladder"]),
        publish_after_quarter_days=data.get("publish_after_quarter_days"),
    )
