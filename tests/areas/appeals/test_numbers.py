"""Numbers of replies, supervision notices and suggestions say whose they are."""

from __future__ import annotations

import pytest

from tests.areas.appeals.factories import (
    DESK,
    MARKET,
    answered_appeal,
    city,
    handled_appeal,
    reply_of,
    submitted_appeal,
)
from tests.kernel.access.factories import DAOLI, NOW, agency, arranged, official
from tests.kernel.parties.factories import give_document_code
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import Appeal, PolicySuggestion, SupervisionNotice
from yingshang.kernel.documents.api import extract_text, number_words

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_reply_has_the_code_of_who_answers_and_a_notice_that_of_the_desk() -> None:
    people = city()
    first = answered_appeal()
    give_document_code(agency(DAOLI, MARKET), "里市监")
    give_document_code(agency(DAOLI, DESK), "里营商")
    second = reply_of(answered_appeal(people=people))
    assert (reply_of(first).number, second.number) == ("诉复〔2026〕1号", "里市监诉复〔2026〕2号")
    assert second.document_id is not None and "里市监诉复〔2026〕2号" in extract_text(second.document_id)
    late = handled_appeal(people=people)
    actor = people.supervisor.actor()
    notice = SupervisionNotice.objects.get(
        pk=api.issue_notice(actor=actor, appeal_id=late.id, demand="请立即办理。", now=NOW)
    )
    assert number_words(notice.number) == "里营商诉督〔2026〕1号"
    shown, _ = api.supervision_notice(actor=actor, notice_id=notice.pk, now=NOW)
    assert shown.number == "里营商诉督〔2026〕1号"


def test_a_suggestion_has_the_code_of_who_makes_it_and_not_of_who_is_asked() -> None:
    people, topic = city(), next(iter(api.topics()))
    for _ in range(3):
        submitted_appeal(people=people)
    official("policy_author", DAOLI, "commerce")
    give_document_code(agency(DAOLI, "commerce"), "里商务")
    give_document_code(agency(DAOLI, MARKET), "里市监")
    with arranged():
        Appeal.objects.update(topic=topic)
    api.suggest_policy(
        actor=people.handler.actor(),
        agency_id=agency(DAOLI, "commerce").pk,
        title="许可证变更应当限时办结",
        text="建议写明时限。",
        region_path="230102",
        topic=topic,
        now=NOW,
    )
    row = PolicySuggestion.objects.get()
    assert row.number == f"{agency(DAOLI, MARKET).pk}-里市监诉建〔2026〕1号"
    [shown] = api.suggestions(actor=people.handler.actor()).rows
    assert shown.number == "里市监诉建〔2026〕1号"
