"""An enterprise asks for reconsideration, or does not want it any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import Owner as ClockOwner
from yingshang.kernel.clock.api import cancel_deadline, start_deadline
from yingshang.kernel.documents.api import Owner, store

from ...actions._steps import PLATFORM
from ...actions.keep_accounts import usable_account
from ...errors import InvalidReconsideration, NotPossibleNow
from ...lifecycle import RECONSIDERATION
from ...models import Claim, ItemTerms, Reconsideration
from ...models.claims import ENDED_WITHOUT
from ...reach import OWN, load
from ..rules import ASKED, reconsideration_rules, region_code
from ..steps import OWNER, Decided, decision_of, not_found, note, tell_deciders


@transaction.atomic
def ask_reconsideration(
    *,
    actor: Actor,
    claim_id: int,
    reasons: str,
    files: Sequence[tuple[str, Any]] = (),
    late_reason: str = "",
    account_id: int | None = None,
    now: datetime,
) -> int:
    """Ask that the decision on a claim be looked at once more; the number of the reconsideration.

    `files` are names with contents. After the period it can be asked for with a reason why; whether that holds is
    decided. A claim that was never given an account needs one. Needs `claims.apply_own`. Raises ClaimNotFound,
    NotPossibleNow, InvalidReconsideration with the field, AccountNotFound, RefusedFile.
    """
    claim = load(actor, claim_id, OWN)
    decided = _decision(claim)
    rules = reconsideration_rules()
    reasons, late_reason = reasons.strip(), late_reason.strip()
    if not 10 <= len(reasons) <= rules.longest_reasons:
        raise _invalid(
            "reasons",
            f"say in 10 to {rules.longest_reasons} characters what is wrong with the decision, and why",
            f"请写明不服的内容和理由（10 到 {rules.longest_reasons} 字）",
        )
    if len(late_reason) > rules.longest_late_reason:
        raise _invalid(
            "late_reason",
            f"write at most {rules.longest_late_reason} characters",
            f"逾期理由不超过 {rules.longest_late_reason} 字",
        )
    late = timezone.localdate(now) > decided.ask_by
    if late and not late_reason:
        raise _invalid(
            "late_reason",
            f"the period ended on {decided.ask_by}; say why you ask only now",
            f"申请复核的期限已于 {decided.ask_by} 届满；有正当理由的，请写明逾期的理由",
        )
    if len(files) > rules.most_files:
        raise _invalid("files", f"at most {rules.most_files} files", f"最多上传 {rules.most_files} 个文件")
    _take_account(claim, decided, account_id)
    row = _new(claim, decided, actor=actor, now=now)
    row.reasons, row.late_reason = reasons, late_reason if late else ""
    row.files = [_kept(name, content, row, claim, actor=actor, now=now) for name, content in files]
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise NotPossibleNow(
            "it was asked for already; a decision is reconsidered once",
            message_zh="该决定已经申请过复核；对复核结果不服的，可以依法申请行政复议",
            value=claim.number,
        ) from None
    row.asked_event = note(
        row,
        claim,
        "asked",
        actor=actor,
        now=now,
        after={"late": late, "files": len(row.files)},
        reason=reasons,
    )
    row.save(update_fields=["asked_event"])
    tell_deciders(row, claim, now=now)
    return int(row.pk)


@transaction.atomic
def withdraw_reconsideration(*, actor: Actor, reconsideration_id: int, now: datetime) -> None:
    """It is not wanted any more; within its period it can be asked for anew. Needs `claims.apply_own`.

    Raises ReconsiderationNotFound, NotPossibleNow.
    """
    rows = actor.require(OWN).filter(
        Reconsideration.objects.all(), region="region_path", party="claim__party"
    )
    row = rows.filter(pk=reconsideration_id).first()
    if row is None:
        raise not_found(reconsideration_id)
    claim = load(actor, row.claim_id, OWN)
    row = Reconsideration.objects.select_for_update().get(pk=row.pk)
    row.state, row.decided_at = RECONSIDERATION.after(row.state, "withdrawn"), now
    row.decided_event = note(row, claim, "withdrawn", actor=actor, now=now)
    row.save(update_fields=["state", "decided_at", "decided_event"])
    cancel_deadline(actor=PLATFORM, deadline_id=row.deadline_id, reason="企业撤回复核申请", now=now)


def claimed_again(claim: Claim) -> bool:
    """Whether the enterprise has another claim for the same that is not over."""
    others = Claim.objects.filter(party=claim.party_id, item_code=claim.item_code, period=claim.period)
    return others.exclude(pk=claim.pk).exclude(state__in=ENDED_WITHOUT).exists()


def _decision(claim: Claim) -> Decided:
    decided = decision_of(claim)
    if decided is None:
        raise NotPossibleNow(
            f"{claim.number} has no decision that can be reconsidered: it was neither refused nor reduced",
            message_zh="该申请没有可以复核的决定：只有不予兑付、未入围，或者核准金额低于测算金额的可以申请复核",
            value=claim.number,
        )
    if decided.about == "refusal" and claimed_again(claim):
        raise NotPossibleNow(
            "there is a new claim for the same already; it is decided there",
            message_zh="您已就同一事项重新申请，请在新的申请中办理；撤回新的申请后可以申请复核",
            value=claim.number,
        )
    return decided


def _take_account(claim: Claim, decided: Decided, account_id: int | None) -> None:
    usable = claim.account is not None and claim.account.state == "usable"
    if decided.about != "refusal" or (usable and account_id is None):
        return
    if account_id is None:
        raise _invalid(
            "account",
            "say which account the money would go to",
            "请选择收款账户：复核后恢复办理的，资金拨付到这里",
        )
    claim.account = usable_account(party_id=claim.enterprise.pk, account_id=account_id)
    claim.save(update_fields=["account"])


def _new(claim: Claim, decided: Decided, *, actor: Actor, now: datetime) -> Reconsideration:
    terms = ItemTerms.objects.filter(item_code=claim.item_code).first()
    other = terms.reconsider_agency_id if terms else None
    agency_id = other or claim.agency_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [Reconsideration._meta.db_table])
        number = int(cursor.fetchone()[0])
    rules = reconsideration_rules()
    deadline = start_deadline(
        actor=PLATFORM,
        owner=ClockOwner(OWNER, str(number)),
        kind="case",
        name=f"复核：{claim.item_name}",
        name_en=f"Reconsideration: {claim.item_name}",
        term=rules.decide,
        started_at=now,
        region_code=region_code(claim.region_path),
        agency_id=agency_id,
        party_id=claim.party_id,
        ladder=rules.ladder,
        now=now,
        start_event=ASKED,
    )
    return Reconsideration(
        id=number,
        number=f"FH{timezone.localtime(now):%Y%m%d}{number:08d}",
        claim=claim,
        about=decided.about,
        about_event=decided.event,
        first_decided_by=decided.by,
        agency_id=agency_id,
        elsewhere=other is not None and other != claim.agency_id,
        region_path=claim.region_path,
        told_at=decided.told_at,
        ask_by=decided.ask_by,
        asked_at=now,
        asked_by_id=int(actor.identifier) if actor.kind == "user" else None,
        asked_by_name=actor.name,
        due_on=deadline.due_on,
        deadline_id=deadline.id,
        rules_version=rules.version,
    )


def _kept(
    name: str, content: Any, row: Reconsideration, claim: Claim, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    rules = reconsideration_rules()
    document = store(
        actor=actor,
        content=content,
        name=name,
        owner=Owner(OWNER, str(row.pk)),
        party_id=claim.party_id,
        region_path=claim.region_path,
        agency_id=row.agency_id,
        allowed=rules.kinds,
        largest=rules.largest_bytes,
        now=now,
    )
    return {"document_id": document.id, "name": document.name}


def _invalid(field: str, message: str, message_zh: str) -> InvalidReconsideration:
    return InvalidReconsideration(message, message_zh=message_zh, field=field)
