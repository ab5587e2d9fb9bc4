"""Attempts on the policies area that must fail: other people's items, enterprises, comments and facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from tests.areas.policies.factories import author, hiring, issued_document, published_item, written_item
from tests.areas.policies.outreach_factories import an_enterprise
from tests.areas.policies.review_factories import (
    LATER,
    commented,
    consulted_item,
    public_item,
    returned_item,
    version,
)
from tests.kernel.access.factories import DAOLI, HARBIN, NOW, QIQIHAR, SYSTEM, agency, arranged, official
from tests.kernel.parties.factories import a_party, region_tree
from tests.web.desk.factories import signed_in
from yingshang.areas.policies import api
from yingshang.areas.policies.matching.reasons import used_fact
from yingshang.areas.policies.models import ConsultationComment, Declaration, PolicyDocument
from yingshang.areas.policies.review.masking import only_hides
from yingshang.kernel.access.api import Actor, Grant, MandateGrant, NotAllowed, appoint

pytestmark = pytest.mark.django_db


def of_one_agency(region: str = DAOLI) -> Actor:
    """Somebody who writes for one agency of a place and nothing else."""
    held = agency(region)
    permissions = frozenset({"policies.author", "policies.view_drafts", "policies.publish"})
    grant = Grant("policy_author", permissions, "agency", held.pk, region.rstrip("0"))
    return Actor(kind="user", identifier="4711", name="演示作者", grants=(grant,))


@pytest.mark.parametrize("region", [QIQIHAR, HARBIN, "000000"])
def test_who_writes_for_one_agency_writes_no_items_of_other_places(region: str) -> None:
    region_tree()
    actor = of_one_agency()
    own = actor.grants[0].agency_id
    with pytest.raises(NotAllowed):
        api.create_item(actor=actor, source=hiring(region_code=region), agency_id=own, now=NOW)


def test_who_writes_for_one_agency_collects_documents_from_above_only() -> None:
    region_tree()
    actor = of_one_agency()
    own = actor.grants[0].agency_id
    content = api.DocumentContent(title="演示文件", text="正文。", region_path="")
    assert api.add_document(actor=actor, content=content, agency_id=own, now=NOW)
    with pytest.raises(NotAllowed):
        api.add_document(actor=actor, content=replace(content, region_path="2302"), agency_id=own, now=NOW)


def test_nothing_is_written_in_the_name_of_agency_elsewhere() -> None:
    region_tree()
    elsewhere = agency(QIQIHAR)
    with pytest.raises(NotAllowed):
        api.create_item(actor=author().actor(), source=hiring(), agency_id=elsewhere.pk, now=NOW)


def test_a_document_that_one_may_not_see_cannot_be_linked_and_is_not_named() -> None:
    document = issued_document(region_path="2302")
    with arranged():
        PolicyDocument.objects.filter(pk=document).update(is_public=False, title="尚未公布的文件")
    with pytest.raises(api.DocumentNotFound):
        api.create_item(actor=author().actor(), source=hiring(), document_id=document, now=NOW)
    with arranged():
        api.create_item(actor=SYSTEM, source=hiring("SHOWN"), document_id=document, now=NOW)
        api.adopt_item(actor=SYSTEM, code="SHOWN", reason="演示", now=NOW)
    (shown,) = api.published_items(day=NOW.date(), codes=["SHOWN"])
    assert (shown.document_id, shown.document_title) == (None, "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"region_path": "2301zz"},
        {"region_path": "230197"},
        {"url": "javascript:alert(1)"},
        {"title": "长" * 201},
        {"note": "长" * 2001},
        {"text": "正文\0。"},
        {"title": "标题\0"},
    ],
)
def test_what_a_document_cannot_be_is_refused_in_words(wrong: dict[str, str]) -> None:
    region_tree()
    content = api.DocumentContent(**{"title": "演示文件", "text": "正文。", "region_path": "2301", **wrong})
    with pytest.raises(api.InvalidDocument):
        api.add_document(actor=author().actor(), content=content, now=NOW)


def _also_reviews(person: object, kind: str) -> None:
    """The same person holds a role of the review in another agency."""
    appoint(
        actor=SYSTEM,
        user_id=person.id,  # type: ignore[attr-defined]
        role="department_official",
        agency_id=agency(HARBIN, kind).pk,
        now=NOW,
    )


def test_nobody_judges_findings_of_what_they_handed_in() -> None:
    people = consulted_item()
    _also_reviews(people.author, "market-regulation")
    with pytest.raises(api.OwnSubmission):
        api.judge_finding(
            actor=people.author.actor(LATER),
            code="HIRING",
            key="x",
            verdict="unfounded",
            reason="没有问题",
            now=LATER,
        )


def test_who_wrote_a_version_that_another_handed_in_does_not_review_it() -> None:
    people = returned_item()
    other = official("policy_author", HARBIN)
    row = version()
    api.save_version(
        actor=other.actor(), code="HIRING", source=row.source + "\n", revision=row.revision, now=NOW
    )
    api.correct_version(actor=people.author.actor(), code="HIRING", now=NOW)
    assert version().written_by == [people.author.id, other.id]
    _also_reviews(other, "market-regulation")
    with pytest.raises(api.OwnSubmission):
        api.judge_finding(
            actor=other.actor(), code="HIRING", key="x", verdict="unfounded", reason="没有问题", now=NOW
        )


def test_words_of_a_comment_are_hidden_but_never_changed() -> None:
    people, consultation = public_item()
    number = commented(consultation, text="不同意这一条，请演示用户甲联系。")
    who = people.drafting.actor()

    def answer(public_text: str) -> None:
        api.answer_comment(
            actor=who,
            consultation_id=consultation.pk,
            number=number,
            verdict="adopted",
            answer="",
            public_text=public_text,
            now=NOW,
        )

    for changed in ("同意这一条，请演示用户甲联系。", "很好。", "不同意这一条"):
        with pytest.raises(api.InvalidComment):
            answer(changed)
    answer("不同意这一条，请****甲联系。")
    assert ConsultationComment.objects.get().public_text == "不同意这一条，请****甲联系。"


def test_a_citizen_who_signs_is_masked_in_what_is_published() -> None:
    _people, consultation = public_item()
    commented(consultation, text="建议放宽。演示用户")
    assert "演示用户" not in ConsultationComment.objects.get().public_text


@pytest.mark.parametrize(
    ("shown", "written", "hides"),
    [
        ("一二三", "一二三", True),
        ("一*三", "一二三", True),
        ("*", "一二三", True),
        ("一**", "一二三", True),
        ("二*三", "一二三", False),
        ("一三", "一二三", False),
        ("一*二*一", "一二一", False),
        ("一\r\n二", "一\n二", True),
    ],
)
def test_what_hides_and_what_changes(shown: str, written: str, hides: bool) -> None:
    assert only_hides(shown, written) is hides


def test_an_official_with_an_enterprise_of_their_own_speaks_for_no_other() -> None:
    source = hiring().replace("参保人数 >= 10", '申请类别 = "新申请"')
    published_item(source=source)
    theirs, _ = an_enterprise()
    own = a_party(region_code=DAOLI)
    grant = official("department_official", HARBIN).actor()
    actor = replace(grant, mandates=(MandateGrant(own.pk, frozenset({"policies.match_own"})),))
    with pytest.raises(Exception, match="no enterprise"):
        api.supply_fact(
            actor=actor, party_id=theirs.pk, code="HIRING", column="apply.kind", text="新申请", now=NOW
        )
    assert not Declaration.objects.exists()


def test_a_mandate_without_the_power_gives_no_opinion() -> None:
    published_item()
    theirs, _ = an_enterprise()
    grant = official("department_official", HARBIN).actor()
    own = a_party(region_code=DAOLI)
    actor = replace(
        grant,
        mandates=(
            MandateGrant(theirs.pk, frozenset({"parties.view_own"})),
            MandateGrant(own.pk, frozenset({"policies.match_own"})),
        ),
    )
    with pytest.raises(Exception, match="no enterprise"):
        api.give_opinion(actor=actor, party_id=theirs.pk, code="HIRING", rating=5, comment="", now=NOW)


HIRES = hiring().replace(
    "when: 参保人数 >= 10", "when: 'count(hires[age <= 24]) >= 1 and hires[1].person_type = \"其他\"'"
)


def test_rows_about_persons_are_hidden_in_reasons_and_receipts() -> None:
    published_item(source=HIRES)
    party, person = an_enterprise(
        hires='[{"person_type": "脱贫人口", "age": 23, "hired_date": "2026-02-03"}]'
    )
    for actor in (person.actor(), official("department_official", HARBIN).actor()):
        decided = api.decide_one(actor=actor, party_id=party.pk, code="HIRING", day=NOW.date())
        rows = api.reason_rows(decided, api.sources_of(actor=actor, decided=decided))
        told = str(decided.explanation()) + str(rows)
        assert "脱贫人口" not in told and "2026-02-03" not in told
        assert "＊＊＊" in told
    kept = api.freeze(actor=person.actor(), party_id=party.pk, code="HIRING", now=NOW)
    again = api.reproduce(actor=person.actor(), receipt_id=kept.id)
    assert again.same
    assert "脱贫人口" not in str(kept) + str(again)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("id: HIRING", 'id: "HIRING\\n"'),
        ("id: HIRING", 'id: ".."'),
        ("id: HIRING", "id: " + "X" * 81),
        ("name: 吸纳就业补贴", "name: " + "长" * 201),
        ("kind: 补贴", "kind: " + "长" * 41),
    ],
)
def test_a_source_whose_words_do_not_fit_is_refused_in_words(before: str, after: str) -> None:
    region_tree()
    with pytest.raises(api.InvalidItem):
        api.create_item(actor=author().actor(), source=hiring().replace(before, after, 1), now=NOW)


def test_what_an_author_types_cannot_keep_the_platform_busy() -> None:
    day = NOW.date()
    large = {
        "conditions": hiring().replace(
            "  - {id: insured,",
            "".join(f"  - {{id: c{i}, text: t, when: true}}\n" for i in range(101)) + "  - {id: insured,",
        ),
        "text": hiring() + "#" * 200_001,
        "anchors": "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
        + hiring(),
        "itself": "z: &a [*a]\n" + hiring(),
        "deep": "z: " + "[" * 3000 + "]" * 3000 + "\n" + hiring(),
        "digits": hiring().replace("amount: 1000 * 参保人数", "amount: 1e999999999"),
        "broken": "---\nx: [\n" * 5_000,
        "expression": hiring().replace("参保人数 >= 10", "'" + "1 + " * 10_000 + "1 > 1'"),
    }
    for what, source in large.items():
        found = api.problems_of(source, day)
        assert any(each.severity == "error" for each in found), what


def test_the_calculator_is_not_asked_without_end_by_one_address(settings: Any) -> None:
    published_item()
    settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "calculator": "2/hour"}
    client = Client()
    begun = client.get("/policies/calculator/", {"region": DAOLI})
    answers = [client.get(begun["Location"]).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_the_library_is_not_searched_without_end_by_one_address(settings: Any) -> None:
    published_item()
    settings.API_RATE_LIMITS = {**settings.API_RATE_LIMITS, "search": "2/hour"}
    client = Client()
    answers = [client.get("/policies/", {"text": "补贴"}).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    # Its first page is for everybody, and so is who has an account.
    assert client.get("/policies/").status_code == 200
    assert signed_in(author()).get("/policies/", {"text": "补贴"}).status_code == 200


def test_null_characters_break_no_page() -> None:
    written_item()
    client = signed_in(author())
    assert client.get("/policies/items/A%00/").status_code == 404
    assert client.post("/desk/policies/items/HIRING/discard/", {"reason": "a\0"}).status_code == 400
    assert version().state == "draft"


def test_what_follows_from_the_place_names_the_register_as_its_source() -> None:
    published_item()
    party, person = an_enterprise()
    decided = api.decide_one(actor=person.actor(), party_id=party.pk, code="HIRING", day=NOW.date())
    knowing = replace(decided, facts={**decided.facts, "region.trade_growth": 0, "ent.region": DAOLI})
    for column in ("region.trade_growth", "ent.region"):
        assert used_fact(column, knowing, {}).source == "行政区划（登记机关）"
    assert used_fact("region.trade_growth", decided, {}).source == "统计局"
