"""The clocks of appeals say something: whoever has one is told, and what is late goes up the ladder.

The rungs are data (the clock's ladder `appeal`). What each does here goes by its action, and for the last by its code:
`escalate` puts it before the desk of the level above, `supervise` issues a supervision notice by itself, `list` asks
the leaders to put it on their list. A rung that fires while nothing can be done any more does nothing.

The clocks of the case and of its steps are taken many at once: the way of one is that of many with one in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import officials_of_many, officials_who_may
from yingshang.kernel.clock.api import FiredRung, Rung
from yingshang.kernel.ledger.api import NewEvent, record_many

from ..actions._steps import target_of, tell_many, tell_users
from ..clocks import region_code_of
from ..desks import PLATFORM, desk_of
from ..errors import NobodyToAsk
from ..models import Appeal, Part, SupervisionNotice
from ..reach import ANSWER, DISPATCH, SUPERVISE
from .actions.issue_notice import issue_by_clock

LISTED = "list"
_ORDER = ("", "remind", "warn", "escalate", "supervise", "list")
_READ = (
    "number",
    "title",
    "region_path",
    "agency",
    "desk",
    "desk__region",
    "desk__region__path",
    "anonymous",
    "party",
    "escalation",
    "late",
    "ended_at",
    "deadline_id",
)
"""The columns that are looked at: what was said is long, and encrypted."""
_Fired = Sequence[tuple[FiredRung, Appeal]]


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a rung is told: those who hold a permission at the agency, at the desk, or at the desk above it."""

    place: Literal["agency", "desk", "above"]
    permission: str


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a rung of the case clock brings about."""

    level: str
    escalation: str
    late: bool
    told: tuple[Told, ...]
    notice: bool


def consequences(rung: Rung, *, escalation: str, late: bool, has_agency: bool) -> Consequences:
    """What a rung of the case clock brings about for an appeal that has come so far; nothing is read or written."""
    level = LISTED if rung.code == LISTED else rung.action
    told = []
    if not has_agency:
        told.append(Told("desk", DISPATCH))
    elif {"holder", "agency"} & set(rung.to):
        told.append(Told("agency", ANSWER))
    if "supervisor" in rung.to:
        told.append(Told("desk", SUPERVISE))
    if level == "escalate":
        told.append(Told("above", SUPERVISE))
    if "leader" in rung.to:
        told.append(Told("desk", "appeals.list"))
    return Consequences(
        level,
        level if _ORDER.index(level) > _ORDER.index(escalation) else escalation,
        late or level in {"escalate", "supervise", LISTED},
        tuple(told),
        notice=has_agency and level in {"supervise", LISTED},
    )


def on_case_rung(rung: FiredRung) -> None:
    """The case clock."""
    _climb(_held([rung], nowait=True))


def on_case_rungs(rungs: Sequence[FiredRung]) -> set[int]:
    """Many of them; those of appeals that somebody else holds are left."""
    held = _held(rungs)
    _climb(held)
    return _left(rungs, held)


def on_step_rung(rung: FiredRung) -> None:
    """The clocks of the first contact, of dispatching, and of one that was opened again."""
    _remind(_held([rung], nowait=True))


def on_step_rungs(rungs: Sequence[FiredRung]) -> set[int]:
    """Many of them; those of appeals that somebody else holds are left."""
    held = _held(rungs)
    _remind(held)
    return _left(rungs, held)


def on_part_rung(rung: FiredRung) -> None:
    """The clock of a part: the agency that was asked is told, and the one that waits for it."""
    part = (
        Part.objects.select_related("appeal", "agency").filter(pk=int(rung.deadline.owner.identifier)).first()
    )
    if part is None or part.state != "open":
        return
    appeal = part.appeal
    for agency in {part.agency_id, appeal.agency_id} - {None}:
        assert agency is not None
        _tell(appeal, agency, ANSWER, rung)


def on_notice_rung(rung: FiredRung) -> None:
    """The clock of a supervision notice: the agency that was sent it is told, and who sent it."""
    row = (
        SupervisionNotice.objects.select_related("appeal", "agency")
        .filter(pk=int(rung.deadline.owner.identifier), state="sent")
        .first()
    )
    if row is None:
        return
    _tell(row.appeal, row.agency_id, ANSWER, rung)
    if "supervisor" in rung.rung.to:
        _tell(row.appeal, row.issued_by_agency_id, SUPERVISE, rung)


def _held(rungs: Sequence[FiredRung], *, nowait: bool = False) -> list[tuple[FiredRung, Appeal]]:
    """The firings with their appeals, locked, in one query."""
    # Whoever acts on an appeal holds it and waits for its clock, which the sweeper holds: so it does not wait. Of many
    # those held by others are passed over; the way of one refuses, and is tried again a minute later.
    rows: QuerySet[Appeal] = Appeal.objects.select_for_update(
        of=("self",), nowait=nowait, skip_locked=not nowait
    )
    found = {
        row.pk: row
        for row in rows.filter(pk__in={int(rung.deadline.owner.identifier) for rung in rungs})
        .select_related("desk__region")
        .only(*_READ)
        .order_by("pk")
    }
    numbers = ((rung, int(rung.deadline.owner.identifier)) for rung in rungs)
    return [(rung, found[number]) for rung, number in numbers if number in found]


def _left(rungs: Sequence[FiredRung], held: _Fired) -> set[int]:
    return {rung.deadline.id for rung in rungs} - {rung.deadline.id for rung, _ in held}


def _climb(fired: _Fired) -> None:
    """What the rungs of case clocks bring about: the appeals, one event each, then the messages and the notices."""
    fired = [(rung, appeal) for rung, appeal in fired if appeal.ended_at is None]
    if not fired:
        return
    now = fired[0][0].fired_at
    decided = []
    changed: dict[int, Appeal] = {}
    for rung, appeal in fired:
        decision = consequences(
            rung.rung,
            escalation=appeal.escalation,
            late=appeal.late,
            has_agency=appeal.agency_id is not None,
        )
        if (decision.escalation, decision.late) != (appeal.escalation, appeal.late):
            appeal.escalation, appeal.late = decision.escalation, decision.late
            changed[appeal.pk] = appeal
        decided.append((rung, appeal, decision))
    _save(changed.values())
    record_many(
        actor=PLATFORM,
        events=[
            NewEvent(
                "appeals.escalated",
                target_of(appeal),
                after={"rung": rung.rung.code, "level": each.level, "late": each.late},
            )
            for rung, appeal, each in decided
        ],
        now=now,
    )
    above = _desks_above(
        (appeal for _, appeal, each in decided if any(told.place == "above" for told in each.told)), now
    )
    addressed = [
        (rung, appeal, agency, told.permission)
        for rung, appeal, each in decided
        for told in each.told
        if (agency := _agency_of(told, appeal, above)) is not None
    ]
    officials = _officials(((agency, permission) for _, _, agency, permission in addressed), now)
    tell_many(
        "due_soon",
        [
            (appeal, officials.get((agency, permission), ()), *_told_by(rung, agency, permission))
            for rung, appeal, agency, permission in addressed
        ],
        now=now,
    )
    _issue_notices([appeal for _, appeal, each in decided if each.notice], now)


def _save(appeals: Iterable[Appeal]) -> None:
    """As many statements as there are different things to write, and these are few."""
    alike: dict[tuple[str, bool], list[int]] = {}
    for appeal in appeals:
        alike.setdefault((appeal.escalation, appeal.late), []).append(appeal.pk)
    for (escalation, late), numbers in alike.items():
        Appeal.objects.filter(pk__in=numbers).update(escalation=escalation, late=late)


def _issue_notices(appeals: Sequence[Appeal], now: datetime) -> None:
    if not appeals:
        return
    sent = set(
        SupervisionNotice.objects.filter(appeal__in=[appeal.pk for appeal in appeals])
        .exclude(state="lifted")
        .values_list("appeal_id", "agency_id")
    )
    wanted = [appeal for appeal in appeals if (appeal.pk, appeal.agency_id) not in sent]
    # A number locks the series of its desk to the end of the batch: in the same order in every batch, two sweepers wait
    # for each other and never in a circle.
    issue_by_clock(sorted(dict.fromkeys(wanted), key=lambda each: (each.desk_id, each.pk)), now=now)


def _remind(fired: _Fired) -> None:
    """What the rungs of step clocks bring about: messages."""
    fired = [(rung, appeal) for rung, appeal in fired if appeal.ended_at is None]
    if not fired:
        return
    now = fired[0][0].fired_at
    addressed = []
    for rung, appeal in fired:
        once = f"appeals.contact_late:{rung.deadline.id}:{rung.rung.code}"
        if appeal.agency_id is not None:
            addressed.append((rung, appeal, appeal.agency_id, ANSWER, once))
        else:
            addressed.append((rung, appeal, appeal.desk_id, DISPATCH, once))
        if "supervisor" in rung.rung.to:
            addressed.append((rung, appeal, appeal.desk_id, SUPERVISE, f"{once}:supervisor"))
    officials = _officials(((agency, permission) for _, _, agency, permission, _ in addressed), now)
    tell_many(
        "contact_late",
        [
            (
                appeal,
                officials.get((agency, permission), ()),
                once,
                {
                    "step": rung.deadline.name.partition("：")[0],
                    "due": timezone.localtime(rung.deadline.due_at).strftime("%Y-%m-%d %H:%M"),
                },
            )
            for rung, appeal, agency, permission, once in addressed
        ],
        now=now,
    )


def _officials(wanted: Iterable[tuple[int, str]], now: datetime) -> dict[tuple[int, str], tuple[int, ...]]:
    places = set(wanted)
    return officials_of_many(
        {permission for _, permission in places},
        agency_ids={agency for agency, _ in places},
        today=timezone.localdate(now),
    )


def _agency_of(told: Told, appeal: Appeal, above: dict[int, int | None]) -> int | None:
    if told.place == "above":
        return above[appeal.desk_id]
    return appeal.agency_id if told.place == "agency" else appeal.desk_id


def _desks_above(appeals: Iterable[Appeal], now: datetime) -> dict[int, int | None]:
    """The desk above each desk, asked once for each."""
    paths = {appeal.desk_id: appeal.desk.region.path for appeal in appeals}
    return {desk: _desk_above(path, timezone.localdate(now)) for desk, path in paths.items()}


def _desk_above(path: str, today: date) -> int | None:
    try:
        return desk_of(region_code=region_code_of(path), today=today, above=True).id
    except NobodyToAsk:
        # There is no level above: the desk's own supervisors have been told.
        return None


def _tell(appeal: Appeal, agency_id: int, permission: str, rung: FiredRung) -> None:
    users = officials_who_may(permission, agency_id=agency_id, today=timezone.localdate(rung.fired_at))
    once, context = _told_by(rung, agency_id, permission)
    tell_users(users, "due_soon", appeal=appeal, now=rung.fired_at, once=once, **context)


def _told_by(rung: FiredRung, agency_id: int, permission: str) -> tuple[str, dict[str, Any]]:
    """Which occasion it is, and what is told."""
    due_on = rung.deadline.due_on
    once = f"appeals.rung:{rung.deadline.id}:{due_on}:{rung.rung.code}:{agency_id}:{permission}"
    return once, {"rung": rung.rung.name, "due": due_on}
