"""What is due, across every room: the registry that the workbench's home is made from.

A room (or this face, for rooms of the kernel that know no deadlines) registers a *provider*: a function that is given
the actor and the time, and answers with what that actor has to do. It puts the actor's scope into its own query and
answers with at most `LIMIT` items, those due first, and the number there are in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import OutsideCalendar, calendar_of_region, national

Colour = Literal["overdue", "today", "soon", "later", "open"]

LIMIT = 500
SOON_WORKING_DAYS = 3
"""Due within so many working days is soon."""


@dataclass(frozen=True, slots=True)
class ColourName:
    """How a clock colour is told without colour: a word and an icon."""

    code: Colour
    name: str | Promise
    icon: str


COLOURS: tuple[ColourName, ...] = (
    ColourName("overdue", _("已超期"), "clock-exclamation"),
    ColourName("today", _("今天到期"), "clock-exclamation"),
    ColourName("soon", _("即将到期"), "clock"),
    ColourName("later", _("以后到期"), "clock-check"),
    ColourName("open", _("无期限"), "clock-pause"),
)


@dataclass(frozen=True, slots=True)
class DueItem:
    """One thing somebody has to do. `due_on` is None where no rule sets a deadline; `since` is when it began."""

    kind: str
    title: str
    url: str
    since: date
    due_on: date | None = None
    detail: str = ""
    region_code: str = ""
    region_name: str = ""
    agency_id: int | None = None
    agency_name: str = ""
    derivation: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a provider answers: at most LIMIT items, and the number there are."""

    items: Sequence[DueItem]
    total: int


@dataclass(frozen=True, slots=True)
class Provider:
    """A kind of work: its name, what one must be allowed to do to have it, and where it comes from."""

    kind: str
    name: str | Promise
    permissions: tuple[str, ...]
    load: Callable[[Actor, datetime], Delivered]


_providers: dict[str, Provider] = {}


def register(provider: Provider) -> None:
    """Make a kind of work known. Repeating is harmless."""
    _providers[provider.kind] = provider


def providers_for(actor: Actor) -> tuple[Provider, ...]:
    """The kinds of work an actor may have."""
    return tuple(
        provider
        for provider in _providers.values()
        if any(actor.may(permission) for permission in provider.permissions)
    )


@dataclass(frozen=True, slots=True)
class DueRow:
    """An item with its colour and how many working days are left (negative: past)."""

    item: DueItem
    kind_name: str
    colour: Colour
    working_days: int | None

    @property
    def days_over(self) -> int:
        """Working days past the due date, at least one once it is past."""
        return max(1, -(self.working_days or 0))

    @property
    def title(self) -> str:
        return self.item.title

    @property
    def due_on(self) -> date | None:
        return self.item.due_on

    @property
    def since(self) -> date:
        return self.item.since

    @property
    def region_name(self) -> str:
        return self.item.region_name

    @property
    def agency_name(self) -> str:
        return self.item.agency_name

    @property
    def colour_name(self) -> ColourName:
        return next(each for each in COLOURS if each.code == self.colour)

    @property
    def urgency(self) -> tuple[int, date, str]:
        """What comes first: overdue before today before soon, and within these the earlier."""
        order = next(number for number, each in enumerate(COLOURS) if each.code == self.colour)
        return order, self.item.due_on or self.item.since, self.item.title


@dataclass(frozen=True, slots=True)
class Due:
    """Everything due for one actor, most urgent first. `cut` names the kinds of which only the first are here."""

    rows: tuple[DueRow, ...]
    total: int
    cut: tuple[str, ...] = field(default=())

    def count(self, colour: str) -> int:
        """How many rows have one colour."""
        return sum(row.colour == colour for row in self.rows)


def due_for(actor: Actor, *, now: datetime) -> Due:
    """What an actor has to do, over all kinds of work they may have."""
    today = timezone.localdate(now)
    rows: list[DueRow] = []
    total, cut = 0, []
    for provider in providers_for(actor):
        delivered = provider.load(actor, now)
        total += delivered.total
        if delivered.total > len(delivered.items):
            cut.append(str(provider.name))
        rows += _coloured(delivered.items, str(provider.name), today)
    rows.sort(key=lambda row: row.urgency)
    return Due(tuple(rows), total, tuple(cut))


def _coloured(items: Iterable[DueItem], kind_name: str, today: date) -> Iterable[DueRow]:
    for item in items:
        left = None if item.due_on is None else working_days_left(item.due_on, today, item.region_code)
        yield DueRow(item, kind_name, colour_of(item.due_on, today, left), left)


def working_days_left(due_on: date, today: date, region_code: str = "") -> int | None:
    """Working days from today until a due date by the region's calendar, negative once it is past.

    None where the calendar does not reach.
    """
    calendar = calendar_of_region(region_code) if region_code else national()
    try:
        return calendar.working_days_between(today, due_on)
    except OutsideCalendar:
        return None


def colour_of(due_on: date | None, today: date, working_days: int | None) -> Colour:
    """The clock colour of a due date that is `working_days` away."""
    if due_on is None:
        return "open"
    if due_on < today:
        return "overdue"
    if due_on == today:
        return "today"
    return "soon" if working_days is not None and working_days <= SOON_WORKING_DAYS else "later"
