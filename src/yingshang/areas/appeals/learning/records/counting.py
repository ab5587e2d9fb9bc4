"""What a month's record says of each agency, worked out of what happened. Nothing is written here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from yingshang.kernel.clock.api import deadlines_of_many, get_deadlines
from yingshang.kernel.ratings.api import bad_ratings

from ...models import Appeal, Contact, Holding, LeadersListEntry, Reply, SupervisionNotice
from ...rating.kind import KIND as RATED
from ...supervising.actions.issue_notice import NOTICES
from ..lateness import RUNNING
from ..periods import Period

_AT_ONCE = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Against:
    """One thing that speaks against an agency; `clock` is the one that broke, where one did."""

    figure: str
    appeal_id: int
    at: datetime
    clock: int | None = None


@dataclass(slots=True)
class Counted:
    """What a month comes to for one agency."""

    received: set[int] = field(default_factory=set)
    parties: set[int] = field(default_factory=set)
    answered: dict[int, float] = field(default_factory=dict)
    # The appeal of each clock that was kept.
    kept: dict[int, int] = field(default_factory=dict)
    contacted_in_time: set[int] = field(default_factory=set)
    against: list[Against] = field(default_factory=list)

    def of(self, figure: str) -> set[int]:
        """The appeals of a figure that speaks against it."""
        return {each.appeal_id for each in self.against if each.figure == figure}

    @property
    def answered_in_time(self) -> set[int]:
        """The appeals it answered in time."""
        return set(self.kept.values())

    @property
    def due(self) -> int:
        """How many terms ended here, met or broken: clocks, as the lines against it are. An appeal that was opened
        again has two.
        """
        broken = [each.clock for each in self.against if each.figure == "late"]
        return len(self.kept.keys() - set(broken)) + len(broken)

    @property
    def contacts_due(self) -> int:
        """How many first contacts were to be made by then, likewise."""
        broken = [each.appeal_id for each in self.against if each.figure == "contact_late"]
        return len(self.contacted_in_time - set(broken)) + len(broken)


def count_month(period: Period, *, now: datetime) -> Mapping[int, Counted]:
    """Agency → what the month comes to, as it is known now."""
    found: dict[int, Counted] = defaultdict(Counted)
    _received(period, found)
    _answered(period, found, now)
    _contacted(period, found)
    moments = [*_late(period, now), *_contacted_late(period, now), *_listed(period)]
    for each, agency in _held(moments):
        found[agency].against.append(each)
    known = (*_bounced(period), *_noticed(period, now), *_reopened(period), *_rated_badly(period))
    for agency, each in known:
        found[agency].against.append(each)
    return found


def _received(period: Period, found: dict[int, Counted]) -> None:
    rows = Holding.objects.filter(since__gte=period.starts, since__lt=period.ends).exclude(
        began_by="reopened"
    )
    shown = rows.order_by().values_list("agency", "appeal", "appeal__party", "appeal__anonymous", "ended_by")
    for agency, appeal, party, anonymous, ended in shown:
        found[agency].received.add(appeal)
        # Results are published of so many enterprises that stand behind them under their name; not of those whose
        # appeal was sent back.
        if party is not None and not anonymous and ended != "bounced":
            found[agency].parties.add(party)


def _answered(period: Period, found: dict[int, Counted], now: datetime) -> None:
    """Replies of the month. One that was opened again is answered from then on, by a clock of its own; and it is
    answered, and a clock kept, once, by the first reply to it, whatever is said afterwards.
    """
    rows = Reply.objects.filter(state="sent", sent_at__gte=period.starts, sent_at__lt=period.ends)
    shown = rows.order_by("sent_at", "pk").values_list(
        "agency",
        "appeal",
        "sent_at",
        "appeal__submitted_at",
        "appeal__late",
        "appeal__deadline_id",
        "appeal__reopened_deadline_id",
    )
    for block in _blocks(shown.iterator(chunk_size=2000)):
        numbers = {row[1] for row in block}
        views = get_deadlines((each for row in block for each in row[5:] if each), now=now)
        opened, replied = _moments(numbers)
        for agency, appeal, sent, said, late, *clocks in block:
            assert sent is not None
            rounds = [each for each in opened[appeal] if each <= sent]
            since = rounds[-1] if rounds else said
            if any(since <= each < sent for each in replied[appeal]):
                continue
            found[agency].answered.setdefault(appeal, (sent - since).total_seconds() / 3600)
            # Of several openings only the clock of the last is known; those before were closed in between.
            clock = clocks[0] if not rounds else clocks[1] if len(rounds) == len(opened[appeal]) else None
            view = views.get(clock or 0)
            if not (late if view is None else view.late and view.due_at < sent):
                found[agency].kept[clock or -(appeal * 10 + len(rounds))] = appeal


def _moments(numbers: set[int]) -> tuple[dict[int, list[datetime]], dict[int, list[datetime]]]:
    """When each of some appeals was opened again, and when it was replied to, the first time first."""
    opened: dict[int, list[datetime]] = defaultdict(list)
    again = Holding.objects.filter(appeal__in=numbers, began_by="reopened").order_by("since", "pk")
    for appeal, since in again.values_list("appeal", "since"):
        opened[appeal].append(since)
    replied: dict[int, list[datetime]] = defaultdict(list)
    sent = Reply.objects.filter(appeal__in=numbers, state="sent").order_by("sent_at", "pk")
    for appeal, at in sent.values_list("appeal", "sent_at"):
        assert at is not None
        replied[appeal].append(at)
    return opened, replied


def _contacted(period: Period, found: dict[int, Counted]) -> None:
    rows = Contact.objects.filter(
        reached=True,
        at__gte=period.starts,
        at__lt=period.ends,
        at=F("appeal__contacted_at"),
        at__lte=F("appeal__contact_due_at"),
    )
    for agency, appeal in rows.order_by().values_list("agency", "appeal"):
        found[agency].contacted_in_time.add(appeal)


def _late(period: Period, now: datetime) -> Iterable[Against]:
    """Clocks of answering that broke in the month: that of the case, and that of one that was opened again. Of what was
    joined to another one the clock was called off, in time or too late for that.
    """
    today = timezone.localdate(now)
    rows = (
        Appeal.objects.filter(submitted_at__lt=period.ends, deadline_id__isnull=False)
        .filter(Q(late=True) | Q(state__in=RUNNING, due_on__lt=today))
        .filter(Q(due_on__gte=period.since, due_on__lt=period.until) | Q(reopened_deadline_id__isnull=False))
    )
    clocks = rows.order_by("pk").values_list("pk", "deadline_id", "reopened_deadline_id")
    for block in _blocks(clocks.iterator(chunk_size=2000)):
        views = get_deadlines((each for row in block for each in row[1:] if each), now=now)
        for appeal, *numbers in block:
            for number in numbers:
                view = views.get(number or 0)
                # What was called off late, as it was taken back, was late for all that.
                if view is not None and view.late and period.starts <= view.due_at < period.ends:
                    yield Against("late", appeal, view.due_at, number)


def _contacted_late(period: Period, now: datetime) -> Iterable[Against]:
    """First contacts that were not made in time. Of what was joined to another one only where it was too late by then:
    its clock says so.
    """
    due = F("contact_due_at")
    rows = (
        Appeal.objects.filter(contact_due_at__gte=period.starts, contact_due_at__lt=period.ends)
        .filter(Q(contacted_at__isnull=True) | Q(contacted_at__gt=due))
        .exclude(ended_at__lte=due)
        .order_by("pk")
        .values_list("pk", "contact_due_at", "main", "contact_deadline_id")
    )
    for block in _blocks(rows.iterator(chunk_size=2000)):
        views = get_deadlines((clock for _pk, _at, main, clock in block if main and clock), now=now)
        for appeal, at, main, clock in block:
            assert at is not None
            view = views.get(clock or 0)
            if main is None or (view is not None and view.late):
                yield Against("contact_late", appeal, at)


def _listed(period: Period) -> Iterable[Against]:
    rows = LeadersListEntry.objects.filter(listed_at__gte=period.starts, listed_at__lt=period.ends)
    for appeal, at in rows.order_by().values_list("appeal", "listed_at"):
        yield Against("listed", appeal, at)


def _bounced(period: Period) -> Iterable[tuple[int, Against]]:
    """Sent back, and given back to the same agency afterwards: the desk did not agree that it was another's."""
    came_back = Holding.objects.filter(
        appeal=OuterRef("appeal"), agency=OuterRef("agency"), since__gte=OuterRef("until")
    )
    rows = Holding.objects.filter(Exists(came_back), ended_by="bounced").filter(
        until__gte=period.starts, until__lt=period.ends
    )
    for agency, appeal, at in rows.order_by().values_list("agency", "appeal", "until"):
        assert at is not None
        yield agency, Against("bounced_wrongly", appeal, at)


def _noticed(period: Period, now: datetime) -> Iterable[tuple[int, Against]]:
    rows = SupervisionNotice.objects.order_by()
    issued = rows.filter(issued_at__gte=period.starts, issued_at__lt=period.ends)
    for agency, appeal, at in issued.values_list("agency", "appeal", "issued_at"):
        yield agency, Against("notices", appeal, at)
    # By every clock it had: lifted it was late for all that, and one that was returned has another one.
    over = Q(lifted_at__lt=period.starts) | Q(state="answered", answered_at__lt=period.starts)
    asked = rows.filter(issued_at__lt=period.ends).exclude(over).order_by("pk")
    for block in _blocks(asked.values_list("agency", "appeal", "pk").iterator(chunk_size=2000)):
        clocks = deadlines_of_many(NOTICES, [str(number) for _agency, _appeal, number in block], now=now)
        for agency, appeal, number in block:
            for view in clocks[str(number)]:
                if view.late and period.starts <= view.due_at < period.ends:
                    yield agency, Against("notices_late", appeal, view.due_at)


def _reopened(period: Period) -> Iterable[tuple[int, Against]]:
    rows = Holding.objects.filter(began_by="reopened", since__gte=period.starts, since__lt=period.ends)
    for agency, appeal, at in rows.order_by().values_list("agency", "appeal", "since"):
        yield agency, Against("reopened", appeal, at)


def _rated_badly(period: Period) -> Iterable[tuple[int, Against]]:
    for each in bad_ratings(kind=RATED, since=period.starts, until=period.ends):
        yield each.agency_id, Against("bad_ratings", each.subject_id, each.given_at)


def _held(moments: list[Against]) -> Iterable[tuple[Against, int]]:
    """Each with the agency that had the appeal at that moment; where nobody had it, the desk it lay on then."""
    for block in _blocks(moments):
        numbers = {each.appeal_id for each in block}
        rows_of = Appeal.objects.filter(pk__in=numbers).values_list("pk", "desk", "desks_before")
        desks = {appeal: (desk, before) for appeal, desk, before in rows_of}
        held: dict[int, list[tuple[int, datetime, datetime | None]]] = defaultdict(list)
        rows = Holding.objects.filter(appeal__in=numbers).order_by("since", "pk")
        for appeal, agency, since, until in rows.values_list("appeal", "agency", "since", "until"):
            held[appeal].append((agency, since, until))
        for each in block:
            desk, before = desks[each.appeal_id]
            past = (e["desk"] for e in before if each.at <= datetime.fromisoformat(e["until"]))
            agency = next(past, desk)
            for holder, since, until in held[each.appeal_id]:
                if since <= each.at and (until is None or until >= each.at):
                    agency = holder
            yield each, agency


def _blocks(rows: Iterable[T]) -> Iterator[list[T]]:
    every = iter(rows)
    while block := list(islice(every, _AT_ONCE)):
        yield block
