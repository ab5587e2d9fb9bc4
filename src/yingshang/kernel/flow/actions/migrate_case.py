"""Carry a case over to another version of its definition, and say beforehand which could be."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.rules.errors import DomainError

from .. import engine
from ..case_reads import case_not_found, snapshot
from ..case_views import CaseView
from ..definition_views import MigrationReport, MigrationRow
from ..definitions.rules import read_spec
from ..engine import Position
from ..errors import CannotMigrate
from ..models import Case, DefinitionVersion
from ..models.cases import CASE_OPEN
from ..selectors import MANAGE, managed_definition, published_version
from ._case_steps import follow, fresh, lock_case, note, tell_ready

MOST_ROWS = 500
"""Cases a report looks at; the oldest first."""


def migration_report(*, actor: Actor, code: str, to_version: int, limit: int = MOST_ROWS) -> MigrationReport:
    """Which open cases of the definition, within the actor's reach, could go on in that version, which not and why.

    Nothing changes. Each case is run through the other version from its beginning.
    """
    managed_definition(actor, code)
    version = published_version(code, to_version)
    rows = (
        actor.require(MANAGE)
        .filter(Case.objects.all(), region="region_path")
        .filter(version__definition__code=code, state__in=CASE_OPEN)
        .exclude(version=version)
    )
    total = rows.count()
    report = [
        _row(case, version) for case in rows.select_related("version").order_by("pk")[: min(limit, MOST_ROWS)]
    ]
    return MigrationReport(code, to_version, total, sum(row.possible for row in report), tuple(report))


@transaction.atomic
def migrate_case(*, actor: Actor, case_id: int, to_version: int, reason: str = "", now: datetime) -> CaseView:
    """Have a case go on in another version of its definition. Tasks that are there in both stay with whoever has
    them, with their clocks; the case clock runs on as it was promised.

    Raises CaseNotFound outside the reach of flow.manage, DefinitionNotFound, CannotMigrate.
    """
    scope = actor.require(MANAGE)
    if not scope.filter(Case.objects.all(), region="region_path").filter(pk=case_id).exists():
        raise case_not_found(case_id)
    case = lock_case(case_id)
    version = published_version(case.definition_code, to_version)
    before = case.version
    if before.pk == version.pk:
        raise _refused(case, "it is on this version already", "该办件已在此版本")
    if case.state not in CASE_OPEN:
        raise _refused(case, "it is over", "该办件已办结")
    position = _carried(case, version)
    case.version = version
    flow = read_spec(version.spec)
    case.name, case.name_en = flow.name, flow.name_en
    opened = follow(case, position, actor=actor, now=now, reason=f"流程换为第 {to_version} 版")
    case.save()
    note(
        case,
        "case_migrated",
        actor=actor,
        now=now,
        before={"version": before.number},
        after={"version": version.number, "next": [task.step for task in opened]},
        reason=reason,
    )
    view, views = snapshot(case.pk, [task.pk for task in opened], now)
    tell_ready(view, opened, views, actor=actor, now=now)
    return fresh(case.pk, now)


def _carried(case: Case, version: DefinitionVersion) -> Position:
    """The position of the case there. Raises CannotMigrate."""
    try:
        position = engine.carry_over(case.version.spec, version.spec, case.position)
    except DomainError as error:
        raise _refused(case, error.message, error.message_zh) from None
    if position.ended:
        raise _refused(case, "it would be over there", "在该版本中该办件将直接办结")
    lanes = {rule.lane for rule in read_spec(version.spec).steps.values()} - set(case.agencies)
    if lanes:
        listed = ", ".join(sorted(lanes))
        raise _refused(
            case, f"no agency was named for the lanes {listed}", f"没有为泳道 {listed} 指定办理机构"
        )
    return position


def _refused(case: Case, why: str, why_zh: str) -> CannotMigrate:
    return CannotMigrate(
        f"{case.number} cannot go on in that version: {why}",
        message_zh=f"办件 {case.number} 不能换到该版本：{why_zh}",
        reason=why,
        reason_zh=why_zh,
    )


def _row(case: Case, version: DefinitionVersion) -> MigrationRow:
    try:
        position = _carried(case, version)
        reason = reason_zh = ""
        then = tuple(each.step for each in position.ready)
    except CannotMigrate as error:
        reason, reason_zh, then = error.details["reason"], error.details["reason_zh"], ()
    return MigrationRow(
        case_id=case.pk,
        number=case.number,
        title=case.subject_title,
        version=case.version.number or 0,
        possible=not reason,
        reason=reason,
        reason_zh=reason_zh,
        ready_now=tuple(case.position.get("ready", {})),
        ready_then=then,
    )
