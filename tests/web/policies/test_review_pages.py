"""Pages of the review: versions on the desk, the panel of a case, consultations on the desk and in the portal."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.areas.policies.factories import approved_item, published_item, written_item
from tests.areas.policies.review_factories import (
    COMPLETE,
    LATER,
    commented,
    consulted_item,
    done,
    passed_item,
    public_item,
    returned_item,
    reviewers,
    submitted_item,
    task_of,
    version,
)
from tests.kernel.access.factories import NOW, QIQIHAR, SYSTEM, arranged, official
from tests.web.desk.factories import signed_in
from yingshang.areas.policies.api import (
    answer_comment,
    begin_version,
    close_consultations,
    conclude_consultation,
    enter_comment,
    reviews_of,
)
from yingshang.areas.policies.models import Consultation, ConsultationComment, FindingJudgement
from yingshang.kernel.documents.api import extract_text, load_defaults
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db
VERSIONS = "/desk/policies/items/HIRING/versions/"


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """The pages take the time from the clock; here it stands where the factories arrange things."""
    from django.utils import timezone

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_to(NOW + timedelta(minutes=1))
    return set_to


def words(response: Any) -> str:
    return str(response.content.decode())


def test_a_draft_is_handed_in_from_its_page() -> None:
    people = reviewers()
    written_item(source=COMPLETE)
    client = signed_in(people.author)
    page = words(client.get(VERSIONS))
    assert "提交审查" in page and "二十个要素" in page and "必填要素齐全" in page
    too_long = client.post(f"{VERSIONS}submit/", {"departments": "长" * 101})
    assert too_long.status_code == 422 and "每个不超过 100 字" in words(too_long)
    sent = client.post(
        f"{VERSIONS}submit/", {"explanation": "稳定就业", "departments": "财政局\n发展改革委"}, follow=True
    )
    assert "已提交审查" in words(sent) and "审查进度" in words(sent)
    assert version().reviews.get().departments == ["财政局", "发展改革委"]
    again = client.post(f"{VERSIONS}submit/", {})
    assert again.status_code == 422


def test_what_lacks_elements_says_so_as_it_is_written() -> None:
    people = reviewers()
    written_item()
    page = words(signed_in(people.author).get(VERSIONS))
    assert "还缺 1 个必填要素" in page and "必填，还没有写" in page


def test_a_version_that_was_sent_back_shows_why_and_is_handed_in_again() -> None:
    people = returned_item()
    client = signed_in(people.author)
    assert "补充政策依据" in words(client.get(VERSIONS))
    assert "已重新提交审查" in words(client.post(f"{VERSIONS}correct/", follow=True))
    assert version().state == "reviewing"


def test_taking_it_back_needs_a_reason() -> None:
    people = submitted_item()
    client = signed_in(people.author)
    assert client.post(f"{VERSIONS}revoke/", {"revoke-reason": " "}).status_code == 422
    assert "可以继续修改" in words(
        client.post(f"{VERSIONS}revoke/", {"revoke-reason": "补充测算"}, follow=True)
    )
    assert version().state == "draft"


def test_what_has_passed_is_published_and_withdrawn_from_its_page(
    at_noon: Callable[[datetime], None],
) -> None:
    people = passed_item()
    at_noon(LATER)
    client = signed_in(people.author)
    assert "发布这一版？" in words(client.get(VERSIONS))
    assert "已发布" in words(client.post(f"{VERSIONS}publish/", follow=True))
    assert client.post(f"{VERSIONS}withdraw/", {"withdraw-reason": ""}).status_code == 422
    page = words(client.post(f"{VERSIONS}withdraw/", {"withdraw-reason": "文件已废止"}, follow=True))
    assert "理由已向社会公开" in page and "文件已废止" in page


def test_what_was_not_reviewed_says_that_it_cannot_be_funded() -> None:
    people = reviewers()
    published_item()
    assert "财政不予拨付资金" in words(signed_in(people.author).get(VERSIONS))


def test_two_versions_are_compared() -> None:
    people = reviewers()
    published_item()
    begin_version(actor=SYSTEM, code="HIRING", now=NOW)
    from yingshang.areas.policies.api import save_version

    save_version(
        actor=SYSTEM,
        code="HIRING",
        source=version().source.replace("每人1000元", "每人1200元"),
        revision=1,
        now=NOW,
    )
    client = signed_in(people.author)
    page = words(client.get(f"{VERSIONS}1/2/"))
    assert "<del>1000</del>" in page and "<ins>1200</ins>" in page and 'class="removed"' in page
    assert "两个版本的内容相同" in words(client.get(f"{VERSIONS}1/1/"))
    assert client.get(f"{VERSIONS}1/9/").status_code == 404


def test_a_comparison_speaks_in_names_and_not_in_codes() -> None:
    from yingshang.areas.policies.api import redline_clauses

    told = {each.name: "".join(piece.text for piece in each.pieces) for each in redline_clauses("", COMPLETE)}
    assert told["办理方式"] == "免申即享" and "哈尔滨市" in told["适用地区"]
    assert "申报条件：参保人数不少于10人" in told
    assert not any(re.search("insured|automatic|230100", name + text) for name, text in told.items())


def test_the_opinion_of_a_review_is_made_once_and_says_who_decided_what(
    at_noon: Callable[[datetime], None],
) -> None:
    with arranged():
        load_defaults(actor=SYSTEM, region_path="23", now=NOW)
    people, row = public_item()
    client = signed_in(people.author)
    opinion = f"{VERSIONS}opinion/{row.review_id}/"
    assert "还没有作出决定" in words(client.post(opinion, follow=True))
    enter_comment(
        actor=people.drafting.actor(),
        consultation_id=row.pk,
        kind="association",
        name="演示行业协会",
        text="建议放宽到5人。",
        now=NOW,
    )
    waiting = words(client.get(VERSIONS))
    assert "哈尔滨市财政局" in waiting and "待反馈" in waiting and "已反馈，待答复" in waiting
    close_consultations(actor=SYSTEM, now=LATER)
    who = people.drafting.actor(LATER)
    answer_comment(
        actor=who, consultation_id=row.pk, number=1, verdict="partly", answer="放宽到8人", now=LATER
    )
    conclude_consultation(actor=who, consultation_id=row.pk, summary="共1条意见。", now=LATER)
    for step, outcome in (("consult", "consulted"), ("publicise", "concluded"), ("fairness", "fair")):
        done(people, "HIRING", step, outcome, now=LATER)
    done(people, "HIRING", "legality", "lawful", now=LATER, opinion="程序合法")
    done(people, "HIRING", "decide", "passed", now=LATER, opinion="同意发布")
    at_noon(LATER)
    client = signed_in(people.author)
    page = words(client.get(VERSIONS))
    assert "出具审查意见书" in page and "未反馈意见" in page and "部分采纳" in page and "放宽到8人" in page
    made = client.post(opinion)
    [review] = reviews_of(actor=people.author.actor(LATER), code="HIRING")
    assert review.document_id and made.url.endswith(f"/{review.document_id}/")
    assert client.post(opinion).url == made.url
    assert AuditEvent.objects.filter(action="policies.item_opinion_issued").count() == 1
    answer = client.get(made.url)
    text = extract_text(b"".join(answer.streaming_content), "application/pdf").replace("\n", "")
    for said in (
        f"审查意见〔{LATER.year}〕{review.id}号",
        "通过标准化审查",
        "程序合法",
        "演示行业协会",
        "未反馈意见",
        "同意发布",
        "事项名称",
    ):
        assert said in text, said
    assert signed_in(official("policy_author", QIQIHAR)).get(made.url).status_code == 404
    assert client.post(f"{VERSIONS}opinion/{10**9}/").status_code == 404


def test_words_of_an_item_are_never_markup() -> None:
    people = reviewers()
    written_item(source=COMPLETE.replace("text: 参保人数不少于10人", "text: <script>alert(1)</script>"))
    client = signed_in(people.author)
    for address in (VERSIONS, f"{VERSIONS}1/1/"):
        assert "<script>alert" not in words(client.get(address))


def test_a_reviewer_judges_findings_in_the_case(at_noon: Callable[[datetime], None]) -> None:
    people = consulted_item(
        source=COMPLETE.replace("text: 参保人数不少于10人", "text: 在本市登记注册，参保人数不少于10人")
    )
    at_noon(LATER)
    client = signed_in(people.market)
    address = f"/desk/tasks/{task_of('HIRING', 'fairness')}/"
    page = words(client.get(address))
    assert "《公平竞争审查条例》第九条" in page and "作出判断" in page and "二十个要素" in page
    key = page.split('name="key" value="')[1].split('"')[0]
    given = {"key": key, "verdict": "justified", "reason": "属地参保", "next": address}
    done = client.post(f"{VERSIONS}judge/", given)
    assert done["Location"] == f"{address}#findings"
    assert FindingJudgement.objects.get().verdict == "justified"
    assert "属地参保" in words(client.get(address))
    away = client.post(f"{VERSIONS}judge/", {**given, "next": "https://example.org/"})
    assert away["Location"] == f"{VERSIONS}#findings"
    wrong = client.post(f"{VERSIONS}judge/", {**given, "reason": " "}, follow=True)
    assert "请填写理由" in words(wrong)


def test_the_versions_page_takes_a_settled_number_of_queries(django_assert_max_num_queries: Any) -> None:
    people = passed_item()
    client = signed_in(people.author)
    client.get(VERSIONS)
    with django_assert_max_num_queries(40):
        assert client.get(VERSIONS).status_code == 200


# --- consultations ----------------------------------------------------------------------------------------------------


def test_everybody_reads_a_draft_and_comments_without_an_account() -> None:
    _, row = public_item()
    client = Client()
    assert "正在征求意见" in words(client.get("/policies/consultations/"))
    assert "没有符合条件的记录" in words(client.get("/policies/consultations/?state=concluded"))
    address = f"/policies/consultations/{row.pk}/"
    page = words(client.get(address))
    assert "每人1000元，最高2万元" in page and "稳定就业" in page and "第六十二条" in page
    wrong = client.post(address, {"kind": "citizen", "name": "演示用户", "text": " "})
    assert wrong.status_code == 422
    given = {"kind": "citizen", "name": "演示用户", "text": "建议放宽到5人。"}
    assert "序号 1" in words(client.post(address, given, follow=True))
    for _n in range(4):
        client.post(address, given)
    assert client.post(address, given).status_code == 429
    assert ConsultationComment.objects.count() == 5
    assert "建议放宽" not in words(client.get(address)), "published at the end only"


def test_a_draft_that_nobody_may_see_is_not_there() -> None:
    assert Client().get("/policies/consultations/1/").status_code == 404


def test_the_agency_answers_and_publishes_what_became_of_it(at_noon: Callable[[datetime], None]) -> None:
    people, row = public_item()
    number = commented(row, text="请致电13800000000，建议放宽。")
    client = signed_in(people.drafting)
    address = f"/desk/policies/consultations/{row.pk}/"
    assert "政策征求意见" in words(Client().get("/policies/consultations/"))
    assert row.title in words(client.get("/desk/policies/consultations/"))
    page = words(client.get(address))
    assert "138******00" in page and "13800000000" not in page
    clear = words(client.post(f"{address}comments/{number}/clear/"))
    assert "13800000000" in clear
    entered = {"kind": "association", "name": "演示行业协会", "text": "建议延长期限"}
    assert "已录入意见" in words(client.post(f"{address}enter/", entered, follow=True))
    assert client.post(f"{address}enter/", {**entered, "name": ""}).status_code == 422
    at_noon(LATER)
    close_consultations(actor=SYSTEM, now=LATER)
    client = signed_in(people.drafting)
    early = client.post(f"{address}conclude/", {"summary": "完"})
    assert early.status_code == 422 and "没有答复" in words(early)
    answer = f"{address}comments/{number}/"
    wrong = client.post(
        answer,
        {f"{number}-verdict": "not_adopted", f"{number}-answer": "", f"{number}-public_text": "建议放宽。"},
    )
    assert wrong.status_code == 422
    for each, shown in ((1, "请*"), (2, "建议*")):
        client.post(
            f"{address}comments/{each}/",
            {f"{each}-verdict": "partly", f"{each}-answer": "资金有限", f"{each}-public_text": shown},
        )
    assert "已公布意见采纳情况" in words(
        client.post(f"{address}conclude/", {"summary": "部分采纳2条。"}, follow=True)
    )
    public = words(Client().get(f"/policies/consultations/{row.pk}/"))
    assert (
        "部分采纳2条。" in public
        and "资金有限" in public
        and "演***" in public
        and "我要提意见" not in public
    )


def test_after_the_last_day_nothing_is_taken_any_more(at_noon: Callable[[datetime], None]) -> None:
    _, row = public_item()
    at_noon(LATER)
    address = f"/policies/consultations/{row.pk}/"
    assert "征求意见已经期满" in words(Client().get(address))
    late = Client().post(address, {"kind": "citizen", "name": "演示用户", "text": "晚了"})
    assert late.status_code == 422
    assert not Consultation.objects.get().comments.exists()


@pytest.mark.parametrize("address", [VERSIONS, f"{VERSIONS}1/1/", "/desk/policies/consultations/"])
def test_pages_are_in_english_too(address: str) -> None:
    people = reviewers()
    approved_item()
    client = signed_in(people.author)
    client.cookies["django_language"] = "en"
    page = words(client.get(address))
    assert "征求意见" not in page.replace('lang="zh', "") or "Consultations" in page
    assert "二十个要素" not in page and "逐条对照" not in page
