"""A reviewer says what they hold of a finding, and why."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor

from ...actions._steps import load_version, note_version
from ...errors import NotPossibleNow
from ...models import FindingJudgement, ItemVersion
from .._steps import REVIEW, ensure_not_own
from ..conflicts import conflicts
from ..errors import FindingNotFound, FindingsOpen, InvalidReview

VERDICTS = {
    "unfounded": ("不存在问题", "No problem"),
    "justified": ("有正当理由", "Justified"),
    "must_change": ("须修改", "Has to be changed"),
}


@transaction.atomic
def judge_finding(*, actor: Actor, code: str, key: str, verdict: str, reason: str, now: datetime) -> None:
    """Record what the actor holds of a finding of the version under review. Saying it again replaces what was said.

    Needs policies.review, which nobody has over what they wrote or handed in. Raises ItemNotFound,
    OwnSubmission, NotPossibleNow, FindingNotFound, InvalidReview.
    """
    row = load_version(actor, code, REVIEW, "draft", "reviewing", "returned", "approved")
    if row.state != "reviewing":
        raise NotPossibleNow(
            "findings are judged while the version is under review",
            message_zh="只有在审查中才能对提示作出判断",
            state=row.state,
        )
    ensure_not_own(row, actor)
    reason = reason.strip()
    if verdict not in VERDICTS:
        raise InvalidReview(
            f"{verdict!r} is no verdict; write one of {', '.join(VERDICTS)}",
            message_zh="请选择：不存在问题、有正当理由或须修改",
            field="verdict",
        )
    if not reason or len(reason) > 1000:
        raise InvalidReview(
            "give the reason in 1 to 1000 characters",
            message_zh="请填写理由（不超过 1000 字）",
            field="reason",
        )
    found = {each.key: each for each in conflicts(row, today=timezone.localdate(now))}
    finding = found.get(key)
    if finding is None:
        raise FindingNotFound(
            "the version has no such finding now; open the page again",
            message_zh="该提示已不存在，请刷新页面",
            value=key,
        )
    FindingJudgement.objects.update_or_create(
        version=row,
        key=key,
        defaults={
            "rule": finding.rule,
            "text": "\n".join(each for each in (finding.title, finding.excerpt, finding.text) if each),
            "digest": row.digest,
            "verdict": verdict,
            "reason": reason,
            "judged_at": now,
            "judged_by_name": actor.name,
        },
    )
    note_version(
        row,
        "finding_judged",
        actor=actor,
        now=now,
        after={"rule": finding.rule, "key": key, "verdict": verdict},
        reason=reason,
    )


def ensure_judged(row: ItemVersion, *, now: datetime) -> None:
    """That somebody has said of every finding why it does not stand in the way. Raises FindingsOpen."""
    found = conflicts(row, today=timezone.localdate(now))
    said = {each.key: each.verdict for each in row.judgements.filter(key__in=[each.key for each in found])}
    waiting = [each for each in found if each.key not in said]
    if waiting:
        listed = "、".join(dict.fromkeys(each.title for each in waiting))
        raise FindingsOpen(
            f"{len(waiting)} findings wait for a judgement: "
            + ", ".join(dict.fromkeys(each.title_en for each in waiting)),
            message_zh=f"还有 {len(waiting)} 项提示没有作出判断：{listed}",
            keys=[each.key for each in waiting],
        )
    wrong = [each for each in found if said[each.key] == "must_change"]
    if wrong:
        raise FindingsOpen(
            "a change was asked for; return the version, or judge anew",
            message_zh=f"“{wrong[0].title}”已判断为须修改，请退回修改，或者重新判断",
            keys=[each.key for each in wrong],
        )
