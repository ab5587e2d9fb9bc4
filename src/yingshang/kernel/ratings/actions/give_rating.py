"""Somebody says how a step of a service went, and says it anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from yingshang.kernel.access.api import VISITOR, Actor, lookup_hash
from yingshang.kernel.clock.api import cancel_deadline, meet_deadline

from ..errors import InvalidRating, NotPossibleNow
from ..kinds import Rated, rated_kind
from ..lifecycle import FOLLOW_UP
from ..models import Rating, RatingAppeal, RatingFollowUp
from ..rules import RatingRules, unknown_answers
from ..steps import PLATFORM, checked_words, end, note, open_follow_up


@transaction.atomic
def give_rating(
    *,
    actor: Actor,
    subject: Rated,
    step: str,
    level: int,
    reasons: Sequence[str] | None = (),
    answers: Mapping[str, bool] | None = None,
    words: str | None = "",
    done_at: datetime | None = None,
    now: datetime,
) -> int:
    """Rate a step, once; given again it is changed, as long as that is possible. A bad one opens a follow-up; one
    given anew after a correction ends it. The number of the rating.

    Called by the area whose service it is, in its own action: it has loaded and locked the subject, knows that the
    actor may rate it and that the step was reached. `done_at` is when the step was last done, where it can be done
    more than once: who was answered again may say how that was. Without `reasons` or `words` (None) those that were
    given stay, while the level stays good or bad. Of a subject that is not `named` the event tells nobody who rated.

    Raises UnknownRatedKind, InvalidRating with the field, NotPossibleNow.
    """
    rules = rated_kind(subject.kind).rules
    kept = _checked(rules, step, level, reasons or (), answers or {})
    told = {code: bool((answers or {})[code]) for code in rules.questions if code in (answers or {})}
    written = None if words is None else checked_words(words, rules)
    # Whoever reads events does not learn either who it was.
    teller = actor if subject.named else VISITOR
    rows = Rating.objects.select_for_update().filter(kind=subject.kind, subject_id=subject.id, step=step)
    row = rows.first()
    if row is not None:
        if row.excluded and not _done_again(row, done_at):
            raise NotPossibleNow(
                "it was excluded after an appeal, and can be given anew once this was done again",
                message_zh="这条评价经申诉认定不计入统计，不能再修改；再次办理后可以重新评价",
                value=row.pk,
            )
        if not may_change(row, rules, now=now, done_at=done_at):
            raise NotPossibleNow(
                f"a rating can be changed for {rules.change_days} days",
                message_zh=f"评价后 {rules.change_days} 天内可以修改，现在已不能修改",
                value=row.pk,
            )
        return _anew(
            row,
            subject,
            rules,
            actor=teller,
            level=level,
            reasons=None if reasons is None else kept,
            answers=told,
            words=written,
            done_at=done_at,
            now=now,
        )
    row = Rating(
        kind=subject.kind,
        subject_id=subject.id,
        number=subject.number[:40],
        label=subject.label[:200],
        group=subject.group[:80],
        step=step,
        level=level,
        first_level=level,
        reasons=kept,
        answers=told,
        words=written or "",
        party_id=subject.party_id if subject.named else None,
        rater=_apart(f"{subject.kind} {subject.rater}"),
        agency_id=subject.agency_id,
        region_path=subject.region_path,
        given_at=now,
        given_by_id=int(actor.identifier) if subject.named and actor.kind == "user" else None,
        given_by_name=actor.name if subject.named else "",
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise NotPossibleNow(
            "it was rated at this very moment", message_zh="刚刚已经有人评价了这个环节", value=subject.number
        ) from None
    note(
        row,
        "rated",
        actor=teller,
        now=now,
        after={"kind": row.kind, "step": step, "level": level, "reasons": kept, "answers": told},
    )
    if rules.bad(level, told):
        open_follow_up(row, now=now)
    return int(row.pk)


def _apart(rater: str) -> int:
    """64 bits of a keyed hash: numbers are counted apart much sooner than texts."""
    return int.from_bytes(bytes.fromhex(lookup_hash(rater))[:8], signed=True)


def may_change(row: Rating, rules: RatingRules, *, now: datetime, done_at: datetime | None = None) -> bool:
    """Whether a rating may be given anew: for some days, while its follow-up waits, and once it was done again."""
    if row.excluded and not _done_again(row, done_at):
        return False
    since = row.given_at if done_at is None else max(row.given_at, done_at)
    return waits(row) or now <= since + timedelta(days=rules.change_days)


def _done_again(row: Rating, done_at: datetime | None) -> bool:
    """Whether the step was done once more since something was said of it."""
    return done_at is not None and done_at > (row.changed_at or row.given_at)


def waits(row: Rating) -> bool:
    """Whether a follow-up of it is open."""
    follow_up = getattr(row, "follow_up", None)
    return follow_up is not None and FOLLOW_UP.states[follow_up.state].open


def _checked(
    rules: RatingRules, step: str, level: int, reasons: Sequence[str], answers: Mapping[str, bool]
) -> list[str]:
    """The reasons, in the order of the rules. Raises InvalidRating."""
    if step not in rules.steps:
        raise InvalidRating(
            f"there is no step {step}", message_zh="没有这个环节，不能评价", field="step", value=step
        )
    if level not in rules.levels:
        raise InvalidRating(
            "choose one of the five levels", message_zh="请选择五个等级之一", field="level", value=level
        )
    if unknown := unknown_answers(rules, answers):
        raise InvalidRating(
            f"nobody asked {', '.join(unknown)}",
            message_zh=f"没有问过：{'、'.join(unknown)}",
            field="answers",
            value=unknown,
        )
    fitting = rules.fitting(level, answers)
    if not set(reasons) <= set(fitting):
        raise InvalidRating(
            "the reasons do not go with the level", message_zh="所选原因与评价等级不符", field="reasons"
        )
    return [code for code in fitting if code in set(reasons)]


def _anew(
    row: Rating,
    subject: Rated,
    rules: RatingRules,
    *,
    actor: Actor,
    level: int,
    reasons: list[str] | None,
    answers: dict[str, bool],
    words: str | None,
    done_at: datetime | None,
    now: datetime,
) -> int:
    done_again = _done_again(row, done_at)
    was_bad, bad = rules.bad(row.level, row.answers), rules.bad(level, answers)
    before = {"level": row.level, "answers": row.answers}
    if done_again:
        row.turn += 1
        # What was excluded was about the time before.
        row.excluded = False
    stays = was_bad == bad and not done_again
    if reasons is None:
        reasons = [each for each in row.reasons if stays and each in rules.fitting(level, answers)]
    if words is None:
        words = row.words if stays else ""
    if done_again or was_bad != bad:
        _end_appeal(row, decided=done_again)
    same_agency = row.agency_id == subject.agency_id
    if done_again or not waits(row):
        # Answered again by another agency: that one is meant now.
        row.agency_id, row.region_path = subject.agency_id, subject.region_path
    row.level, row.reasons, row.answers, row.words, row.changed_at = level, reasons, answers, words, now
    row.save()
    note(
        row,
        "changed",
        actor=actor,
        now=now,
        before=before,
        after={"level": level, "reasons": reasons, "answers": answers},
    )
    follow_up: RatingFollowUp | None = getattr(row, "follow_up", None)
    if follow_up is not None and waits(row) and (done_again or not bad or follow_up.state == "corrected"):
        _end_follow_up(follow_up, row, content=not bad and same_agency, now=now)
    if bad and not waits(row) and _to_follow_up(follow_up, done_at):
        open_follow_up(row, now=now)
    return int(row.pk)


def _to_follow_up(before: RatingFollowUp | None, done_at: datetime | None) -> bool:
    """Whether a bad one opens a follow-up: unless something was put right since the step was last done."""
    return (
        before is None or before.corrected_at is None or (done_at is not None and done_at > before.opened_at)
    )


def _end_follow_up(row: RatingFollowUp, rating: Rating, *, content: bool, now: datetime) -> None:
    """It is over: who rated is content after all, rates anew what was put right, or was served once more."""
    end(row, rating, FOLLOW_UP.after(row.state, "rated_anew"), now=now)
    if row.corrected_at:
        return
    if content:
        meet_deadline(actor=PLATFORM, deadline_id=row.deadline_id, now=now)
    else:
        cancel_deadline(actor=PLATFORM, deadline_id=row.deadline_id, reason="再次办理后重新评价", now=now)


def _end_appeal(row: Rating, *, decided: bool) -> None:
    """An appeal was about what is no longer said; a `decided` one too, once the step was done again."""
    states = ["open", "upheld", "rejected"] if decided else ["open"]
    RatingAppeal.objects.filter(rating=row, state__in=states).update(state="over")
