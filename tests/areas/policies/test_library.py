"""Documents, items and their versions: written, saved by two, published, superseded, withdrawn."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.policies.factories import (
    TEXT,
    approved_item,
    author,
    hiring,
    issued_document,
    published_item,
    written_item,
)
from tests.kernel.access.factories import HARBIN, NOW, QIQIHAR, SYSTEM, arranged, no_event, one_event, region
from yingshang.areas.policies.api import (
    ChangedMeanwhile,
    CodeTaken,
    DocumentContent,
    DocumentNotFound,
    InvalidDocument,
    InvalidItem,
    ItemNotFound,
    NotPossibleNow,
    OpenVersion,
    add_document,
    begin_version,
    create_item,
    discard_version,
    documents,
    get_document,
    get_item,
    items,
    publish_item,
    published_items,
    save_document,
    save_version,
    split_sentences,
    states,
    withdraw_item,
)
from yingshang.areas.policies.lifecycle import VERSION
from yingshang.areas.policies.models import ItemVersion
from yingshang.kernel.access.api import VISITOR, NotAllowed

DAY = date(2026, 11, 23)


# --- sentences --------------------------------------------------------------------------------------------------------


def test_a_document_is_cut_into_clauses_and_sentences() -> None:
    found = split_sentences(TEXT)
    assert [(each.clause, each.text[:6]) for each in found] == [
        ("", "关于支持企业"),
        ("一", "一、支持对象"),
        ("一", "在本市登记注"),
        ("二", "二、支持标准"),
        ("二（一）", "（一）按参保"),
        ("二（二）", "（二）专精特"),
    ]


def test_numbers_and_brackets_do_not_end_a_sentence() -> None:
    [one] = split_sentences("增长率不低于1.5%（含1.5；下同）的企业")
    assert one.text == "增长率不低于1.5%（含1.5；下同）的企业"


@given(st.text(alphabet="一二（）()。；！\n 第条、1.甲乙“”", max_size=80))
def test_nothing_of_a_text_is_lost(text: str) -> None:
    found = split_sentences(text)
    covered = "".join(text[each.start : each.end] for each in found)
    assert "".join(covered.split()) == "".join(text.split())
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    assert all(text[each.start : each.end].strip() == each.text for each in found)


# --- documents --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_document_is_taken_in_and_everybody_sees_a_public_one() -> None:
    region(HARBIN)
    content = DocumentContent(
        title="若干措施", text=TEXT, region_path="2301", status="in_force", is_public=True
    )
    with one_event("policies.document_added"):
        number = add_document(actor=author().actor(), content=content, now=NOW)
    found = get_document(actor=VISITOR, document_id=number)
    assert found.summary.level == "prefecture"
    assert len(found.sentences) == 6
    assert documents(actor=VISITOR, text="措施").total == 1


@pytest.mark.django_db
def test_a_document_that_is_not_public_is_seen_within_reach_only() -> None:
    region(HARBIN)
    region(QIQIHAR)
    number = add_document(
        actor=author().actor(), content=DocumentContent(title="征求意见稿", region_path="2301"), now=NOW
    )
    assert get_document(actor=author().actor(), document_id=number).revision == 1
    for stranger in (VISITOR, author(QIQIHAR).actor()):
        with pytest.raises(DocumentNotFound):
            get_document(actor=stranger, document_id=number)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "field"),
    [
        (DocumentContent(title=" ", region_path="2301"), "title"),
        (DocumentContent(title="甲", text="字" * 2_000_001, region_path="2301"), "text"),
        (DocumentContent(title="甲", issued_on=date(2999, 1, 1), region_path="2301"), "issued_on"),
    ],
)
def test_what_cannot_be_so_is_refused(content: DocumentContent, field: str) -> None:
    who = author().actor()
    with no_event(), pytest.raises(InvalidDocument) as refusal:
        add_document(actor=who, content=content, now=NOW)
    assert refusal.value.details["field"] == field


@pytest.mark.django_db
def test_of_two_who_change_a_document_the_second_is_told() -> None:
    number = issued_document()
    who = author().actor()
    changed = DocumentContent(title="新标题", text=TEXT, region_path="2301", status="in_force")
    assert save_document(actor=who, document_id=number, content=changed, revision=1, now=NOW) == 2
    with no_event(), pytest.raises(ChangedMeanwhile):
        save_document(actor=who, document_id=number, content=changed, revision=1, now=NOW)


@pytest.mark.django_db
def test_a_text_that_published_items_point_into_stays() -> None:
    number = issued_document()
    with arranged():
        create_item(actor=SYSTEM, source=hiring(), document_id=number, now=NOW)
        ItemVersion.objects.update(state="approved")
        publish_item(actor=SYSTEM, code="HIRING", now=NOW)
    content = DocumentContent(title="甲", text="另一份正文。", region_path="2301", status="in_force")
    with pytest.raises(InvalidDocument, match="published items"):
        save_document(actor=SYSTEM, document_id=number, content=content, revision=1, now=NOW)


# --- items ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_item_is_begun_saved_and_comes_out_as_it_went_in() -> None:
    region(HARBIN)
    who = author().actor()
    with one_event("policies.item_begun"):
        code = create_item(actor=who, source=hiring(), links={"insured": [3, 3]}, now=NOW)
    with one_event("policies.item_saved"):
        assert save_version(actor=who, code=code, source=hiring(staff=20), revision=1, now=NOW) == 2
    found = get_item(actor=who, code=code)
    assert found.open is not None
    assert found.open.source == hiring(staff=20)
    assert found.open.links == {"insured": [3]}
    assert found.open.facts == ("emp.insured_count",)
    assert (found.open.region_path, found.open.effective_to) == ("2301", date(2027, 12, 31))
    assert [row.code for row in items(actor=who, text="就业").rows] == [code]


@pytest.mark.django_db
def test_of_two_who_save_a_draft_the_second_is_told_and_the_first_is_kept() -> None:
    written_item()
    who = author().actor()
    save_version(actor=who, code="HIRING", source=hiring(staff=20), revision=1, now=NOW)
    with no_event(), pytest.raises(ChangedMeanwhile, match=who.name):
        save_version(actor=SYSTEM, code="HIRING", source=hiring(staff=30), revision=1, now=NOW)
    found = get_item(actor=who, code="HIRING").open
    assert found is not None and found.source == hiring(staff=20)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "source",
    ["", "id: [", "id: HIRING\nname: 甲\n", hiring().replace("HIRING", "OTHER"), hiring(region_code=QIQIHAR),
     hiring() + "---\n" + hiring("SECOND")],
)  # fmt: skip
def test_a_source_that_is_no_version_of_the_item_is_refused(source: str) -> None:
    written_item()
    region(QIQIHAR)
    with no_event(), pytest.raises(InvalidItem):
        save_version(actor=SYSTEM, code="HIRING", source=source, revision=1, now=NOW)


@pytest.mark.django_db
def test_a_draft_with_a_formula_that_does_not_compile_is_kept_and_not_published() -> None:
    approved_item(source=hiring().replace("参保人数 >= 10", "参保人数 >= 没有这个事实"))
    with no_event(), pytest.raises(InvalidItem):
        publish_item(actor=SYSTEM, code="HIRING", now=NOW)


@pytest.mark.django_db
def test_who_may_not_write_for_a_place() -> None:
    region(HARBIN)
    with no_event(), pytest.raises(NotAllowed):
        create_item(actor=author(QIQIHAR).actor(), source=hiring(), now=NOW)
    written_item()
    for action in (
        lambda who: save_version(actor=who, code="HIRING", source=hiring(), revision=1, now=NOW),
        lambda who: begin_version(actor=who, code="HIRING", now=NOW),
        lambda who: discard_version(actor=who, code="HIRING", now=NOW),
        lambda who: publish_item(actor=who, code="HIRING", now=NOW),
        lambda who: withdraw_item(actor=who, code="HIRING", reason="x", now=NOW),
        lambda who: get_item(actor=who, code="HIRING"),
    ):
        with no_event(), pytest.raises(ItemNotFound):
            action(author(QIQIHAR).actor())
    with pytest.raises(CodeTaken):
        create_item(actor=author().actor(), source=hiring(), now=NOW)


@pytest.mark.django_db
def test_versions_follow_each_other() -> None:
    published_item()
    with pytest.raises(NotPossibleNow):
        save_version(actor=SYSTEM, code="HIRING", source=hiring(), revision=1, now=NOW)
    with one_event("policies.item_version_begun"):
        assert begin_version(actor=SYSTEM, code="HIRING", now=NOW) == 2
    with pytest.raises(OpenVersion):
        begin_version(actor=SYSTEM, code="HIRING", now=NOW)
    save_version(actor=SYSTEM, code="HIRING", source=hiring(staff=50), revision=1, now=NOW)
    with arranged():
        ItemVersion.objects.filter(state="draft").update(state="approved")
    with one_event("policies.item_published"):
        publish_item(actor=SYSTEM, code="HIRING", now=NOW)
    [found] = published_items(day=DAY)
    assert (found.version, found.source) == (2, hiring(staff=50))
    assert {each.number: each.state for each in get_item(actor=SYSTEM, code="HIRING").versions} == {
        1: "superseded",
        2: "published",
    }
    with one_event("policies.item_withdrawn"):
        withdraw_item(actor=SYSTEM, code="HIRING", reason="上位政策已调整", now=NOW)
    assert published_items(day=DAY) == ()


@pytest.mark.django_db
def test_what_holds_in_a_place_is_its_own_and_everything_above() -> None:
    published_item("NATION", source=hiring("NATION", "000000"))
    published_item("CITY")
    published_item("OTHER", source=hiring("OTHER", "230102"))
    assert [each.code for each in published_items(day=DAY, region_path="230103")] == ["CITY", "NATION"]
    assert published_items(day=date(2028, 1, 1)) == ()
    assert len(published_items(day=date(2025, 1, 1), upcoming=True)) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("event", ["published", "withdrawn", "discarded", "saved"])
@pytest.mark.parametrize("state", sorted(VERSION.states))
def test_every_state_and_action(state: str, event: str) -> None:
    """What the table allows happens, with one event; what it does not leaves nothing behind."""
    written_item()
    stamps = {"published_at": NOW} if state in ("published", "superseded", "withdrawn") else {}
    with arranged():
        ItemVersion.objects.update(state=state, **stamps)
    act = {
        "published": lambda: publish_item(actor=SYSTEM, code="HIRING", now=NOW),
        "withdrawn": lambda: withdraw_item(actor=SYSTEM, code="HIRING", reason="理由", now=NOW),
        "discarded": lambda: discard_version(actor=SYSTEM, code="HIRING", now=NOW),
        "saved": lambda: save_version(actor=SYSTEM, code="HIRING", source=hiring(), revision=1, now=NOW),
    }[event]
    if VERSION.may(state, event):
        with one_event(f"policies.item_{event}"):
            act()
        expected = VERSION.after(state, event)
    else:
        with no_event(), pytest.raises((NotPossibleNow, ItemNotFound)):
            act()
        expected = state
    assert ItemVersion.objects.get().state == expected


def test_the_table_of_states_is_whole() -> None:
    assert {row.target for row in VERSION.transitions} <= {*states(), "same"}
    closed = {code for code, state in states().items() if not state.open}
    assert {source for row in VERSION.transitions for source in row.sources} & closed == {"published"}


@pytest.mark.django_db
def test_the_database_refuses_to_change_what_was_published() -> None:
    published_item()
    for statement in (
        "UPDATE policies_itemversion SET source = 'x'",
        "UPDATE policies_itemversion SET effective_to = NULL",
        "DELETE FROM policies_itemversion",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
