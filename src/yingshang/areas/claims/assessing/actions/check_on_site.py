"""A field check: ordered, photographed, recorded by who was there, and dealt with where it was not as claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, colleagues, reference_of
from yingshang.kernel.documents.api import Owner, check_upload, re_encode_picture, remove_document, store

from ...actions.begin_claim import terms_for
from ...errors import InvalidFieldCheck, NotPossibleNow
from ...lifecycle import FIELD_CHECK
from ...models import FieldCheck, FieldPhoto
from ...reach import load
from ..geodata import place_of
from ..rules import conclusion_words, field_rules, limits
from ..steps import (
    PHOTOS,
    REVIEW,
    cancel,
    clean,
    end_clock,
    load_check,
    note_check,
    start_check_clock,
    tell_checker,
)

APPROVE = "claims.approve"


@dataclass(frozen=True, slots=True)
class Visit:
    """What is written down of a visit. `findings`: a text for each point that was asked."""

    visited_on: date
    place: str
    findings: Mapping[str, str]
    conclusion: str
    summary: str = ""


@transaction.atomic
def order_field_check(*, actor: Actor, claim_id: int, user_id: int, now: datetime) -> int:
    """Have somebody of the agency go there; the number of the check. Needs `claims.review`.

    Raises ClaimNotFound, NotPossibleNow, InvalidFieldCheck with the field.
    """
    claim = load(actor, claim_id, REVIEW)
    if claim.state != "reviewing":
        raise NotPossibleNow(
            f"{claim.number} is not under review", message_zh="只能核查审核中的申请", value=claim.number
        )
    terms = terms_for(claim.item_code)
    if not terms.field_check:
        raise _wrong(
            "the terms of the item say nothing of field checks; set the points there",
            "该事项的办理规则没有设定实地核查；请先设定核查要点",
            "claim",
        )
    if claim.field_checks.filter(state="ordered").exists():
        raise NotPossibleNow(
            "a field check of it is under way", message_zh="该申请已安排实地核查", value=claim.number
        )
    people = colleagues(REVIEW, agency_id=claim.agency_id, today=timezone.localdate(now))
    who = next((each for each in people if each.user_id == user_id), None)
    if who is None:
        raise _wrong(
            "choose somebody of the agency who reviews claims", "请选择兑现部门的审核人员", "user_id"
        )
    rules = field_rules(terms.field_check)
    check = FieldCheck(
        number=uuid4().hex,
        claim=claim,
        region_path=claim.region_path,
        points=[{"code": code, "name": name} for code, name in rules.points],
        photos_asked=rules.photos,
        assigned_id=who.user_id,
        assigned_name=who.name,
        ordered_at=now,
        ordered_by_name=actor.name,
        due_on=timezone.localdate(now),
    )
    check.save()
    check.number = f"HC{timezone.localdate(now):%Y%m%d}{check.pk:06d}"
    deadline = start_check_clock(check, rules.working_days, now=now)
    check.deadline_id, check.due_on = deadline.id, deadline.due_on
    check.save(update_fields=["number", "deadline_id", "due_on"])
    note_check(
        check,
        "field_check_ordered",
        actor=actor,
        now=now,
        after={"assigned": who.name, "due_on": check.due_on.isoformat()},
    )
    tell_checker(check, now=now)
    return int(check.pk)


@transaction.atomic
def add_photo(
    *, actor: Actor, check_id: int, content: Any, name: str, keep_place: bool = False, now: datetime
) -> int:
    """Add a photo, drawn anew: what the camera wrote into it stays behind. Where it was taken is read before, and kept
    with the visit, only with `keep_place`. Only by who was assigned.

    Raises FieldCheckNotFound, NotPossibleNow, RefusedFile, InvalidFieldCheck.
    """
    check = _own(actor, check_id, "photographed")
    allowed = limits()["field_check"]["photo"]
    if check.photos.count() >= allowed["most"]:
        raise _wrong(f"at most {allowed['most']} photos", f"每次核查最多 {allowed['most']} 张照片", "photos")
    largest = int(allowed["largest_bytes"])
    check_upload(content=content, name=name, allowed=allowed["kinds"], largest=largest)
    given: bytes = content if isinstance(content, bytes) else content.read()
    place = place_of(given) if keep_place else None
    kept = store(
        actor=actor,
        content=re_encode_picture(given),
        name=f"{name.rpartition('.')[0] or 'photo'}.png",
        owner=Owner(PHOTOS, str(check.pk)),
        party_id=check.claim.party_id,
        region_path=check.region_path,
        agency_id=check.claim.agency_id,
        allowed=("png",),
        now=now,
    )
    photo = FieldPhoto.objects.create(
        check_of=check,
        document_id=kept.id,
        name=kept.name,
        sha256=kept.sha256,
        latitude=place[0] if place else None,
        longitude=place[1] if place else None,
        added_at=now,
    )
    note_check(
        check,
        "field_photo_added",
        actor=actor,
        now=now,
        after={"sha256": kept.sha256, "place": bool(place)},
    )
    return int(photo.pk)


@transaction.atomic
def remove_photo(*, actor: Actor, check_id: int, photo_id: int, now: datetime) -> None:
    """Take a photo off before the visit is recorded. Raises FieldCheckNotFound, NotPossibleNow, InvalidFieldCheck."""
    check = _own(actor, check_id, "photographed")
    photo = check.photos.filter(pk=photo_id).first()
    if photo is None:
        raise _wrong("no such photo", "没有这张照片", "photos")
    photo.delete()
    remove_document(actor=actor, document_id=photo.document_id, reason="从核查记录中删除", now=now)
    note_check(check, "field_photo_removed", actor=actor, now=now, after={"sha256": photo.sha256})


@transaction.atomic
def record_visit(*, actor: Actor, check_id: int, visit: Visit, now: datetime) -> None:
    """Write down what was found, for good. Only by who was assigned.

    Raises FieldCheckNotFound, NotPossibleNow, InvalidFieldCheck with the field (`photos`, or the code of a point).
    """
    check = _own(actor, check_id, "recorded")
    longest = int(limits()["field_check"]["longest_words"])
    if not timezone.localdate(check.ordered_at) <= visit.visited_on <= timezone.localdate(now):
        raise _wrong(
            "the visit was made between the order and today",
            f"核查日期应在 {timezone.localdate(check.ordered_at)} 到今天之间",
            "visited_on",
        )
    place = clean(visit.place, 200)
    if place is None:
        raise _wrong("say where, in at most 200 characters", "请填写核查地点（不超过 200 字）", "place")
    findings = {}
    for each in check.points:
        said = clean(str(visit.findings.get(each["code"], "")), longest)
        if said is None:
            raise _wrong(
                f"say what was found of: {each['name']}",
                f"请填写“{each['name']}”的核查情况（不超过 {longest} 字）",
                each["code"],
            )
        findings[each["code"]] = said
    if visit.conclusion not in conclusion_words():
        raise _wrong(
            f"the conclusion is one of {', '.join(conclusion_words())}", "请选择核查结论", "conclusion"
        )
    summary = visit.summary.strip()
    if len(summary) > longest or (visit.conclusion != "as_claimed" and not summary):
        raise _wrong(
            f"say what is not as claimed, in at most {longest} characters",
            f"与申报不一致的，请说明情况（不超过 {longest} 字）",
            "summary",
        )
    photos = list(check.photos.all())
    if len(photos) < check.photos_asked:
        raise _wrong(
            f"{check.photos_asked} photos are asked for, there are {len(photos)}",
            f"至少需要 {check.photos_asked} 张照片，现在有 {len(photos)} 张",
            "photos",
        )
    check.state = FIELD_CHECK.after(check.state, "recorded")
    check.visited_on, check.place, check.findings = visit.visited_on, place, findings
    check.conclusion, check.summary = visit.conclusion, summary
    placed = next((each for each in photos if each.latitude is not None), None)
    if placed is not None:
        check.latitude, check.longitude = placed.latitude, placed.longitude
    check.recorded_at, check.recorded_by, check.recorded_by_name = now, reference_of(actor), actor.name
    check.ended_at = now
    check.save()
    end_clock(check, met=True, reason="", now=now)
    note_check(
        check,
        "field_check_recorded",
        actor=actor,
        now=now,
        after={"conclusion": check.conclusion, "photos": [each.sha256 for each in photos]},
        reason=summary,
    )


@transaction.atomic
def answer_finding(*, actor: Actor, check_id: int, answer: str, now: datetime) -> None:
    """Deal with what was not as claimed: somebody else says what follows from it. Needs `claims.review` or
    `claims.approve`. Raises FieldCheckNotFound, NotPossibleNow, InvalidFieldCheck.
    """
    check = load_check(actor, check_id, REVIEW if actor.may(REVIEW) else APPROVE)
    state = FIELD_CHECK.after(check.state, "answered")
    if check.conclusion != "not_as_claimed":
        raise NotPossibleNow(
            "it was as claimed, or partly: nothing has to be dealt with",
            message_zh="核查结论不是“与申报不符”，不需要处理",
            value=check.number,
        )
    if check.recorded_by == reference_of(actor):
        raise NotPossibleNow(
            "somebody other than who was there deals with it",
            message_zh="须由核查人以外的人员处理",
            value=check.number,
        )
    longest = int(limits()["field_check"]["longest_words"])
    said = clean(answer, longest)
    if said is None:
        raise _wrong("say what follows from it", f"请填写处理意见（不超过 {longest} 字）", "answer")
    check.state, check.answer = state, said
    check.answered_at, check.answered_by, check.answered_by_name = now, reference_of(actor), actor.name
    check.save()
    note_check(check, "field_check_answered", actor=actor, now=now, reason=said)


@transaction.atomic
def cancel_field_check(*, actor: Actor, check_id: int, reason: str, now: datetime) -> None:
    """A visit is not made after all. Needs `claims.review`. Raises FieldCheckNotFound, NotPossibleNow,
    InvalidFieldCheck without a reason.
    """
    check = load_check(actor, check_id)
    FIELD_CHECK.after(check.state, "cancelled")
    said = clean(reason, 400)
    if said is None:
        raise _wrong("say why", "请写明取消的理由（不超过 400 字）", "reason")
    cancel(check, now=now, reason=said)
    note_check(check, "field_check_cancelled", actor=actor, now=now, reason=said)


def _own(actor: Actor, check_id: int, event: str) -> FieldCheck:
    check = load_check(actor, check_id)
    FIELD_CHECK.after(check.state, event)
    if reference_of(actor) != f"user:{check.assigned_id}":
        raise NotPossibleNow(
            f"{check.assigned_name} was assigned; only they record it",
            message_zh=f"该核查由{check.assigned_name}承办，只能由本人登记",
            value=check.number,
        )
    return check


def _wrong(message: str, message_zh: str, field: str) -> InvalidFieldCheck:
    return InvalidFieldCheck(message, message_zh=message_zh, field=field)
