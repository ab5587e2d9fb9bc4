"""An author hands a version in for review, hands it in again, or takes it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.flow.api import Subject, resubmit_case, start_case, withdraw_case
from yingshang.kernel.reference.api import code_of_path

from ...actions._steps import ensure_checked, load_version, note_writer
from ...actions.write_items import OPEN
from ...content import program_of
from ...lifecycle import VERSION
from ...models import ItemVersion, Review
from ...selectors import AUTHOR
from .._steps import FLOW, SUBJECT, end_review, move, on_behalf_of
from ..desks import PLATFORM, drafting_agency, lanes_for
from ..errors import InvalidReview

LONGEST_EXPLANATION = 4000
LONGEST_LIST = 20


@transaction.atomic
def submit_version(
    *,
    actor: Actor,
    code: str,
    explanation: str = "",
    departments: Iterable[str] = (),
    associations: Iterable[str] = (),
    agency_id: int | None = None,
    now: datetime,
) -> int:
    """Hand the draft of an item in for the standardisation review; the number of its case.

    `explanation` is published with the draft; `departments` and `associations` are those the author proposes to ask.
    Needs policies.author. Raises ItemNotFound, NotPossibleNow, InvalidItem when it does not compile, DraftUnchecked,
    InvalidReview, NobodyToReview.
    """
    row = load_version(actor, code, AUTHOR, *OPEN)
    VERSION.after(row.state, "submitted")
    today = timezone.localdate(now)
    program_of(row.source, today)
    ensure_checked(row)
    drafting = drafting_agency(actor, row.item, agency_id)
    lanes = lanes_for(region_path=row.item.region_path, drafting=drafting, today=today)
    review = Review.objects.create(
        version=row,
        agency_id=drafting,
        explanation=_explanation(explanation),
        departments=_named(departments, "departments"),
        associations=_named(associations, "associations"),
        submitted_at=now,
        submitted_by_id=int(actor.identifier) if actor.kind == "user" else None,
        submitted_by_name=actor.name,
    )
    row.submitted_at, row.submitted_by_name = now, actor.name
    note_writer(row, actor)
    move(
        row,
        "submitted",
        actor=actor,
        now=now,
        more={"digest": row.digest, "review": review.pk},
        also=("submitted_at", "submitted_by_name", "written_by"),
    )
    case = start_case(
        actor=actor,
        definition=FLOW,
        subject=Subject(SUBJECT, str(row.pk), f"{row.name}（{row.item.code} 第{row.number}版）"),
        party_id=None,
        region_code=code_of_path(row.item.region_path or ""),
        agencies=lanes,
        data={},
        now=now,
    )
    review.case_id = row.case_id = case.id
    review.save(update_fields=["case_id"])
    row.save(update_fields=["case_id"])
    return case.id


@transaction.atomic
def correct_version(*, actor: Actor, code: str, now: datetime) -> None:
    """Hand a version that was sent back in again; the review goes on where it was.

    Needs policies.author. Raises ItemNotFound, NotPossibleNow, DraftUnchecked, InvalidItem when it does not compile.
    """
    row = _peek(actor, code)
    VERSION.after(row.state, "corrected")
    program_of(row.source, timezone.localdate(now))
    ensure_checked(row)
    assert row.case_id is not None
    with on_behalf_of(actor):
        # The version follows its case (see handlers).
        resubmit_case(actor=PLATFORM, case_id=row.case_id, now=now)


@transaction.atomic
def revoke_submission(*, actor: Actor, code: str, reason: str, now: datetime) -> None:
    """Take a version back from the review, or back to draft once it has passed; it has to be reviewed anew.

    Needs policies.author. Raises ItemNotFound, NotPossibleNow, InvalidReview without a reason.
    """
    row = _peek(actor, code)
    VERSION.after(row.state, "revoked")
    reason = reason.strip()
    if not reason:
        raise InvalidReview("say why it is taken back", message_zh="请填写撤回审查的理由", field="reason")
    if row.state != "approved":
        assert row.case_id is not None
        with on_behalf_of(actor):
            withdraw_case(actor=PLATFORM, case_id=row.case_id, reason=reason[:400], now=now)
        return
    row = load_version(actor, code, AUTHOR, *OPEN)
    review = row.reviews.filter(state="passed").first()
    if review is not None:
        end_review(review, "revoked", now=now, reason=reason)
    row.approved_at = None
    move(row, "revoked", actor=actor, now=now, reason=reason, also=("approved_at",))


def _peek(actor: Actor, code: str) -> ItemVersion:
    """The open version without its lock: the flow locks the case first, as everybody does who works in it."""
    scope = actor.require(AUTHOR)
    rows = scope.filter(
        ItemVersion.objects.select_related("item"), region="item__region_path", agency="item__agency"
    )
    found = rows.filter(item__code=code, state__in=OPEN).first()
    return found if found is not None else load_version(actor, code, AUTHOR, *OPEN)


def _explanation(text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST_EXPLANATION:
        raise InvalidReview(
            f"the explanation has {len(text)} characters; at most {LONGEST_EXPLANATION}",
            message_zh=f"起草说明最多 {LONGEST_EXPLANATION} 字，现有 {len(text)} 字",
            field="explanation",
        )
    return text


def _named(names: Iterable[str], field: str) -> list[str]:
    wanted = list(dict.fromkeys(each.strip() for each in names if each.strip()))
    if len(wanted) > LONGEST_LIST or any(len(each) > 100 for each in wanted):
        raise InvalidReview(
            f"at most {LONGEST_LIST} may be named, each in at most 100 characters",
            message_zh=f"最多填写 {LONGEST_LIST} 个，每个不超过 100 字",
            field=field,
        )
    return wanted
