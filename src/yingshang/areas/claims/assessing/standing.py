"""What stands before an approval: scores that are still to come, visits that are still to be made or dealt with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yingshang.kernel.access.api import Actor

from ..errors import NotAssessed
from ..models import Claim, FieldCheck, ScoringPanel, ScoringSeat

VISITED = ("recorded", "answered")


def ensure_scored(claim: Claim) -> None:
    """That experts have scored a claim. Raises NotAssessed."""
    if not ScoringPanel.objects.filter(claims__claim=claim, claims__active=True, state="completed").exists():
        raise NotAssessed(
            f"the experts of {claim.number} have not all scored",
            message_zh="专家评审还没有完成；请先抽取专家，全部评分后再办理",
            value=claim.number,
        )


def ensure_checked(claim: Claim) -> None:
    """That somebody has been there and wrote down what they found. Raises NotAssessed."""
    if not FieldCheck.objects.filter(claim=claim, state__in=VISITED).exists():
        raise NotAssessed(
            f"no field check of {claim.number} is recorded",
            message_zh="还没有实地核查记录；请先安排核查并登记结果",
            value=claim.number,
        )


def ensure_assessed(claim: Claim, asked: Mapping[str, Any], *, actor: Actor) -> None:
    """That nothing of this kind stands before the approval. `asked` are the facts of the case: what it was begun with.

    Raises NotAssessed while a scoring or a visit is under way, one that is asked for is missing, or the last visit
    found it not to be as claimed and nobody has dealt with that; and for an expert who scored it.
    """
    if asked.get("experts"):
        ensure_scored(claim)
    elif ScoringPanel.objects.filter(claims__claim=claim, claims__active=True, state="open").exists():
        raise _open(claim, "its experts have not all scored", "专家评审还在进行，全部评分后才能核准")
    checks = list(FieldCheck.objects.filter(claim=claim).order_by("recorded_at", "pk"))
    if any(each.state == "ordered" for each in checks):
        raise _open(claim, "a field check is still to be made", "实地核查还没有完成，登记结果后才能核准")
    if asked.get("field"):
        ensure_checked(claim)
    visits = [each for each in checks if each.state in VISITED]
    if visits and visits[-1].state == "recorded" and visits[-1].conclusion == "not_as_claimed":
        raise _open(
            claim,
            "the field check found it not to be as claimed; somebody else has to deal with that first",
            "实地核查结论为“与申报不符”，须由核查人以外的人员填写处理意见，或再次核查后才能核准",
        )
    if (
        actor.kind == "user"
        and ScoringSeat.objects.filter(
            panel__claims__claim=claim, expert__user=int(actor.identifier), state="scored"
        ).exists()
    ):
        raise _open(claim, "who scored a claim does not approve it", "为该申请评分的专家不能核准该申请")


def plainly_assessed(claim: Claim) -> bool:
    """Whether no visit found anything that a person has to weigh."""
    rows = FieldCheck.objects.filter(claim=claim)
    return not rows.exclude(state="cancelled").exclude(conclusion="as_claimed").exists()


def _open(claim: Claim, message: str, message_zh: str) -> NotAssessed:
    return NotAssessed(f"{claim.number}: {message}", message_zh=message_zh, value=claim.number)
