"""An enterprise says how a step of its claim went, and says it anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import meet_deadline

from ...actions._steps import PLATFORM
from ...errors import InvalidRating, NotPossibleNow
from ...lifecycle import FOLLOW_UP
from ...models import Rating
from ...reach import load
from ..rules import rating_rules
from ..steps import checked_words, note, open_follow_up, steps_reached


@transaction.atomic
def rate_claim(
    *,
    actor: Actor,
    claim_id: int,
    step: str,
    level: int,
    reasons: Sequence[str] = (),
    words: str = "",
    now: datetime,
) -> int:
    """Rate a step that was reached, once; given again it is changed, as long as that is possible. A bad one opens a
    follow-up; one given anew after a correction ends it. The number of the rating.

    Needs `claims.apply_own`. Raises ClaimNotFound, InvalidRating with the field, NotPossibleNow.
    """
    claim = load(actor, claim_id, "claims.apply_own")
    rules = rating_rules()
    if step not in rules.steps or step not in steps_reached(claim):
        raise InvalidRating(
            f"{step} of {claim.number} cannot be rated yet",
            message_zh="这个环节还没有办结，不能评价",
            field="step",
            value=step,
        )
    chosen = rules.levels.get(level)
    if chosen is None:
        raise InvalidRating(
            "choose one of the five levels", message_zh="请选择五个等级之一", field="level", value=level
        )
    kept = [code for code in rules.reasons if code in set(reasons)]
    if len(kept) != len(set(reasons)) or any(rules.reasons[code].bad != chosen.bad for code in kept):
        raise InvalidRating(
            "the reasons do not go with the level", message_zh="所选原因与评价等级不符", field="reasons"
        )
    words = checked_words(words)
    row = Rating.objects.select_related("claim").filter(claim=claim, step=step).first()
    if row is not None:
        return _anew(row, actor=actor, level=level, reasons=kept, words=words, now=now)
    row = Rating(
        claim=claim,
        step=step,
        level=level,
        first_level=level,
        reasons=kept,
        words=words,
        agency_id=claim.agency_id,
        region_path=claim.region_path,
        item_code=claim.item_code,
        given_at=now,
        given_by_id=int(actor.identifier) if actor.kind == "user" else None,
        given_by_name=actor.name,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise NotPossibleNow(
            "somebody of the enterprise rated it at this moment",
            message_zh="本企业刚刚有人评价了这个环节",
            value=claim.number,
        ) from None
    note(row, "rated", actor=actor, now=now, after={"step": step, "level": level, "reasons": kept})
    if chosen.bad:
        open_follow_up(row, now=now)
    return int(row.pk)


def _anew(row: Rating, *, actor: Actor, level: int, reasons: list[str], words: str, now: datetime) -> int:
    follow_up = getattr(row, "follow_up", None)
    rules = rating_rules()
    waits = follow_up is not None and FOLLOW_UP.states[follow_up.state].open
    if row.excluded or not (waits or now <= row.given_at + timedelta(days=rules.change_days)):
        raise NotPossibleNow(
            f"a rating can be changed for {rules.change_days} days",
            message_zh=f"评价后 {rules.change_days} 天内可以修改，现在已不能修改",
            value=row.pk,
        )
    before, row.level = row.level, level
    row.reasons, row.words, row.changed_at = reasons, words, now
    row.save(update_fields=["level", "reasons", "words", "changed_at"])
    note(
        row,
        "rating_changed",
        actor=actor,
        now=now,
        before={"level": before},
        after={"level": level, "reasons": reasons},
    )
    bad = rules.levels[level].bad
    if waits and follow_up is not None and (not bad or follow_up.state == "corrected"):
        follow_up.state = FOLLOW_UP.after(follow_up.state, "rated_anew")
        follow_up.ended_at = now
        follow_up.save(update_fields=["state", "ended_at"])
        if not follow_up.corrected_at:
            meet_deadline(actor=PLATFORM, deadline_id=follow_up.deadline_id, now=now)
    elif bad and follow_up is None:
        open_follow_up(row, now=now)
    return int(row.pk)
