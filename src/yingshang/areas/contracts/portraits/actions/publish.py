"""Portraits of a time are published: of every unit, or enterprise, of a region that had something to do in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from yingshang.kernel.access.api import Actor, NotAllowed, officials_of_many
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import Occasion, send_many

from ...errors import InvalidStep
from ...models import Obligation, PortraitRound, PublishedPortrait
from ...reach import HEAD, PUBLISH, agencies_of
from ..reading import ENTERPRISE, SIDES, UNIT, facts_of_subjects, left_out_of
from ..replay import compared, level_of, portrait_of, read_figures
from ..rules import portrait_rules
from ..telling import PLATFORM, page_of, tell_subject

_AT_ONCE = 200
_LOCK = 0x70_6F_72_74
"""One publishing at a time: two of them would publish the same portrait twice."""


@transaction.atomic
def publish_portraits(*, actor: Actor, region_path: str = "", until: date, now: datetime) -> int:
    """Publish the portraits of the months of the rules until a day that is over, of units and enterprises of a region
    and below; how many. Who has one until that day already keeps it; nobody publishes that of their own agency.

    A portrait is of all its obligations, wherever their contracts were made. Raises NotAllowed, InvalidStep.
    """
    scope = actor.require(PUBLISH)
    if not (scope.everywhere or any(region_path.startswith(path) for path in scope.subtrees)):
        raise NotAllowed(
            f"this reaches beyond the region of {actor.name}",
            message_zh="超出了您的管辖地区，请选择本地区或其下级",
            permission=PUBLISH,
        )
    if until >= timezone.localdate(now):
        raise InvalidStep(
            f"{until} is not over; choose an earlier day",
            message_zh=f"{until} 尚未结束，请选择更早的一天",
            field="until",
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    rules = portrait_rules()
    since = rules.since(until)
    published = {
        kind: _publish(kind, region_path, since, until, actor=actor, now=now) for kind in (UNIT, ENTERPRISE)
    }
    for rows in published.values():
        _tell(rows, now=now)
    record(
        actor=actor,
        action="contracts.portraits_published",
        target=Target(
            "contract_portraits",
            f"{region_path or '0'}-{until}",
            f"{since} – {until}",
            region_path=region_path,
        ),
        now=now,
        after={
            "units": len(published[UNIT]),
            "enterprises": len(published[ENTERPRISE]),
            "rules": rules.version,
        },
    )
    return sum(map(len, published.values()))


@transaction.atomic
def publish_due_portraits(*, actor: Actor, now: datetime) -> int:
    """Publish the portraits of everybody for the last quarter, once the days of the rules have passed since it ended;
    how many. Once a quarter: begun again, or by two at a time, it does nothing. While nothing was owed yet there is
    nothing to publish.

    Raises NotAllowed.
    """
    until = portrait_rules().quarter_to_publish(timezone.localdate(now))
    if until is None or not Obligation.objects.filter(due_on__lte=until).exists():
        return 0
    # Whoever comes second waits here until the first is through.
    round_, new = PortraitRound.objects.get_or_create(until=until, defaults={"published_at": now})
    if not new:
        return 0
    round_.portraits = publish_portraits(actor=actor, until=until, now=now)
    round_.save(update_fields=["portraits"])
    return round_.portraits


def _publish(
    kind: str, region_path: str, since: date, until: date, *, actor: Actor, now: datetime
) -> list[PublishedPortrait]:
    rules, rows = portrait_rules(), []
    groups: dict[tuple[str, ...], list[Decimal]] = {}
    belonging: dict[int, tuple[str, ...]] = {}
    for some in _subjects(kind, region_path, until, actor):
        facts = facts_of_subjects(kind, some, since=since, until=until)
        decided = left_out_of(kind, facts)
        made = []
        for subject in sorted(facts):
            path, *group = some[subject]
            left_out = decided.get(subject, set()) & {each.obligation_id for each in facts[subject]}
            counted = [each for each in facts[subject] if each.obligation_id not in left_out]
            figures = portrait_of(counted, rules, since=since, until=until)
            made.append(
                PublishedPortrait(
                    subject_kind=kind,
                    agency_id=subject if kind == UNIT else None,
                    party_id=subject if kind == ENTERPRISE else None,
                    region_path=path,
                    since=since,
                    until=until,
                    figures=figures.written(),
                    facts=[each.written() for each in facts[subject]],
                    level=level_of(figures, rules).code,
                    rules_version=rules.version,
                    left_out=sorted(left_out),
                    published_at=now,
                    published_by_name=actor.name,
                )
            )
            if figures.rate is not None and figures.count >= rules.minimum:
                belonging[subject] = (str(len(path)), *group)
                groups.setdefault(belonging[subject], []).append(figures.rate)
        PublishedPortrait.objects.bulk_create(made, batch_size=_AT_ONCE)
        for row in made:
            row.facts = []
        rows += made
    _compare(rows, groups, belonging)
    return rows


def _compare(
    rows: list[PublishedPortrait],
    groups: dict[tuple[str, ...], list[Decimal]],
    belonging: dict[int, tuple[str, ...]],
) -> None:
    """How each stands among those of its level and kind, once all are there."""
    changed = []
    for row in rows:
        rates = groups.get(belonging.get(row.agency_id or row.party_id or 0, ()), [])
        figures = read_figures(row.figures)
        if len(rates) >= portrait_rules().peers and figures.rate is not None:
            row.figures = compared(figures.rate, rates, figures).written()
            changed.append(row)
    PublishedPortrait.objects.bulk_update(changed, ["figures"], batch_size=_AT_ONCE)


def _subjects(kind: str, region_path: str, until: date, actor: Actor) -> Iterator[dict[int, tuple[str, str]]]:
    """Units, or enterprises, that owe something until then: the path of their region, and what they are compared by."""
    owner = "agency_id" if kind == UNIT else "party_id"
    owing = Obligation.objects.filter(side=SIDES[kind], due_on__lte=until, **{f"{owner}__isnull": False})
    there = PublishedPortrait.objects.filter(until=until, subject_kind=kind).values(owner)
    rows = apps.get_model("parties", "Agency" if kind == UNIT else "Party").objects.filter(
        Q(region__path__startswith=region_path), pk__in=owing.values(owner)
    )
    rows = rows.exclude(pk__in=there)
    if kind == UNIT:
        rows = rows.exclude(pk__in=agencies_of(actor, PUBLISH))
    told = rows.order_by("pk").values_list("pk", "region__path", "kind")
    some: dict[int, tuple[str, str]] = {}
    for number, path, group in told:
        some[number] = (path, group)
        if len(some) == _AT_ONCE:
            yield some
            some = {}
    if some:
        yield some


def _tell(rows: list[PublishedPortrait], *, now: datetime) -> None:
    """To heads of units and to enterprises: what was published, and until when one may object."""
    agencies = {row.agency_id: row for row in rows if row.agency_id is not None}
    heads = officials_of_many({HEAD}, agency_ids=list(agencies), today=timezone.localdate(now))
    names = dict(
        apps.get_model("parties", "Agency").objects.filter(pk__in=agencies).values_list("pk", "name")
    )
    send_many(
        actor=PLATFORM,
        template="contracts.portrait_published",
        occasions=[
            Occasion(
                heads.get((agency, HEAD), ()),
                _told(row, names[agency]),
                link=page_of(row),
                once=f"contracts.portrait:{row.pk}",
            )
            for agency, row in agencies.items()
        ],
        now=now,
    )
    for row in rows:
        if row.party_id is not None:
            told = {key: value for key, value in _told(row, "").items() if key not in ("name", "until")}
            tell_subject(row, "portrait_published", now=now, once=f"contracts.portrait:{row.pk}", **told)


def _told(row: PublishedPortrait, name: str) -> dict[str, object]:
    rules = portrait_rules()
    level = rules.level(row.level)
    return {
        "name": name,
        "until": str(row.until),
        "level": level.name,
        "level_en": level.name_en,
        "days": rules.objection_days,
    }
