"""An expert scores a claim, once; or says that they have an interest in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from yingshang.kernel.access.api import Actor

from ...errors import InvalidScores, InvalidScoring, ScoringNotFound
from ...lifecycle import SCORING, SEAT
from ...models import ScoreSheet
from ..rules import points_of, total_of
from ..steps import (
    clean,
    complete_if_all_in,
    end_seat,
    fill_seats,
    load_own_seat,
    longest_remark,
    note_panel,
    rules_of,
    score_if_done,
)


@transaction.atomic
def submit_scores(
    *,
    actor: Actor,
    panel_id: int,
    claim_id: int,
    points: Mapping[str, Any],
    remark: str,
    remarks: Mapping[str, str] | None = None,
    now: datetime,
) -> str:
    """Hand in one's score sheet of a claim, for good; the state of the panel then. With the last sheet of all, every
    claim of the panel has its result. Needs `claims.score` and a seat.

    Raises ScoringNotFound, NotPossibleNow, InvalidScores with the criterion, or `remark`, as field.
    """
    panel, seat = load_own_seat(actor, panel_id)
    SCORING.after(panel.state, "scored")
    SEAT.after(seat.state, "scored")
    asked = panel.claims.filter(claim=claim_id, active=True).select_related("claim").first()
    if asked is None:
        raise ScoringNotFound(
            f"claim {claim_id} is not to be scored here",
            message_zh="该申请不需要您评分，或者已经办结",
            value=claim_id,
        )
    if seat.sheets.filter(claim=claim_id).exists():
        # A sheet is handed in once: the state of the seat says so of the last, this of the others.
        raise InvalidScores(
            "this sheet was handed in already; it cannot be changed",
            message_zh="该申请的评分已提交，不能再修改",
            field="remark",
        )
    criteria = rules_of(panel).criteria
    given = points_of(criteria, points)
    said = clean(remark, longest_remark())
    beside = {code: text.strip() for code, text in (remarks or {}).items() if text.strip()}
    if said is None or any(len(text) > longest_remark() for text in beside.values()):
        raise InvalidScores(
            f"write a remark of at most {longest_remark()} characters",
            message_zh=f"请填写评审意见（不超过 {longest_remark()} 字）",
            field="remark",
        )
    ScoreSheet.objects.create(
        seat=seat,
        claim_id=claim_id,
        entries={
            code: {"points": str(value), "remark": beside.get(code, "")} for code, value in given.items()
        },
        remark=said,
        total=total_of(criteria, given),
        submitted_at=now,
    )
    score_if_done(panel, seat, now=now)
    done = complete_if_all_in(panel, now=now)
    note_panel(panel, "score_submitted", actor=actor, now=now, after={"claim": asked.claim.number, **done})
    return panel.state


@transaction.atomic
def declare_conflict(*, actor: Actor, panel_id: int, reason: str, now: datetime) -> None:
    """Step aside because of an interest of one's own; the next of the draw takes the seat. Nothing may be handed in
    yet. Needs `claims.score` and a seat. Raises ScoringNotFound, NotPossibleNow, InvalidScoring.
    """
    panel, seat = load_own_seat(actor, panel_id)
    SCORING.after(panel.state, "reseated")
    SEAT.after(seat.state, "conflicted")
    said = clean(reason, longest_remark())
    if said is None:
        raise InvalidScoring(
            "say what ties you to the enterprise",
            message_zh=f"请写明需要回避的关系（不超过 {longest_remark()} 字）",
            field="reason",
        )
    if seat.sheets.exists():
        raise InvalidScoring(
            "you have handed in a sheet already",
            message_zh="您已提交过评分，不能再申请回避；请联系组织评审的单位",
            field="reason",
        )
    end_seat(seat, "conflicted", now=now, reason=said)
    fill_seats(panel, 1, now=now)
    note_panel(panel, "conflict_declared", actor=actor, now=now, after={"seat": seat.place}, reason=said)
