"""An enterprise hands a claim in: it is granted at once, or its review begins."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.areas.policies.api import ReceiptView, decide_one, freeze
from yingshang.kernel.access.api import Actor, entries_of
from yingshang.kernel.flow.api import CaseView, Subject, start_case

from ..appointments.places import share_place, take_place, words_of
from ..approving import award
from ..claim_forms import ensure_filled, form_asked
from ..drafts import prefill_of
from ..errors import InvalidClaim
from ..licences import ensure_still_known
from ..lifecycle import CLAIM
from ..models import Claim, ItemTerms
from ..models.claims import ENDED_WITHOUT
from ..oversight.screening import screen
from ..periods import period_of
from ..promises.beginning import begin_checks
from ..reach import load
from ._steps import move, tell_enterprise
from .begin_claim import already, ensure_open, terms_for
from .keep_accounts import usable_account

SUBJECT = "claim"
FLOW = "claim_review"


@transaction.atomic
def submit_claim(
    *,
    actor: Actor,
    claim_id: int,
    account_id: int,
    submission_id: int | None = None,
    window_id: int | None = None,
    starts_at: datetime | None = None,
    with_claim: int | None = None,
    now: datetime,
) -> str:
    """Hand a draft in; the state it is in then. What it was decided on is frozen in a receipt anybody can check.

    Instant ones are approved, and queued for payment, in this very transaction. The moment that counts is the server's:
    a claim handed in on the last day of a window is in time until midnight there. One of the mode `once` is handed in
    with an appointment at `window_id` and `starts_at`, or with that of a claim that was handed in together with it
    (`with_claim`); its review begins when somebody comes, see appointments.
    Raises ClaimNotFound, NotPossibleNow, InvalidClaim, AccountNotFound, WindowClosed, NotEntitled, OverBudget,
    WindowNotFound, SlotTaken.
    """
    claim = load(actor, claim_id, "claims.apply_own")
    CLAIM.after(claim.state, "submitted")
    terms = terms_for(claim.item_code)
    party_id = claim.enterprise.pk
    decided = decide_one(actor=actor, party_id=party_id, code=claim.item_code, day=timezone.localdate(now))
    ensure_open(decided, terms, now)
    _count_in_period(claim, period_of(terms.period, timezone.localdate(now), decided.item.windows))
    if submission_id is not None:
        claim.submission_id = submission_id
    ensure_complete(claim, terms)
    ensure_still_known(claim, terms, actor=actor, now=now)
    claim.account = usable_account(party_id=party_id, account_id=account_id)
    receipt = freeze(actor=actor, party_id=party_id, code=claim.item_code, now=now)
    _keep(claim, receipt, now)
    begin_checks(claim, now=now)
    form = form_asked(claim, terms, actor=actor, now=now)
    prefill = prefill_of(claim, decided, terms, form)
    claim.prefilled, claim.fields = prefill.known, prefill.fields
    if claim.mode == "instant":
        award(
            claim,
            "granted",
            actor=actor,
            now=now,
            terms=terms,
            decided=decided,
            more={"receipt": receipt.id},
        )
        claim.submitted_event = claim.decided_event
        claim.save(update_fields=["submitted_event"])
        clear(claim, actor=actor, now=now)
        screen([claim.pk], "submitted", now=now)
        return claim.state
    told = {"receipt": receipt.id, "outcome": receipt.outcome}
    if claim.mode == "once":
        if with_claim is not None:
            place = share_place(claim, with_claim=with_claim, who=actor.name, now=now)
        else:
            place = take_place(claim, window_id=window_id, starts_at=starts_at, who=actor.name, now=now)
        visit = words_of(place)
        claim.submitted_event = move(
            claim,
            "booked",
            actor=actor,
            now=now,
            more={**told, **visit},
            reason=f"{visit['time']} {visit['window']}",
        )
        claim.save(update_fields=["submitted_event"])
        tell_enterprise(claim, "booked", now=now, **visit)
        screen([claim.pk], "submitted", now=now)
        return claim.state
    claim.submitted_event = move(claim, "submitted", actor=actor, now=now, more=told)
    case = open_review(claim, terms, actor=actor, now=now)
    claim.save(update_fields=["case_id", "submitted_event"])
    tell_enterprise(claim, "received", now=now, due=case.deadline.due_on if case.deadline else "")
    screen([claim.pk], "submitted", now=now)
    return claim.state


def open_review(claim: Claim, terms: ItemTerms, *, actor: Actor, now: datetime) -> CaseView:
    """Begin the review of a claim that was handed in; its case, which is noted on the claim and not saved."""
    party = claim.enterprise
    case = start_case(
        actor=actor,
        definition=FLOW,
        subject=Subject(SUBJECT, str(claim.pk), f"{party.name}：{claim.item_name}"),
        party_id=party.pk,
        region_code=party.region.code if party.region else "",
        agencies=_lanes(claim, terms),
        data={
            "joint": "joint" in terms.reviews,
            "experts": "experts" in terms.reviews,
            "field": "field" in terms.reviews,
        },
        now=now,
    )
    claim.case_id = case.id
    return case


def clear(claim: Claim, *, actor: Actor, now: datetime) -> None:
    """Nothing stands before the payment any more. Raises NotPossibleNow."""
    move(claim, "cleared", actor=actor, now=now)


def _count_in_period(claim: Claim, period: str) -> None:
    """A draft counts in the period it is handed in: old ones are not kept in stock. Raises AlreadyClaimed."""
    if claim.period == period:
        return
    same = Claim.objects.filter(
        party__in=entries_of(claim.enterprise.pk), item_code=claim.item_code, period=period
    )
    other = same.exclude(pk=claim.pk).exclude(state__in=ENDED_WITHOUT).first()
    if other is not None:
        raise already(other)
    claim.period = period


def _keep(claim: Claim, receipt: ReceiptView, now: datetime) -> None:
    claim.receipt_id = receipt.id
    claim.facts = {
        each.column: {
            "value": each.value,
            "source": each.source,
            "as_of": each.as_of.isoformat() if each.as_of else None,
        }
        for each in receipt.facts
    }
    claim.version = receipt.version
    claim.expected_fen = (
        receipt.certain_fen if receipt.certain_fen == receipt.possible_fen else claim.expected_fen
    )
    claim.submitted_at = now


def ensure_complete(claim: Claim, terms: ItemTerms) -> None:
    """That everything the terms ask for is there, and confirmed. Raises InvalidClaim."""
    have = set(claim.materials.values_list("code", flat=True))
    # To a window the originals are brought.
    lacking = (
        []
        if claim.mode == "once"
        else [each for each in terms.materials if each.get("required") and each["code"] not in have]
    )
    if lacking:
        names = [str(each["name"]) for each in lacking]
        raise InvalidClaim(
            f"these materials are missing: {', '.join(names)}; add them, or promise them where that is possible",
            message_zh=f"缺少材料：{'、'.join(names)}；请上传，允许承诺的也可以先作承诺",
            field="materials",
            lacking=[each["code"] for each in lacking],
        )
    if terms.lines and not claim.lines.exists():
        raise InvalidClaim(
            f"the table {terms.lines.get('name', '')} is empty; upload it",
            message_zh=f"请上传{terms.lines.get('name', '明细表')}",
            field="lines",
        )
    ensure_filled(claim, terms)
    if terms.needs_representative and claim.confirmed_by_representative_at is None:
        raise InvalidClaim(
            "the legal representative has to confirm it before it is handed in",
            message_zh="须先由法定代表人确认，才能提交",
            field="representative",
        )


def _lanes(claim: Claim, terms: ItemTerms) -> dict[str, int]:
    joint = list(terms.joint_agencies) or [terms.agency_id]
    return {
        "agency": terms.agency_id,
        "joint_first": joint[0],
        "joint_second": joint[-1],
        "approving": terms.agency_id,
    }
