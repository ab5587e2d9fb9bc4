"""A draft before the public: comments, who may give how many, what is masked, answers, and when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.policies.factories import author
from tests.areas.policies.review_factories import LATER, commented, consulted_item, public_item
from tests.kernel.access.factories import NOW, QIQIHAR, SYSTEM, no_event, one_event, person
from yingshang.areas.policies.api import (
    ConsultationClosed,
    ConsultationNotFound,
    ConsultationOpen,
    InvalidComment,
    InvalidReview,
    TooManyComments,
    answer_comment,
    close_consultations,
    conclude_consultation,
    consultation_on_desk,
    consultation_rules,
    consultations,
    consultations_on_desk,
    enter_comment,
    get_consultation,
    give_comment,
    read_comment,
    revoke_submission,
)
from yingshang.areas.policies.models import Consultation, ConsultationComment
from yingshang.areas.policies.review.masking import masked, masked_name
from yingshang.kernel.access.api import VISITOR, NotAllowed
from yingshang.kernel.ledger.models import AuditEvent

TODAY = NOW.date()


@pytest.mark.django_db
def test_a_draft_is_open_for_the_days_of_the_law() -> None:
    _, row = public_item()
    assert consultation_rules().days == 30
    # The thirtieth day after 23 November is a Wednesday.
    assert (row.state, row.closes_on.isoformat()) == ("open", "2026-12-23")
    assert row.article == "《优化营商环境条例》第六十二条"
    page = consultations(today=TODAY)
    assert [(each.title, each.days_left) for each in page.rows] == [("关于“吸纳就业补贴”公开征求意见", 31)]
    detail = get_consultation(consultation_id=row.pk, today=TODAY)
    assert detail.explanation == "稳定就业" and len(detail.elements) == 20
    assert detail.comments == () and detail.outcome == ""


@pytest.mark.django_db
def test_a_comment_is_kept_encrypted_masked_and_counted() -> None:
    people, row = public_item()
    with one_event("policies.comment_given") as events:
        give_comment(
            actor=VISITOR,
            consultation_id=row.pk,
            kind="citizen",
            name="演示用户",
            text="请联系13800000000，建议放宽。",
            contact="13800000000",
            address="192.0.2.1",
            now=NOW,
        )
    assert "13800000000" not in str(events) and "建议" not in str(events)
    stored = ConsultationComment.objects.values_list("public_name", "public_text", "address_key").get()
    assert stored[:2] == ("演***", "请联系138******00，建议放宽。")
    assert len(stored[2]) == 64
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT author_name, text, contact FROM policies_consultationcomment")
        assert not any("演示" in value or "13800000000" in value for value in cursor.fetchone())
    assert get_consultation(consultation_id=row.pk, today=TODAY).comments == ()
    [seen] = consultation_on_desk(actor=people.author.actor(), consultation_id=row.pk, today=TODAY).comments
    assert seen.text == "请联系138******00，建议放宽。"


@pytest.mark.django_db
def test_reading_a_comment_in_the_clear_leaves_a_trace() -> None:
    people, row = public_item()
    number = commented(row)
    who = people.drafting.actor()
    with one_event("policies.comment_read"):
        seen = read_comment(actor=who, consultation_id=row.pk, number=number, purpose="核实情况", now=NOW)
    assert seen.name == "演示用户"
    writer = people.author.actor()
    with no_event(), pytest.raises(NotAllowed):
        read_comment(actor=writer, consultation_id=row.pk, number=number, purpose="好奇", now=NOW)


@pytest.mark.django_db
def test_so_many_and_no_more() -> None:
    _, row = public_item()
    allowed, hours = consultation_rules().visitor_limit
    for _ in range(allowed):
        commented(row)
    with no_event(), pytest.raises(TooManyComments):
        commented(row)
    other = person()
    actor = other.actor()
    for number in range(consultation_rules().user_limit[0]):
        give_comment(
            actor=actor,
            consultation_id=row.pk,
            kind="enterprise",
            name="演示企业",
            text=f"意见{number}",
            now=NOW,
        )
    with no_event(), pytest.raises(TooManyComments):
        give_comment(
            actor=actor, consultation_id=row.pk, kind="enterprise", name="演示企业", text="又", now=NOW
        )
    assert commented(row, now=NOW + timedelta(hours=hours, seconds=1)) == 16


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "robot"}, "kind"),
        ({"name": " "}, "name"),
        ({"name": "长" * 61}, "name"),
        ({"text": " "}, "text"),
        ({"text": "字" * 2001}, "text"),
        ({"contact": "1" * 101}, "contact"),
    ],
)
def test_what_cannot_be_taken_is_refused_at_its_field(change: dict[str, str], field: str) -> None:
    _, row = public_item()
    written = {"kind": "citizen", "name": "演示用户", "text": "意见", "contact": "", **change}
    with no_event(), pytest.raises(InvalidComment) as refusal:
        give_comment(actor=VISITOR, consultation_id=row.pk, address="192.0.2.1", now=NOW, **written)
    assert refusal.value.details["field"] == field


@pytest.mark.django_db
def test_the_last_day_counts_and_the_day_after_is_too_late() -> None:
    people, row = public_item()
    last = NOW + timedelta(days=30)
    assert commented(row, now=last) == 1
    with no_event(), pytest.raises(ConsultationClosed):
        commented(row, now=last + timedelta(days=1))
    assert close_consultations(actor=SYSTEM, now=last) == 0
    with no_event(), pytest.raises(ConsultationOpen):
        conclude_consultation(actor=people.author.actor(), consultation_id=row.pk, summary="完", now=last)
    assert close_consultations(actor=SYSTEM, now=last + timedelta(days=1)) == 1
    assert close_consultations(actor=SYSTEM, now=last + timedelta(days=1)) == 0


@pytest.mark.django_db
def test_every_comment_is_answered_before_it_is_concluded() -> None:
    people, row = public_item()
    first, second = commented(row), commented(row, text="与本政策无关的话")
    who = people.author.actor(LATER)
    close_consultations(actor=SYSTEM, now=LATER)
    with no_event(), pytest.raises(ConsultationOpen):
        conclude_consultation(actor=who, consultation_id=row.pk, summary="完", now=LATER)
    for verdict, answer, field in (("perhaps", "理由", "verdict"), ("not_adopted", " ", "answer")):
        with no_event(), pytest.raises(InvalidComment) as refusal:
            answer_comment(
                actor=who, consultation_id=row.pk, number=first, verdict=verdict, answer=answer, now=LATER
            )
        assert refusal.value.details["field"] == field
    answer_comment(actor=who, consultation_id=row.pk, number=first, verdict="adopted", answer="", now=LATER)
    answer_comment(
        actor=who, consultation_id=row.pk, number=second, verdict="withheld", answer="与草案无关", now=LATER
    )
    with no_event(), pytest.raises(InvalidReview):
        conclude_consultation(actor=who, consultation_id=row.pk, summary=" ", now=LATER)
    with one_event("policies.consultation_concluded"):
        conclude_consultation(actor=who, consultation_id=row.pk, summary="采纳1条。", now=LATER)
    detail = get_consultation(consultation_id=row.pk, today=LATER.date())
    assert [(each.number, each.verdict) for each in detail.comments] == [(first, "adopted")]
    assert (detail.withheld, detail.outcome) == (1, "采纳1条。")
    with no_event(), pytest.raises(ConsultationClosed):
        answer_comment(
            actor=who, consultation_id=row.pk, number=first, verdict="partly", answer="改", now=LATER
        )
    with no_event(), pytest.raises(ConsultationClosed):
        enter_comment(
            actor=who, consultation_id=row.pk, kind="association", name="协会", text="来信", now=LATER
        )


@pytest.mark.django_db
def test_comments_by_letter_are_written_down_by_the_agency() -> None:
    people, row = public_item()
    with one_event("policies.comment_given"):
        enter_comment(
            actor=people.drafting.actor(),
            consultation_id=row.pk,
            kind="association",
            name="演示行业协会",
            text="建议延长期限",
            now=NOW,
        )
    [seen] = consultation_on_desk(actor=people.drafting.actor(), consultation_id=row.pk, today=TODAY).comments
    assert (seen.channel, seen.name) == ("letter", "演示行业协会")


@pytest.mark.django_db
def test_who_may_answer() -> None:
    _, row = public_item()
    number = commented(row)
    stranger = author(QIQIHAR).actor()
    assert consultations_on_desk(actor=stranger, today=TODAY).total == 0
    for actor, refusal in ((VISITOR, NotAllowed), (stranger, ConsultationNotFound)):
        with no_event(), pytest.raises(refusal):
            answer_comment(
                actor=actor, consultation_id=row.pk, number=number, verdict="adopted", answer="", now=NOW
            )
        with pytest.raises(refusal):
            consultation_on_desk(actor=actor, consultation_id=row.pk, today=TODAY)


@pytest.mark.django_db
def test_one_that_was_called_off_is_gone_for_everybody() -> None:
    people, row = public_item()
    revoke_submission(actor=people.author.actor(), code="HIRING", reason="补充测算", now=NOW)
    assert consultations(today=TODAY).total == 0
    with pytest.raises(ConsultationNotFound):
        get_consultation(consultation_id=row.pk, today=TODAY)
    with no_event(), pytest.raises(ConsultationNotFound):
        commented(row)


@pytest.mark.django_db
def test_reading_takes_a_settled_number_of_queries(django_assert_num_queries: object) -> None:
    consulted_item()
    row = Consultation.objects.get()
    with django_assert_num_queries(3):  # type: ignore[operator]
        get_consultation(consultation_id=row.pk, today=LATER.date())
    with django_assert_num_queries(2):  # type: ignore[operator]
        consultations(today=LATER.date())
    assert AuditEvent.objects.filter(action="policies.comment_answered").count() == 1


# --- masking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13800000000。", "电话138******00。"),
        ("138-0000-0000", "138********00"),
        ("证件230102199001011234", "证件230*************34"),
        ("卡号6222000000000000000", "卡号6222*************00"),
        ("0451-12345678", "0451*******78"),
        ("写信到 demo@example.org", "写信到 d***************"),
        ("补贴10000元，2026年12月31日前", "补贴10000元，2026年12月31日前"),
    ],
)
def test_what_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@given(st.from_regex(r"1[3-9]\d{9}", fullmatch=True), st.text(alphabet="意见，。 a", max_size=10))
def test_no_telephone_gets_through(phone: str, around: str) -> None:
    assert phone not in masked(f"{around}{phone}{around}")


def test_a_person_keeps_the_family_name_and_an_organisation_its_name() -> None:
    assert masked_name("演示用户", "citizen") == "演***"
    assert masked_name("演示行业协会", "association") == "演示行业协会"
