"""Somebody else than who decided looks at it once more: the decision is kept, changed, or not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.areas.policies.api import freeze, sharing_of
from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.clock.api import meet_deadline
from yingshang.kernel.flow.api import Subject, start_case
from yingshang.kernel.ledger.api import record
from yingshang.kernel.parties.api import get_party, lock_party

from ...actions._steps import PLATFORM, move, step, target_of, tell_enterprise, yuan
from ...actions.begin_claim import terms_for
from ...actions.submit_claim import SUBJECT
from ...approving import decide_again, worth
from ...assessing.steps import SCORE_FACT
from ...awards import Part, cut
from ...errors import InvalidReconsideration, NotPossibleNow
from ...lifecycle import CLAIM, RECONSIDERATION
from ...models import Claim, PaymentOrder, Reconsideration
from ...oversight.holding import hold_back
from ...oversight.screening import screen
from ...ranking.places import first_come
from ...reserving import reserve
from ...settling import OPEN, ensure_not_contradicted, follow_parts
from ..rules import reconsideration_rules
from ..steps import about_of, load_reconsideration, note, questions_of
from .ask import claimed_again

AGAIN = "claim_review_again"
"""The flow of a claim that is taken up again: its substance and its approval, by people of its agency."""


@transaction.atomic
def keep_decision(
    *,
    actor: Actor,
    reconsideration_id: int,
    decision: str,
    reasons: Mapping[str, str] | None = None,
    now: datetime,
) -> None:
    """The decision stays: `reasons` says for each condition of `questions` why. Needs `claims.reconsider`.

    Raises ReconsiderationNotFound, NotYourReconsideration, ConflictingDuties, NotPossibleNow, InvalidReconsideration.
    """
    row, claim = load_reconsideration(actor, reconsideration_id)
    state = RECONSIDERATION.after(row.state, "kept")
    given = {key: text.strip() for key, text in (reasons or {}).items()}
    findings = []
    for each in questions_of(row, claim, now=now):
        said = given.get(each["key"], "")
        if not 2 <= len(said) <= 400:
            raise _invalid(
                f"reason-{each['key']}",
                f"say why the condition {each['text']!r} is still not met (2 to 400 characters)",
                f"请逐条说明理由：“{each['text']}”为何仍不满足（2 到 400 字）",
            )
        findings.append({**each, "reason": said})
    row.findings = findings
    _end(row, claim, state, "kept", _words(decision), actor=actor, now=now, result=("维持原决定", "kept"))


@transaction.atomic
def change_decision(*, actor: Actor, reconsideration_id: int, decision: str, now: datetime) -> str:
    """The decision was wrong: a refused claim is reviewed anew, with the facts of today; an award that was too low is
    raised to what the facts of today come to. The state of the claim then. Needs `claims.reconsider`.

    Raises ReconsiderationNotFound, NotYourReconsideration, ConflictingDuties, NotPossibleNow, InvalidReconsideration,
    and for a raised award NotEntitled, QuotaFull, BudgetNotFound, OverBudget.
    """
    row, claim = load_reconsideration(actor, reconsideration_id)
    state = RECONSIDERATION.after(row.state, "changed")
    decision = _words(decision)
    if about_of(claim) != row.about:
        raise NotPossibleNow(
            f"{claim.number} is not where it was when this was asked for",
            message_zh="该申请的办理状态已经变化，请维持或者不予受理，并说明理由",
            value=claim.number,
        )
    if row.about == "amount":
        _raise_award(row, claim, decision, state, actor=actor, now=now)
        return claim.state
    if claimed_again(claim):
        raise NotPossibleNow(
            "there is a new claim for the same already; it is decided there",
            message_zh="企业已就同一事项重新申请，请在新的申请中办理；本项复核可以维持，并说明理由",
            value=claim.number,
        )
    _end(
        row,
        claim,
        state,
        "changed",
        decision,
        actor=actor,
        now=now,
        result=("变更原决定，恢复审核", "changed; it is reviewed anew"),
    )
    _reopen(claim, decision, actor=actor, now=now)
    return claim.state


@transaction.atomic
def dismiss_reconsideration(
    *, actor: Actor, reconsideration_id: int, ground: str, decision: str, now: datetime
) -> None:
    """It is not looked at, for a ground of `data/reconsideration.yaml`. Needs `claims.reconsider`.

    Raises ReconsiderationNotFound, NotYourReconsideration, ConflictingDuties, NotPossibleNow, InvalidReconsideration.
    """
    row, claim = load_reconsideration(actor, reconsideration_id)
    state = RECONSIDERATION.after(row.state, "inadmissible")
    grounds = reconsideration_rules().grounds
    if ground not in grounds or (ground == "late" and not row.late):
        raise _invalid(
            "ground",
            "choose why it is not looked at; it is late only after its period",
            "请选择不予受理的原因；在期限内提出的，不能以逾期为由不予受理",
        )
    row.ground = ground
    name, name_en = grounds[ground]
    _end(
        row,
        claim,
        state,
        "inadmissible",
        _words(decision),
        actor=actor,
        now=now,
        result=(f"不予受理：{name}", f"not admissible: {name_en}"),
    )


def _reopen(claim: Claim, decision: str, *, actor: Actor, now: datetime) -> None:
    terms = terms_for(claim.item_code)
    party_id = claim.enterprise.pk
    receipt = freeze(
        actor=PLATFORM, party_id=party_id, code=claim.item_code, now=now, applied_on=claim.applied_on
    )
    claim.receipt_id, claim.version = receipt.id, receipt.version
    # What experts gave it stays.
    claim.facts = {column: said for column, said in claim.facts.items() if column == SCORE_FACT} | {
        each.column: {
            "value": each.value,
            "source": each.source,
            "as_of": each.as_of.isoformat() if each.as_of else None,
        }
        for each in receipt.facts
    }
    if receipt.certain_fen == receipt.possible_fen:
        claim.expected_fen = receipt.certain_fen
    claim.award_fen = claim.decided_at = claim.decided_event = None
    claim.accepted_by = claim.reviewed_by = claim.approved_by = ""
    claim.grounds, claim.reason = [], ""
    move(claim, "reopened", actor=actor, now=now, reason=decision)
    case = start_case(
        actor=PLATFORM,
        definition=AGAIN,
        subject=Subject(
            SUBJECT, str(claim.pk), f"{claim.enterprise.name}：{claim.item_name}（复核后重新审核）"
        ),
        party_id=party_id,
        region_code=get_party(actor=PLATFORM, party_id=party_id).region_code or "",
        agencies={"agency": terms.agency_id, "approving": terms.agency_id},
        now=now,
    )
    claim.case_id = case.id
    claim.save(update_fields=["case_id"])


def _raise_award(
    row: Reconsideration, claim: Claim, decision: str, state: str, *, actor: Actor, now: datetime
) -> None:
    """What the facts of today come to beyond the award becomes one more instalment, with a budget of its own. Where the
    terms ask for publicity the award comes before the public once more.
    """
    CLAIM.after(claim.state, "raised")
    ensure_not_contradicted(claim)
    terms = terms_for(claim.item_code)
    lock_party(claim.enterprise.pk)
    decided = decide_again(claim, actor=PLATFORM, now=now)
    whole = worth(claim, decided, now=now)
    day = timezone.localdate(now)
    shared = sharing_of(version_id=decided.item.version_id, day=day)
    if shared is not None and shared.together:
        raise NotPossibleNow(
            "what a ranking or a pool gave to everybody at once is not changed for one",
            message_zh="按名额排序或者按比例统一分配的金额，不能单独调整；如分配有误，请维持并说明更正方式",
            value=claim.number,
        )
    before = claim.award_fen or 0
    wanted = first_come(claim, version_id=decided.item.version_id, day=day, wanted_fen=whole.amount_fen)
    more = wanted - before
    if more <= 0:
        raise NotPossibleNow(
            f"the facts of today come to no more than the {yuan(before)} yuan awarded",
            message_zh=f"按今天的数据测算不超过已核准的 {yuan(before)} 元，不能增加；请维持原决定并说明理由",
            value=claim.number,
        )
    in_flight = PaymentOrder.objects.filter(claim=claim, state__in=OPEN).exists()
    before_public = bool(terms.publicity_working_days)
    if before_public and in_flight:
        raise NotPossibleNow(
            f"{claim.number} is being paid; what is raised comes before the public when the bank has answered",
            message_zh="该申请正在拨付；增加的金额须重新公示，请在银行回执后再作变更",
            value=claim.number,
        )
    row.added_fen, row.state, row.decision = more, state, decision
    row.decided_by, row.decided_by_name, row.decided_at = reference_of(actor), actor.name, now
    row.save()
    state_before = claim.state
    claim.award_fen = wanted
    if before_public:
        # The whole award is shown once more, as it is now; nothing of it is paid until its period is over.
        step(claim, "raised_for_public", now=now)
    elif state_before in {"partly_paid", "paid"}:
        usable = claim.account is not None and claim.account.state == "usable"
        follow_parts(claim, ["due"], in_flight=in_flight, usable=usable, now=now)
    claim.save()
    event = record(
        actor=actor,
        action="claims.raised",
        target=target_of(claim),
        now=now,
        before={"state": state_before, "award_fen": before},
        after={"state": claim.state, "award_fen": wanted, "version": decided.version},
        reason=decision[:400],
    )
    part = replace(cut(whole, more), parts=(Part("", "复核增加", more),))
    reserve([(claim, part)], fund=terms.fund, reference=f"claim:{claim.pk}", event_id=event, now=now)
    _end(
        row,
        claim,
        state,
        "changed",
        decision,
        actor=actor,
        now=now,
        result=(f"变更原决定，增加 {yuan(more)} 元", f"changed; raised by {yuan(more)} yuan"),
    )
    screen([claim.pk], "approved", now=now)
    hold_back(claim, actor=actor, now=now)


def _end(
    row: Reconsideration,
    claim: Claim,
    state: str,
    what: str,
    decision: str,
    *,
    actor: Actor,
    now: datetime,
    result: tuple[str, str],
) -> None:
    row.state, row.decision = state, decision
    row.decided_by, row.decided_by_name, row.decided_at = reference_of(actor), actor.name, now
    row.decided_event = note(
        row,
        claim,
        what,
        actor=actor,
        now=now,
        after={"state": state, "added_fen": row.added_fen, "ground": row.ground},
        reason=decision,
    )
    row.save()
    meet_deadline(actor=PLATFORM, deadline_id=row.deadline_id, now=now)
    tell_enterprise(
        claim,
        "reconsidered",
        now=now,
        reconsideration=row.number,
        result=result[0],
        result_en=result[1],
        decision=decision,
    )


def _words(text: str) -> str:
    text, longest = text.strip(), reconsideration_rules().longest_decision
    if not 4 <= len(text) <= longest:
        raise _invalid(
            "decision",
            f"give the reason in 4 to {longest} characters; the enterprise reads it",
            f"请填写复核意见（4 到 {longest} 字），企业可以看到",
        )
    return text


def _invalid(field: str, message: str, message_zh: str) -> InvalidReconsideration:
    return InvalidReconsideration(message, message_zh=message_zh, field=field)
