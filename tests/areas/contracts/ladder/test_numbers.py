"""Numbers of notices, cases and transfers say whose they are."""

from __future__ import annotations

import pytest

from tests.areas.contracts.factories import SUPERVISION, unit
from tests.areas.contracts.ladder.situations import (
    NOW,
    days_later,
    found_case,
    fresh,
    late_obligation,
)
from tests.kernel.access.factories import DAOLI, HARBIN, Person, agency
from tests.kernel.parties.factories import give_document_code
from yingshang.areas.contracts import api
from yingshang.areas.contracts.models import SupervisionNotice, Transfer
from yingshang.kernel.documents.api import extract_text, number_words

pytestmark = pytest.mark.django_db(transaction=True)


def _noticed(by: Person) -> SupervisionNotice:
    number = api.issue_notice(
        actor=by.actor(), obligation_id=late_obligation().pk, demand="请立即支付。", now=NOW
    )
    return SupervisionNotice.objects.get(pk=number)


def test_two_agencies_issue_different_numbers_and_a_new_code_goes_on_counting() -> None:
    people = unit()
    give_document_code(agency(HARBIN, SUPERVISION), "哈营商")
    plain = _noticed(people.supervisor)
    give_document_code(agency(DAOLI, SUPERVISION), "里营商")
    notices = [plain, _noticed(people.supervisor), _noticed(people.city_supervisor)]
    give_document_code(agency(DAOLI, SUPERVISION), "道里营商")
    notices.append(_noticed(people.supervisor))
    # What went out before has the number it went out with.
    assert [number_words(fresh(each).number) for each in notices] == [
        "政合督〔2026〕1号",
        "里营商合督〔2026〕2号",
        "哈营商合督〔2026〕1号",
        "道里营商合督〔2026〕3号",
    ]
    document = fresh(notices[1]).document_id
    assert "里营商合督〔2026〕2号" in extract_text(document).replace("\n", "")
    shown = api.supervision_notice(actor=people.head.actor(), notice_id=notices[1].pk, now=NOW)
    assert shown.row.number == "里营商合督〔2026〕2号"
    found = api.supervision_notices(actor=people.supervisor.actor(), now=NOW, text="里营商合督").rows
    assert {each.id for each in found} == {notices[1].pk, notices[3].pk}


def test_a_case_and_its_transfer_have_the_code_of_who_opened_it() -> None:
    give_document_code(agency(DAOLI, SUPERVISION), "里营商")
    case = found_case()
    api.transfer_case(
        actor=unit().supervisor.actor(),
        case_id=case.pk,
        body="court",
        evaluation="逾期时间长。",
        to_name="演示区人民法院",
        now=days_later(1),
    )
    transfer = Transfer.objects.get()
    assert number_words(case.number) == "里营商合立〔2026〕1号"
    assert number_words(transfer.number) == "里营商合移〔2026〕1号"
    assert transfer.document_id is not None
    text = extract_text(transfer.document_id).replace("\n", "").replace(" ", "")
    assert "里营商合移〔2026〕1号" in text and "（里营商合立〔2026〕1号）" in text
