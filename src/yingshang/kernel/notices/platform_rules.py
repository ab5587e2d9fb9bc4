"""Quiet hours, and how long messages are kept: the platform's data, and what a person has chosen instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils import timezone

from yingshang.kernel.reference.api import parse_yaml

from .models import Preference, Rules


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of the day until another, over midnight when the second is the earlier one."""

    start: time
    end: time

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies within them, by the platform's clock."""
        now = timezone.localtime(moment).time()
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end

    def after(self, moment: datetime) -> datetime:
        """The moment itself, or the end of the quiet hours it lies in."""
        if not self.holds(moment):
            return moment
        local = timezone.localtime(moment)
        end = local.replace(hour=self.end.hour, minute=self.end.minute, second=self.end.second, microsecond=0)
        return end if end > local else end + timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class PlatformRules:
    """What counts for everybody. `keep_days` is by "in_app", "outside" and "reports"."""

    quiet: QuietHours | None
    keep_days: dict[str, int]
    changed_at: datetime | None = None
    changed_by_name: str = ""


@cache
def default_rules() -> PlatformRules:
    """The rules of the data file."""
    data: dict[str, Any] = parse_yaml((files(__package__) / "data/rules.yaml").read_text(encoding="utf-8"))
    hours = data["quiet_hours"]
    quiet = (
        QuietHours(time.fromisoformat(hours["from"]), time.fromisoformat(hours["until"])) if hours else None
    )
    return PlatformRules(quiet, dict(data["keep_days"]))


def platform_rules() -> PlatformRules:
    """The rules in force."""
    row = Rules.objects.first()
    if row is None:
        return default_rules()
    quiet = QuietHours(row.quiet_from, row.quiet_until) if row.quiet_from and row.quiet_until else None
    return PlatformRules(
        quiet, {**default_rules().keep_days, **row.keep_days}, row.changed_at, row.changed_by_name
    )


def quiet_hours_of(preference: Preference | None, rules: PlatformRules) -> QuietHours | None:
    """The quiet hours that count for somebody."""
    if preference is None or preference.quiet == Preference.PLATFORM:
        return rules.quiet
    if preference.quiet == Preference.OWN and preference.quiet_from and preference.quiet_until:
        return QuietHours(preference.quiet_from, preference.quiet_until)
    return None


def not_in(quiet: QuietHours | None, moment: datetime, expires_at: datetime | None = None) -> datetime:
    """When a message may go that could go at this moment.

    What would be out of date by the end of the quiet hours is not held back: a message late at night is better
    than none.
    """
    end = moment if quiet is None else quiet.after(moment)
    return moment if expires_at is not None and end >= expires_at else end
