"""What an obligation is counted from was registered wrongly, and the unit cannot mend it alone: a supervisor does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import record
from yingshang.kernel.parties.api import get_agency

from ...errors import InvalidStep
from ...ladder._steps import PLATFORM, ensure_outside, supervising_agency_of
from ...lifecycle import OBLIGATION
from ...models import Correction, Obligation
from ...obligations.planning import event_names
from ...obligations.terms import OBLIGATION as ANOTHER
from ...own.block import ensure_unblocked
from ...reach import HEAD, REGISTER, REVIEW, SUPERVISE, load_obligation
from ...registering.actions._steps import reason_given, target_of, user_of
from ..applying import change
from ..coming_to import ENDED
from ..easing import eased_since, late_debts
from ..evidence import ensure_evidence
from ..telling import tell_corrected
from .record_performance import ensure_reviewed


@transaction.atomic
def correct_start(
    *,
    actor: Actor,
    obligation_id: int,
    event: str,
    of: int | None = None,
    reason: str,
    document_ids: Sequence[int],
    now: datetime,
) -> int:
    """A supervisor of another agency says what an obligation is really counted from: another event, or that
    obligation `of` of the contract is performed (`event` is obligation). How long after it stays as it was agreed. The
    number of the correction, which both sides read with its reason and what shows it.

    By it less may be late than was, or later: a supervisor decides that here, but not while the other side's appeal
    says the contrary.

    Raises NotAllowed, ObligationNotFound, NotYours, NotPossibleNow, Blocked, InvalidStep, InvalidTerms.
    """
    row = load_obligation(actor, obligation_id, SUPERVISE)
    contract = row.contract
    for permission in (SUPERVISE, REGISTER, REVIEW, HEAD):
        # Who registers for the unit may supervise others.
        ensure_outside(actor, row.agency_id, permission)
    ensure_reviewed(row)
    OBLIGATION.after(row.state, "corrected")
    _ensure_start(row, event, of)
    reason = reason_given(reason)
    evidence = ensure_evidence(row, document_ids, of_contract=False)
    if not evidence:
        raise InvalidStep(
            "add what shows it: the page of the contract that says so",
            message_zh="请上传证明材料，如合同中约定这一条的页面",
            field="evidence",
        )
    agency = get_agency(actor=PLATFORM, agency_id=supervising_agency_of(actor, row, now=now))
    debts = late_debts(contract, today=timezone.localdate(now))
    before = _standing(row)
    terms = {key: value for key, value in row.terms.items() if key not in ("after", "of")}
    change(row, {"terms": {**terms, "after": event, **({} if of is None else {"of": of})}}, now=now)
    after, eased = _standing(row), eased_since(debts)
    for each in contract.obligations.filter(pk__in=[one.before.obligation_id for one in eased]):
        ensure_unblocked(each)
    correction = Correction.objects.create(
        obligation=row,
        before=before,
        after=after,
        eased=[each.as_dict() for each in eased],
        reason=reason,
        document_ids=evidence,
        agency_name=agency.name,
        made_by_id=user_of(actor),
        made_by_name=actor.name[:120],
        made_at=now,
    )
    correction.event_id = record(
        actor=actor,
        action="contracts.obligation_corrected",
        target=target_of(contract),
        now=now,
        before={"ordinal": row.ordinal, **before},
        after={
            **after,
            "ordinal": row.ordinal,
            # What they are called is told where the contract itself is read.
            "eased": [each.before.ordinal for each in eased],
            "documents": evidence,
        },
        reason=reason[:400],
    )
    correction.save(update_fields=["event_id"])
    tell_corrected(row, correction, before=start_words(before["terms"]), after=start_words(after["terms"]))
    return int(correction.pk)


def start_words(terms: dict[str, Any]) -> tuple[str, str]:
    """What terms are counted from, in Chinese and in English."""
    if terms.get("after") == ANOTHER:
        return f"第{terms.get('of')}项义务履行", f"obligation {terms.get('of')} is performed"
    event = str(terms.get("after", ""))
    return event_names().get(event, (event, event))


def _ensure_start(row: Obligation, event: str, of: int | None) -> None:
    """That this obligation goes by an event, and this is another one, which may come. Raises InvalidStep."""
    if "after" not in row.terms:
        raise InvalidStep(
            "its day was agreed as a day; what changes that is a supplement",
            message_zh="这项义务约定的是日期，不以事件起算；变更日期请由双方签订补充协议",
            field="event",
        )
    if event != ANOTHER and event not in event_names():
        raise InvalidStep("choose an event", message_zh="请选择事件", field="event")
    if (event, of) == (row.terms["after"], row.terms.get("of")):
        raise InvalidStep(
            "it is counted from that already; choose what it ought to be",
            message_zh="现在就是以此起算的，请选择正确的起算依据",
            field="event",
        )
    if event != ANOTHER:
        if of is not None:
            raise InvalidStep(
                "only after another obligation has a number",
                message_zh="只有“前一项义务履行”才选择义务",
                field="of",
            )
        return
    there = row.contract.obligations.exclude(state__in=ENDED).exclude(pk=row.pk)
    if of is None or not there.filter(ordinal=of).exists():
        raise InvalidStep(
            "choose another obligation of this contract that has not ended",
            message_zh="请选择本合同中另一项未取消的义务",
            field="of",
        )


def _standing(row: Obligation) -> dict[str, Any]:
    return {
        "terms": dict(row.terms),
        "event_on": _iso(row.event_on),
        "due_on": _iso(row.due_on),
        "state": row.state,
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
