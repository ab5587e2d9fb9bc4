"""Field checks: ordered, photographed, recorded by who was there, and dealt with before an approval."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.claims.assessing.assessing_factories import FIELD, JPEG, photo, reviewed_claim
from tests.areas.claims.factories import Claimed, Desk, done, draft_claim, terms
from tests.kernel.access.factories import HARBIN, NOW, QIQIHAR, Person, arranged, no_event, official
from yingshang.areas.claims.actions.withdraw_claim import withdraw_claim
from yingshang.areas.claims.assessing.actions.check_on_site import (
    Visit,
    add_photo,
    answer_finding,
    cancel_field_check,
    order_field_check,
    record_visit,
    remove_photo,
)
from yingshang.areas.claims.assessing.geodata import place_of
from yingshang.areas.claims.assessing.selectors import assessments_of, get_field_check
from yingshang.areas.claims.assessing.standing import plainly_assessed
from yingshang.areas.claims.errors import (
    ClaimNotFound,
    FieldCheckNotFound,
    InvalidFieldCheck,
    InvalidTerms,
    NotAssessed,
    NotPossibleNow,
)
from yingshang.areas.claims.lifecycle import FIELD_CHECK
from yingshang.areas.claims.models import FieldCheck, FieldPhoto
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.documents.api import DocumentNotFound, RefusedFile, open_document
from yingshang.kernel.ledger.models import AuditEvent

PLACE = {"latitude": "45 45 30.5", "longitude": "126 38 0"}
VISIT = Visit(
    visited_on=NOW.date(),
    place="道里区演示路 1 号",
    findings={"plant": "两台设备已安装。", "staff": "在岗十一人。"},
    conclusion="as_claimed",
)


def ordered(claim: Claimed, who: Person) -> int:
    return order_field_check(actor=who.actor(), claim_id=claim.id, user_id=who.id, now=NOW)


def photographed(number: int, who: Person, **more: Any) -> int:
    return add_photo(actor=who.actor(), check_id=number, content=photo(**more), name="现场.jpg", now=NOW)


def recorded(number: int, who: Person, **more: Any) -> None:
    values = {name: getattr(VISIT, name) for name in VISIT.__slots__}
    record_visit(actor=who.actor(), check_id=number, visit=Visit(**{**values, **more}), now=NOW)


def visited(people: Desk, claim: Claimed, **more: Any) -> int:
    """A visit with its photos, as the reviewer records it."""
    number = ordered(claim, people.reviewer)
    for _ in range(2):
        photographed(number, people.reviewer)
    recorded(number, people.reviewer, **more)
    return number


@given(st.binary(max_size=300), st.integers(0, 300))
def test_whatever_lies_in_a_file_its_place_is_read_or_there_is_none(junk: bytes, cut: int) -> None:
    whole = photo(**PLACE)
    assert place_of(whole) == (Decimal("45.758472"), Decimal("126.633333"))
    for content in (junk, whole[:cut], b"\xff\xd8\xff\xe1" + junk, whole[:60] + junk + whole[60:]):
        found = place_of(content)
        assert found is None or (abs(found[0]) <= 90 and abs(found[1]) <= 180)
    assert place_of(JPEG) is None


@pytest.mark.django_db
def test_a_visit_is_recorded_with_photos_that_say_nothing_of_the_camera() -> None:
    claim, people = reviewed_claim(experts=False, field=True)
    who = people.reviewer
    with pytest.raises(NotAssessed), no_event():
        done(claim, people, "field", "checked")
    number = ordered(claim, who)
    with pytest.raises(NotPossibleNow), no_event():
        ordered(claim, who)
    row = FieldCheck.objects.get()
    assert AuditEvent.objects.filter(action="claims.field_check_ordered").count() == 1
    # Without the tick the place is not kept; nor is anything else the camera wrote.
    photographed(number, who, **PLACE)
    kept = FieldPhoto.objects.get()
    assert kept.latitude is None
    opened = open_document(actor=people.approver.actor(), document_id=kept.document_id, now=NOW)
    content = b"".join(opened.chunks(0, opened.document.size))
    opened.file.close()
    assert content.startswith(b"\x89PNG") and b"telephone" not in content and place_of(content) is None
    told = AuditEvent.objects.get(action="claims.field_photo_added")
    assert (told.after or {})["sha256"] == kept.sha256 == opened.document.sha256
    for stranger in (claim.who, official("department_official", QIQIHAR)):
        with pytest.raises(DocumentNotFound):
            open_document(actor=stranger.actor(), document_id=kept.document_id, now=NOW)
    # Of fewer photos than the terms ask for nothing is recorded.
    with no_event(), pytest.raises(InvalidFieldCheck) as refusal:
        recorded(number, who)
    assert refusal.value.details["field"] == "photos" and "2 张" in (refusal.value.message_zh or "")
    wrongly = photographed(number, who)
    remove_photo(actor=who.actor(), check_id=number, photo_id=wrongly, now=NOW)
    add_photo(
        actor=who.actor(),
        check_id=number,
        content=photo(**PLACE),
        name="b.jpg",
        keep_place=True,
        now=NOW,
    )
    for wrong, field in (
        ({"visited_on": NOW.date() + timedelta(days=1)}, "visited_on"),
        ({"visited_on": NOW.date() - timedelta(days=1)}, "visited_on"),
        ({"place": " "}, "place"),
        ({"findings": {"plant": "已安装"}}, "staff"),
        ({"conclusion": "perhaps"}, "conclusion"),
        ({"conclusion": "partly"}, "summary"),
    ):
        with no_event(), pytest.raises(InvalidFieldCheck) as refusal:
            recorded(number, who, **wrong)
        assert refusal.value.details["field"] == field and refusal.value.message_zh
    recorded(number, who)
    row.refresh_from_db()
    assert (row.state, row.latitude, row.longitude) == (
        "recorded",
        Decimal("45.758472"),
        Decimal("126.633333"),
    )
    event = AuditEvent.objects.get(action="claims.field_check_recorded")
    assert len((event.after or {})["photos"]) == 2 and plainly_assessed(claim.row)
    done(claim, people, "field", "checked")
    done(claim, people, "approve", "approved")
    assert claim.row.state == "approved"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "name"),
    [(b"%PDF-1.4 nothing", "a.jpg"), (JPEG[:40], "a.jpg"), (JPEG, "a.gif"), (b"", "a.png")],
)
def test_what_is_no_photo_is_refused(content: bytes, name: str) -> None:
    claim, people = reviewed_claim(experts=False, field=True)
    number = ordered(claim, people.reviewer)
    with no_event(), pytest.raises(RefusedFile) as refusal:
        add_photo(actor=people.reviewer.actor(), check_id=number, content=content, name=name, now=NOW)
    assert refusal.value.message_zh and not FieldPhoto.objects.exists()


@pytest.mark.django_db
def test_what_is_not_as_claimed_is_dealt_with_by_somebody_else_before_the_approval() -> None:
    claim, people = reviewed_claim(experts=False, field=True)
    number = visited(people, claim, conclusion="not_as_claimed", summary="设备没有安装。")
    done(claim, people, "field", "checked")
    with pytest.raises(NotAssessed) as refusal, no_event():
        done(claim, people, "approve", "approved")
    assert "与申报不符" in (refusal.value.message_zh or "") and not plainly_assessed(claim.row)
    with no_event(), pytest.raises(NotPossibleNow):
        answer_finding(actor=people.reviewer.actor(), check_id=number, answer="已整改", now=NOW)
    with no_event(), pytest.raises(InvalidFieldCheck):
        answer_finding(actor=people.approver.actor(), check_id=number, answer=" ", now=NOW)
    beside = assessments_of(actor=people.approver.actor(), claim_id=claim.id, now=NOW)
    assert beside.checks[0].to_be_answered and beside.checks[0].may_answer
    answer_finding(actor=people.approver.actor(), check_id=number, answer="企业已补装，附照片。", now=NOW)
    assert (
        FieldCheck.objects.get().answered_by_name
        and get_field_check(actor=people.approver.actor(), check_id=number, now=NOW).state == "answered"
    )
    # A visit that was ordered since has to be made, and the newest one counts.
    second = ordered(claim, people.reviewer)
    with pytest.raises(NotAssessed), no_event():
        done(claim, people, "approve", "approved")
    with no_event(), pytest.raises(InvalidFieldCheck):
        cancel_field_check(actor=people.window.actor(), check_id=second, reason="", now=NOW)
    cancel_field_check(actor=people.window.actor(), check_id=second, reason="已有记录", now=NOW)
    done(claim, people, "approve", "approved")
    assert claim.row.state == "approved"


@pytest.mark.django_db
def test_a_later_visit_that_finds_it_as_claimed_stands_in_place_of_the_first() -> None:
    claim, people = reviewed_claim(experts=False, field=True)
    visited(people, claim, conclusion="not_as_claimed", summary="设备没有安装。")
    with arranged():
        FieldCheck.objects.update(recorded_at=NOW - timedelta(hours=1))
    visited(people, claim)
    done(claim, people, "field", "checked")
    done(claim, people, "approve", "approved")
    assert claim.row.state == "approved"


@pytest.mark.django_db
def test_states_by_actions_and_roles() -> None:
    claim, people = reviewed_claim(experts=False, field=True)
    who = people.reviewer
    number = ordered(claim, who)
    for _ in range(2):
        photographed(number, who)
    one = FieldPhoto.objects.latest("pk").pk

    def attempts(actor: Any) -> dict[str, Callable[[], object]]:
        return {
            "order": lambda: order_field_check(actor=actor, claim_id=claim.id, user_id=who.id, now=NOW),
            "photo": lambda: add_photo(actor=actor, check_id=number, content=JPEG, name="a.jpg", now=NOW),
            "remove": lambda: remove_photo(actor=actor, check_id=number, photo_id=one, now=NOW),
            "record": lambda: record_visit(actor=actor, check_id=number, visit=VISIT, now=NOW),
            "answer": lambda: answer_finding(actor=actor, check_id=number, answer="已处理", now=NOW),
            "cancel": lambda: cancel_field_check(actor=actor, check_id=number, reason="不需要", now=NOW),
        }

    def tried(person: Person) -> dict[str, type[BaseException] | None]:
        found: dict[str, type[BaseException] | None] = {}
        for name, attempt in attempts(person.actor()).items():
            point = transaction.savepoint()
            try:
                attempt()
                found[name] = None
            except Exception as error:
                found[name] = type(error)
            transaction.savepoint_rollback(point)
        return found

    no: dict[str, type[BaseException] | None] = dict.fromkeys(attempts(None), NotAllowed)
    waits: dict[str, type[BaseException] | None] = dict.fromkeys(attempts(None), NotPossibleNow)
    own: dict[str, type[BaseException] | None] = {
        **waits,
        "photo": None,
        "remove": None,
        "record": None,
        "cancel": None,
    }
    # Another official may call it off; what was seen, only who was there says.
    assert tried(who) == own
    for role in ("window_official", "department_official"):
        assert tried(official(role, HARBIN)) == {**waits, "cancel": None}, role
    assert tried(people.approver) == {**no, "answer": NotPossibleNow}
    for role in ("treasurer", "supervisor", "expert", "leader"):
        assert tried(official(role, HARBIN)) == no, role
    elsewhere = tried(official("department_official", QIQIHAR))
    assert elsewhere == {**dict.fromkeys(waits, FieldCheckNotFound), "order": ClaimNotFound}
    recorded(number, who, conclusion="not_as_claimed", summary="没有设备。")
    for state in sorted(set(FIELD_CHECK.states) - {"ordered"}):
        with arranged():
            FieldCheck.objects.update(
                state=state, conclusion="" if state == "cancelled" else "not_as_claimed"
            )
        mine = tried(who)
        assert {name for name, error in mine.items() if error is None} == {
            "recorded": {"order"},
            "answered": {"order"},
            "cancelled": {"order"},
        }[state], state
        assert (tried(people.approver)["answer"] is None) == (state == "recorded")
    with no_event(), pytest.raises(InvalidFieldCheck):
        order_field_check(actor=who.actor(), claim_id=claim.id, user_id=people.approver.id, now=NOW)


@pytest.mark.django_db
def test_a_visit_is_not_made_of_a_claim_that_is_withdrawn() -> None:
    claim, people = reviewed_claim(experts=False, field=True)
    ordered(claim, people.reviewer)
    withdraw_claim(actor=claim.who.actor(), claim_id=claim.id, reason="不再申请", now=NOW)
    row = FieldCheck.objects.get()
    assert (row.state, row.reason) == ("cancelled", "企业已撤回申请")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", [{"photos": -1}, {"photos": "2"}, {"points": []}, {"points": "all"}, {"working_days": 0}, None]
)
def test_terms_of_visits_that_cannot_be_are_refused_at_their_field(wrong: dict[str, Any] | None) -> None:
    claim = draft_claim()
    with no_event(), pytest.raises(InvalidTerms) as refusal:
        terms(
            fund_id=claim.fund_id,
            reviews=["field"],
            field_check={} if wrong is None else {**FIELD, **wrong},
        )
    assert refusal.value.details["field"] == "field_check" and refusal.value.message_zh
