"""An official checks a promise: kept, with a file or a fact that shows it; or broken, and what follows from that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.clock.api import meet_deadline
from yingshang.kernel.documents.api import Owner, store
from yingshang.kernel.parties.api import portrait

from ...actions._steps import PLATFORM, tell_enterprise
from ...actions.add_material import OWNER
from ...errors import InvalidPromise
from ...lifecycle import CLAIM, PROMISE
from ...models import Claim, PromiseCheck, Trip
from ...oversight.actions.recover import demand_repayment
from ...oversight.evaluator import PROMISE_BROKEN
from ...oversight.screening import stop_claim
from ...parameters import limits
from ..rules import promise_rules
from ..steps import REVIEW, found_words, load_promise, note


@transaction.atomic
def confirm_promise(
    *,
    actor: Actor,
    promise_id: int,
    finding: str,
    file: tuple[str, Any] | None = None,
    fact: str = "",
    now: datetime,
) -> None:
    """The promise was kept: shown by the file the enterprise brought, by a `file` (name and content) of one's own, or
    by a `fact` of the register. Needs `claims.review`. Raises PromiseNotFound, NotPossibleNow, InvalidPromise,
    RefusedFile.
    """
    row, claim = load_promise(actor, promise_id, REVIEW)
    state = PROMISE.after(row.state, "kept")
    finding = found_words(finding)
    if file is not None:
        allowed = limits()["material"]
        document = store(
            actor=actor,
            content=file[1],
            name=file[0],
            owner=Owner(OWNER, str(claim.pk)),
            party_id=claim.party_id,
            region_path=claim.region_path,
            agency_id=claim.agency_id,
            allowed=allowed["kinds"],
            largest=int(allowed["largest_bytes"]),
            now=now,
        )
        row.document_id, row.document_name = document.id, document.name[:200]
    if fact:
        row.fact, row.fact_told = fact, _fact(actor, claim, fact, now)
    if row.document_id is None and not row.fact:
        raise InvalidPromise(
            "name what shows it: a file, or a fact of the register",
            message_zh="请上传证明材料，或者选择能够证明的数据；企业已补交的材料可以直接采用",
            field="file",
        )
    _close(row, claim, state, "kept", finding, actor=actor, now=now)


@transaction.atomic
def break_promise(*, actor: Actor, promise_id: int, finding: str, now: datetime) -> None:
    """The promise was not kept. What was paid is asked back in the same transaction, for which `claims.recover` is
    needed too; what is still to be paid is stopped until a supervisor has decided; the enterprise is told.

    Needs `claims.review`. Raises PromiseNotFound, NotPossibleNow, InvalidPromise, NotAllowed.
    """
    row, claim = load_promise(actor, promise_id, REVIEW)
    state = PROMISE.after(row.state, "broken")
    finding = found_words(finding)
    asked = _ask_back(row, claim, finding, actor=actor, now=now)
    stopped = CLAIM.states[claim.state].open
    if stopped:
        row.trip = _stop(row, claim, finding, actor=actor, now=now)
    _close(row, claim, state, "broken", finding, actor=actor, now=now)
    tell_enterprise(
        claim,
        "promise_broken",
        now=now,
        material=row.name,
        finding=finding,
        asked=asked,
        stopped=stopped,
    )


def _ask_back(row: PromiseCheck, claim: Claim, finding: str, *, actor: Actor, now: datetime) -> bool:
    open_one = claim.recoveries.filter(state="demanded").first()
    if open_one is not None:
        row.recovery = open_one
        return True
    asked = claim.recoveries.filter(state__in=["settled", "written_off"]).aggregate(
        all=Sum("principal_fen", default=0)
    )["all"]
    left = claim.paid_fen - asked
    if left <= 0:
        return False
    rules = promise_rules()
    due = timezone.localdate(now) + timedelta(days=rules.demand_days)
    row.recovery_id = demand_repayment(
        actor=actor,
        claim_id=claim.pk,
        principal_fen=left,
        reason=f"承诺未履行：{row.name}。{finding}"[:1000],
        basis=rules.demand_basis,
        plan=[(due, left)],
        rate=rules.demand_rate,
        # What is to come is stopped for the promise itself.
        hold=False,
        now=now,
    )
    return True


def _stop(row: PromiseCheck, claim: Claim, finding: str, *, actor: Actor, now: datetime) -> Trip:
    return stop_claim(
        claim,
        rule=PROMISE_BROKEN,
        key=row.pk,
        text=f"承诺未履行：{row.name}。{finding}",
        text_en=f"A promise was broken: {row.name}. {finding}",
        actor=actor,
        now=now,
        promise=row.code,
    )


def _close(
    row: PromiseCheck, claim: Claim, state: str, what: str, finding: str, *, actor: Actor, now: datetime
) -> None:
    waited = row.state == "open"
    row.state, row.finding = state, finding
    row.checked_at, row.checked_by, row.checked_by_name = now, reference_of(actor), actor.name
    row.event_id = note(
        row,
        claim,
        what,
        actor=actor,
        now=now,
        after={"fact": row.fact, "document": row.document_name, "recovery": row.recovery_id},
        reason=finding,
    )
    row.save()
    if row.material is not None:
        row.material.kept, row.material.checked_at = what == "kept", now
        row.material.save(update_fields=["kept", "checked_at"])
    if waited and row.deadline_id is not None:
        meet_deadline(actor=PLATFORM, deadline_id=row.deadline_id, now=now)


def _fact(actor: Actor, claim: Claim, column: str, now: datetime) -> dict[str, Any]:
    known = portrait(actor=actor, party_id=claim.enterprise.pk, now=now)
    found = next((each for each in known.facts if each.column == column), None)
    if found is None:
        raise InvalidPromise(
            f"the register says nothing of {column} of this enterprise",
            message_zh="登记的数据中没有这一项，请换一项数据或者上传证明材料",
            field="fact",
            value=column,
        )
    return {
        "name": found.name,
        "text": found.text,
        "source": found.source,
        "as_of": found.as_of.isoformat() if found.as_of else None,
    }
