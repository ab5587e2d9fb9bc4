"""A unit says that it signed no contract in a quarter: said, not silence."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import AgencyRow

from ...errors import InvalidStep, NotPossibleNow, NotYours
from ...models import EmptyQuarter
from ...reach import REGISTER, agencies_of
from ..quarters import contracts_in, sayable_quarters
from ..rules import contract_rules
from ._steps import reason_given, usable_unit

_LONGEST = 400


@transaction.atomic
def declare_none(
    *, actor: Actor, agency_id: int, year: int, quarter: int, note: str = "", now: datetime
) -> int:
    """No contract was signed in the quarter; its number. A contract of it that is registered later takes it back.

    Raises NotAllowed, NotYours, InvalidContract, InvalidStep, NotPossibleNow.
    """
    unit = _unit(actor, agency_id)
    if (year, quarter) not in sayable_quarters(timezone.localdate(now)):
        rules = contract_rules()
        raise InvalidStep(
            f"{year} Q{quarter}: it is said in the last {rules.quarter_before_end} days of a quarter, or after it, "
            f"for {rules.quarters_back} quarters back",
            message_zh=f"{year} 年第 {quarter} 季度不能申报：在季度最后 {rules.quarter_before_end} 天内或结束后申报，"
            f"最多追溯 {rules.quarters_back} 个季度",
            field="quarter",
        )
    there = contracts_in(agency_id, year, quarter)
    if there:
        raise NotPossibleNow(
            f"contracts of this quarter are registered: {', '.join(there)}",
            message_zh=f"该季度已登记合同（{'、'.join(there)}），不能申报无合同",
            field="quarter",
        )
    # Two who say it at once: the second finds the first.
    row, made = EmptyQuarter.objects.get_or_create(
        agency_id=agency_id,
        year=year,
        quarter=quarter,
        withdrawn_at=None,
        defaults={
            "region_path": unit.region_path,
            "note": note.strip()[:_LONGEST],
            "declared_by_name": actor.name[:120],
            "declared_at": now,
        },
    )
    if not made:
        raise NotPossibleNow(
            "it was said already", message_zh=f"{year} 年第 {quarter} 季度已申报无合同", field="quarter"
        )
    _note(row, unit, "none_declared", actor=actor, now=now)
    return int(row.pk)


@transaction.atomic
def withdraw_none(
    *, actor: Actor, agency_id: int, year: int, quarter: int, reason: str, now: datetime
) -> None:
    """It was said by mistake. Raises NotAllowed, NotYours, InvalidContract, InvalidStep, NotPossibleNow."""
    unit = _unit(actor, agency_id)
    reason = reason_given(reason)
    rows = EmptyQuarter.objects.select_for_update(of=("self",))
    row = rows.filter(agency=agency_id, year=year, quarter=quarter, withdrawn_at__isnull=True).first()
    if row is None:
        raise NotPossibleNow(
            "it was not said, or taken back already",
            message_zh=f"{year} 年第 {quarter} 季度没有申报无合同，或者已经撤回",
            field="quarter",
        )
    row.withdrawn_at = now
    row.save(update_fields=["withdrawn_at"])
    _note(row, unit, "none_withdrawn", actor=actor, now=now, reason=reason)


def _unit(actor: Actor, agency_id: int) -> AgencyRow:
    actor.require(REGISTER)
    unit = usable_unit(agency_id)
    if actor.kind != "system" and agency_id not in agencies_of(actor, REGISTER):
        raise NotYours(
            f"{unit.name} says it itself",
            message_zh=f"请由“{unit.name}”申报",
            field="agency",
            value=unit.name,
        )
    return unit


def _note(
    row: EmptyQuarter, unit: AgencyRow, what: str, *, actor: Actor, now: datetime, reason: str = ""
) -> None:
    name = f"{unit.name} {row.year}Q{row.quarter}"
    record(
        actor=actor,
        action=f"contracts.{what}",
        target=Target(
            "empty_quarter", str(row.pk), name[:200], region_path=row.region_path, agency_id=row.agency_id
        ),
        now=now,
        after={"year": row.year, "quarter": row.quarter},
        reason=reason[:400],
    )
