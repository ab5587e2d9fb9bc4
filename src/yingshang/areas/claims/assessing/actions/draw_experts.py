"""Experts are drawn for claims, the next one takes a seat that somebody left, and a panel nobody is left for ends."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.clock.api import get_deadline
from yingshang.kernel.ledger.api import latest_checkpoint

from ...actions.begin_claim import terms_for
from ...errors import InvalidScoring, NotPossibleNow
from ...lifecycle import SCORING, SEAT
from ...models import Claim, PanelClaim, ScoringPanel
from ..drawing import pool_for
from ..rules import as_data, limits, scoring_rules
from ..steps import (
    REVIEW,
    clean,
    drop,
    end_seat,
    fill_seats,
    load_panel,
    longest_remark,
    named,
    note_panel,
)


@transaction.atomic
def draw_experts(*, actor: Actor, claim_ids: Collection[int], now: datetime) -> int:
    """Draw the experts who score these claims of one item, all of them together; the number of the panel.

    Each has to be under review, and in no panel yet: a draw that is done is not done again. Who has an interest in one
    of them is passed over. Needs `claims.review`. Raises InvalidScoring with the field, NoTerms.
    """
    scope = actor.require(REVIEW)
    numbers, most = sorted(set(claim_ids)), int(limits()["scoring"]["most_claims"])
    if not 1 <= len(numbers) <= most:
        raise _wrong(f"choose 1 to {most} claims", f"请选择 1 到 {most} 件申请", "claims")
    rows = list(
        scope.filter(
            Claim.objects.select_for_update(of=("self",)).select_related("party__merged_into"),
            region="region_path",
        )
        .filter(pk__in=numbers)
        .order_by("pk")
    )
    if len(rows) < len(numbers):
        raise _wrong("not all of them are within your reach", "部分申请不存在，或者您不能办理", "claims")
    if len({(each.item_code, each.region_path) for each in rows}) > 1:
        raise _wrong("they are of one item and place", "只能选择同一地区、同一事项的申请", "claims")
    strange = [each.number for each in rows if each.state != "reviewing"]
    if strange:
        raise _wrong(
            f"these are not under review: {', '.join(strange)}",
            "以下申请不在审核中：" + "、".join(strange),
            "claims",
        )
    terms = terms_for(rows[0].item_code)
    if not terms.scoring:
        raise _wrong(
            "the terms of the item say nothing of scoring; set criteria and experts there",
            "该事项的办理规则没有设定专家评审；请先设定评分指标和专家人数",
            "claims",
        )
    rules = scoring_rules(terms.scoring)
    checkpoint = latest_checkpoint()
    secret = secrets.token_hex(16)
    panel = ScoringPanel.objects.create(
        number=uuid4().hex,
        item_code=terms.item_code,
        item_name=rows[0].item_name,
        agency_id=terms.agency_id,
        region_path=rows[0].region_path,
        rules=as_data(rules),
        pool=sorted(pool_for(rows[0].region_path, rules.fields).values_list("number", flat=True)),
        checkpoint_size=checkpoint.size if checkpoint else 0,
        checkpoint_root=checkpoint.root.hex() if checkpoint else "",
        secret=secret,
        commitment=hashlib.sha256(secret.encode()).hexdigest(),
        drawn_at=now,
        drawn_by=reference_of(actor),
        drawn_by_name=actor.name,
    )
    panel.number = f"PS{timezone.localdate(now):%Y%m%d}{panel.pk:06d}"
    panel.save(update_fields=["number"])
    try:
        with transaction.atomic():
            PanelClaim.objects.bulk_create(PanelClaim(panel=panel, claim=each) for each in rows)
    except IntegrityError:
        raise _wrong(
            "experts were drawn for some of them already", "部分申请已抽取过专家，不能重复抽取", "claims"
        ) from None
    fill_seats(panel, rules.experts, now=now)
    note_panel(
        panel,
        "experts_drawn",
        actor=actor,
        now=now,
        after={
            "claims": named(rows),
            "experts": rules.experts,
            "pool": len(panel.pool),
            "pool_digest": hashlib.sha256("\n".join(panel.pool).encode()).hexdigest(),
            "checkpoint": panel.checkpoint_size,
            "commitment": panel.commitment,
        },
    )
    return int(panel.pk)


@transaction.atomic
def replace_expert(*, actor: Actor, panel_id: int, seat_id: int, reason: str, now: datetime) -> None:
    """Give the seat of an expert who is late to the next of the draw. Needs `claims.review`.

    Raises ScoringNotFound, NotPossibleNow before the deadline, InvalidScoring without a reason or with nobody left.
    """
    panel = load_panel(actor, panel_id, REVIEW)
    SCORING.after(panel.state, "reseated")
    seat = panel.seats.select_for_update(of=("self",)).filter(pk=seat_id).first()
    if seat is None:
        raise _wrong("no such seat", "没有这个评审席位", "seat")
    SEAT.after(seat.state, "replaced")
    said = clean(reason, longest_remark())
    if said is None:
        raise _wrong(
            f"say why, in at most {longest_remark()} characters",
            f"请写明更换理由（不超过 {longest_remark()} 字）",
            "reason",
        )
    due_at = get_deadline(seat.deadline_id, now=now).due_at if seat.deadline_id else seat.due_at
    if now <= due_at:
        raise NotPossibleNow(
            f"the expert has until {due_at.isoformat()}",
            message_zh=f"该专家的评分期限是 {seat.due_on}，逾期后才能更换",
            value=seat_id,
        )
    end_seat(seat, "replaced", now=now, reason=said)
    fill_seats(panel, 1, now=now)
    note_panel(panel, "expert_replaced", actor=actor, now=now, after={"seat": seat.place}, reason=said)


@transaction.atomic
def drop_scoring(*, actor: Actor, panel_id: int, reason: str, now: datetime) -> None:
    """End a panel whose draw has nobody left, so that one can draw anew from a larger register.

    Never one that could still be filled: nobody draws until the draw suits them. Needs `claims.review`.
    Raises ScoringNotFound, NotPossibleNow, InvalidScoring without a reason.
    """
    panel = load_panel(actor, panel_id, REVIEW)
    SCORING.after(panel.state, "dropped")
    said = clean(reason, longest_remark())
    if said is None:
        raise _wrong("say why", f"请写明理由（不超过 {longest_remark()} 字）", "reason")
    late = [seat for seat in panel.seats.filter(state="invited") if now > seat.due_at]
    if not late or _somebody_left(panel, now):
        raise NotPossibleNow(
            "it ends without result only where a seat is late and the draw has nobody left",
            message_zh="只有专家逾期且没有可递补的专家时，才能终止评审、重新抽取",
            value=panel_id,
        )
    drop(panel, now=now, reason=said)
    note_panel(panel, "scoring_dropped", actor=actor, now=now, reason=said)


def _somebody_left(panel: ScoringPanel, now: datetime) -> bool:
    """Whether the order has a next one: tried, and taken back."""
    try:
        with transaction.atomic():
            fill_seats(panel, 1, now=now)
            raise _Tried
    except _Tried:
        return True
    except InvalidScoring:
        return False


class _Tried(Exception):
    """It can be done; the trial is taken back."""


def _wrong(message: str, message_zh: str, field: str) -> InvalidScoring:
    return InvalidScoring(message, message_zh=message_zh, field=field)
