"""Whose records an official reads: those of their regions, and their own agency's."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from yingshang.kernel.access.api import Actor

from ...errors import NotYours, StepNotFound
from ...models import PerformanceRecord, RecordLine
from ...reach import ANSWER, APPROVE, DISPATCH, SUPERVISE, VIEW, agencies_of


def records_reached(actor: Actor) -> QuerySet[PerformanceRecord]:
    """The records of an official's reach. Raises NotAllowed."""
    scope = actor.require(VIEW)
    return PerformanceRecord.objects.filter(
        scope.condition(region="region_path") | Q(agency__in=agencies_of(actor, VIEW))
    )


def load_line(actor: Actor, line_id: int) -> RecordLine:
    """A line of a record of the reach, locked. Raises NotAllowed, StepNotFound."""
    rows = RecordLine.objects.filter(pk=line_id, record__in=records_reached(actor))
    found = rows.values_list("pk", flat=True).first()
    if found is None:
        raise line_not_found(line_id)
    locked = RecordLine.objects.select_for_update(of=("self",))
    return locked.select_related("record__month", "record__agency", "appeal").get(pk=found)


def answers_for(actor: Actor, agency_id: int) -> bool:
    """Whether somebody deals with appeals in the agency: who may object for it."""
    return any(agency_id in agencies_of(actor, each) for each in (ANSWER, APPROVE, DISPATCH))


def corrects(actor: Actor, record: PerformanceRecord) -> bool:
    """Whether somebody supervises where the agency is, and sits in another one."""
    if not actor.may(SUPERVISE) or record.agency_id in agencies_of(actor, SUPERVISE):
        return False
    scope = actor.scope(SUPERVISE)
    return scope.covers("agency", agency_id=record.agency_id, region_path=record.region_path)


def ensure_corrects(actor: Actor, record: PerformanceRecord) -> None:
    """Raises NotAllowed, NotYours."""
    actor.require(SUPERVISE)
    if not corrects(actor, record):
        raise NotYours(
            "a record is corrected by a supervisor of the region who sits in another agency",
            message_zh="考核台账由本地区的督查人员更正，被考核单位自己的人员不能更正",
            value=record.pk,
        )


def line_not_found(line_id: int) -> StepNotFound:
    """The refusal for a line that is not there, or not for this actor."""
    return StepNotFound(
        f"no line {line_id} of a record", message_zh="没有这条考核记录，或者您不能查看", value=line_id
    )
