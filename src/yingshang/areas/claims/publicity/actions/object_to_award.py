"""Somebody objects to an award on a public list; an official decides."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, ensure_separate, lookup_hash, mask, reference_of
from yingshang.kernel.ledger.api import record

from ...actions._steps import move, target_of, tell_enterprise
from ...approving import take_back
from ...errors import (
    InvalidObjection,
    NotPossibleNow,
    ObjectionNotFound,
    PublicityOver,
    TooManyObjections,
)
from ...models import Claim, PublicityEntry, PublicityObjection
from ...models.claims import ENDED_WITHOUT
from ...reach import load
from ..clearing import clear_if_over
from ..parameters import publicity_rules
from ..steps import no_publicity

LONGEST_DECISION = 1000


@transaction.atomic
def object_to_award(
    *,
    actor: Actor,
    entry_id: int,
    text: str,
    name: str = "",
    contact: str = "",
    address: str = "",
    now: datetime,
) -> str:
    """Object to one award while it is before the public; the number of the objection. The award stops at once.

    Everybody may, with a name or a way to be reached, so often within the time; both are kept encrypted and published
    nowhere. `address` is where a visitor comes from. Raises PublicityNotFound, PublicityOver, NotPossibleNow,
    InvalidObjection, TooManyObjections.
    """
    entry = PublicityEntry.objects.select_related("publicity").filter(pk=entry_id).first()
    if entry is None or entry.publicity.state == "preparing":
        raise no_publicity(entry_id)
    claim = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("party__merged_into")
        .get(pk=entry.claim_id)
    )
    _ensure_open(entry, claim, now)
    user_id = int(actor.identifier) if actor.kind == "user" else None
    key = lookup_hash(f"objection:{address}") if address and user_id is None else ""
    name, contact, text = name.strip() or (actor.name if user_id else ""), contact.strip(), text.strip()
    if (told := _given_already(entry, user_id, key, (name, contact, text))) is not None:
        return told
    _ensure_allowance(user_id, key, now)
    longest = publicity_rules().longest_text
    if not name and not contact:
        raise _invalid("name", "give a name or a way to reach you", "请填写姓名（单位名称）或者联系方式")
    if len(name) > 60 or len(contact) > 100:
        raise _invalid(
            "name" if len(name) > 60 else "contact",
            "a name has at most 60 characters, a contact 100",
            "姓名不超过 60 字，联系方式不超过 100 字",
        )
    if not text or len(text) > longest:
        raise _invalid(
            "text",
            f"say in 1 to {longest} characters what is wrong",
            f"请说明异议的理由（不超过 {longest} 字）",
        )
    number = f"YY{timezone.localtime(now):%Y%m%d}{claim.pk:010d}{claim.publicity_objections.count() + 1:02d}"
    PublicityObjection.objects.create(
        number=number,
        entry=entry,
        claim=claim,
        name=name,
        contact=contact,
        text=text,
        shown_name=mask(name, head=1, tail=0) if name else "",
        user_id=user_id,
        address_key=key,
        given_at=now,
    )
    if claim.state == "publicity":
        move(claim, "objected", actor=actor, now=now, more={"objection": number})
    else:
        # One more while another is looked into.
        record(
            actor=actor,
            action="claims.objected",
            target=target_of(claim),
            now=now,
            after={"state": claim.state, "objection": number},
        )
    return number


@transaction.atomic
def decide_objection(*, actor: Actor, objection_id: int, upheld: bool, decision: str, now: datetime) -> str:
    """Decide an objection: upheld, the claim is refused and its budget given back; rejected, it is before the public
    again and its period goes on, which an objection does not stop. The state of the claim then.

    Needs `claims.review`, and not who approved the award. Raises ObjectionNotFound, NotPossibleNow, InvalidObjection,
    ConflictingDuties.
    """
    row, claim = load_objection(actor, objection_id)
    # Neither who approved the award, nor who objected to it.
    ensure_separate(actor, [each for each in (claim.approved_by, row.user_id) if each])
    if row.state != "open":
        raise NotPossibleNow("it was decided already", message_zh="该异议已经处理", value=row.number)
    decision = decision.strip()
    if not decision or len(decision) > LONGEST_DECISION:
        raise _invalid(
            "decision",
            f"give the reason in 1 to {LONGEST_DECISION} characters",
            f"请填写处理意见（不超过 {LONGEST_DECISION} 字）",
        )
    _decide(row, "upheld" if upheld else "rejected", decision, actor, now)
    others = list(claim.publicity_objections.select_for_update().filter(state="open").exclude(pk=row.pk))
    if claim.state in ENDED_WITHOUT:
        # It was withdrawn, or refused otherwise, meanwhile: nothing follows, and nobody waits for an answer.
        record(
            actor=actor,
            action=f"claims.objection_{row.state}",
            target=target_of(claim),
            now=now,
            after={"state": claim.state, "objection": row.number},
            reason=decision[:400],
        )
        return claim.state
    if upheld:
        for other in others:
            _decide(other, "upheld", decision, actor, now)
        claim.reason, claim.decided_at = decision, now
        claim.grounds = [{"text": decision, "value": row.number, "source": "公示异议"}]
        # Of a raised award that was paid in part before, the rest is not paid.
        what = "instalments_ended" if claim.paid_fen else "objection_upheld"
        take_back(claim, what, actor=actor, now=now, reason=decision)
        told = f"其余各期不再拨付：{decision}" if claim.paid_fen else decision
        tell_enterprise(claim, "refused", now=now, reason=told)
        return claim.state
    if others:
        record(
            actor=actor,
            action="claims.objection_rejected",
            target=target_of(claim),
            now=now,
            after={"state": claim.state, "objection": row.number, "open": len(others)},
            reason=decision[:400],
        )
        return claim.state
    move(claim, "objection_rejected", actor=actor, now=now, reason=decision, more={"objection": row.number})
    clear_if_over(claim, actor=actor, now=now)
    return claim.state


@transaction.atomic
def read_objector(*, actor: Actor, objection_id: int, purpose: str, now: datetime) -> tuple[str, str]:
    """(name, contact) of who objected, in the clear; it is noted who read it.

    Needs `claims.review` and `parties.view_personal`. Raises ObjectionNotFound, NotAllowed.
    """
    actor.require("parties.view_personal")
    row, claim = load_objection(actor, objection_id)
    record(
        actor=actor,
        action="claims.objector_read",
        target=target_of(claim),
        now=now,
        after={"objection": row.number},
        reason=purpose.strip()[:400],
    )
    return row.name, row.contact


def load_objection(actor: Actor, objection_id: int) -> tuple[PublicityObjection, Claim]:
    """An objection and its claim within the actor's reach, both locked. Raises ObjectionNotFound."""
    number = PublicityObjection.objects.filter(pk=objection_id).values_list("claim", flat=True).first()
    scope = actor.require("claims.review")
    reached = scope.filter(Claim.objects.filter(pk=number or 0), region="region_path").exists()
    if not reached:
        raise ObjectionNotFound(
            f"no objection {objection_id}",
            message_zh="没有这项异议，或者您不能处理",
            value=objection_id,
        )
    claim = load(actor, int(number or 0), "claims.review")
    return PublicityObjection.objects.select_for_update(of=("self",)).get(pk=objection_id), claim


def _decide(row: PublicityObjection, state: str, decision: str, actor: Actor, now: datetime) -> None:
    row.state, row.decision, row.decided_at = state, decision, now
    row.decided_by, row.decided_by_name = reference_of(actor), actor.name
    row.save(update_fields=["state", "decision", "decided_at", "decided_by", "decided_by_name"])


def _ensure_open(entry: PublicityEntry, claim: Claim, now: datetime) -> None:
    closes_on = entry.publicity.closes_on
    over = closes_on is None or timezone.localdate(now) > closes_on
    if over or claim.state not in {"publicity", "objected"}:
        raise PublicityOver(
            f"one could object until {closes_on}, while the award was before the public",
            message_zh=f"该项公示已结束（{closes_on} 截止），可以通过政务服务热线反映"
            if over
            else "该项已不在公示中",
            closes_on=closes_on.isoformat() if closes_on else None,
        )


def _given_already(
    entry: PublicityEntry, user_id: int | None, key: str, said: tuple[str, str, str]
) -> str | None:
    """The number of the same objection of the same person, sent once more since nobody answered. `said` is the name,
    the contact and the text: behind one address there are several people.
    """
    if user_id is None and not key:
        return None
    rows = entry.objections.filter(state="open")
    mine = rows.filter(address_key=key, user=None) if user_id is None else rows.filter(user=user_id)
    return next((each.number for each in mine if (each.name, each.contact, each.text) == said), None)


def _ensure_allowance(user_id: int | None, key: str, now: datetime) -> None:
    rules = publicity_rules()
    allowed, hours = rules.visitor_limit if user_id is None else rules.user_limit
    rows = PublicityObjection.objects.filter(given_at__gt=now - timedelta(hours=hours))
    rows = rows.filter(address_key=key, user=None) if user_id is None else rows.filter(user=user_id)
    if rows.count() >= allowed:
        raise TooManyObjections(
            f"at most {allowed} objections within {hours} hours; come back later",
            message_zh=f"{hours} 小时内最多提出 {allowed} 项异议，请稍后再来",
            allowed=allowed,
            hours=hours,
        )


def _invalid(field: str, message: str, message_zh: str) -> InvalidObjection:
    return InvalidObjection(message, message_zh=message_zh, field=field)
