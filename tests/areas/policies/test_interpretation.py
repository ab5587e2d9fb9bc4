"""Interpretations: first words made from the item, written, published, out of date, taken down; pictures."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.areas.policies.factories import (
    EXAMPLES,
    author,
    hiring,
    issued_document,
    published_item,
    written_item,
)
from tests.areas.policies.search_factories import DAY
from tests.kernel.access.factories import (
    HARBIN,
    NOW,
    QIQIHAR,
    SYSTEM,
    arranged,
    no_event,
    official,
    one_event,
)
from yingshang.areas.policies.api import (
    ChangedMeanwhile,
    InterpretationContent,
    InterpretationNotFound,
    InterpretationQuestion,
    InterpretationSubject,
    InvalidInterpretation,
    ItemNotFound,
    NotPossibleNow,
    affirm_interpretation,
    begin_interpretation,
    begin_version,
    interpretation_on_desk,
    outdated_by,
    picture_document,
    plain_words,
    public_document,
    public_item,
    publish_interpretation,
    publish_item,
    remove_picture,
    save_interpretation,
    save_version,
    set_picture,
    withdraw_interpretation,
)
from yingshang.areas.policies.interpretation.drafting import draft_of_item
from yingshang.areas.policies.interpretation.numbers import absent, figures_of, values_of_item
from yingshang.areas.policies.lifecycle import INTERPRETATION
from yingshang.areas.policies.models import Interpretation, ItemVersion
from yingshang.kernel.access.api import VISITOR, Actor, NotAllowed
from yingshang.kernel.documents.api import DocumentNotFound, RefusedFile, open_document, re_encode_picture

ITEM = InterpretationSubject("HIRING")
WORDS = InterpretationContent(
    plain="参保满10人的企业，每招一人补1000元。",
    sections={"amount": "每人1000元，每户最高2万元。"},
    questions=(InterpretationQuestion("要多少人参保？", "不少于10人。", ("insured",)),),
)


def png(width: int = 40, height: int = 30, *, remark: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + b"\xd0\x40\x20" * width for _ in range(height))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"tEXt", b"Comment\0" + remark)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


def interpreted(content: InterpretationContent = WORDS) -> None:
    """The item in force with a published interpretation."""
    published_item()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
        save_interpretation(actor=SYSTEM, subject=ITEM, content=content, revision=1, now=NOW)
        publish_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)


def next_version(source: str) -> None:
    """A later version of the item comes into force."""
    with arranged():
        begin_version(actor=SYSTEM, code="HIRING", now=NOW)
        save_version(actor=SYSTEM, code="HIRING", source=source, revision=1, now=NOW)
        ItemVersion.objects.filter(item__code="HIRING", state="draft").update(state="approved")
        publish_item(actor=SYSTEM, code="HIRING", now=NOW)


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("每户最高2万元", [Decimal(20000)]),
        ("1,500 万元", [Decimal(15_000_000)]),
        ("裁员率不高于5.5%", [Decimal("0.055")]),
        ("百分之五十", [Decimal("0.5")]),
        ("提高 1.5 个百分点", [Decimal("0.015")]),
        ("签订一年以上合同，在岗六个月", [Decimal(1), Decimal(6)]),
        ("三十五周岁以下", [Decimal(35)]),
        ("截至2026年12月31日", [date(2026, 12, 31)]),
        ("2026-12-31 前", [date(2026, 12, 31)]),
        ("第三条第2款、一次性奖励", []),
    ],
)
def test_figures_are_read_by_their_value(text: str, values: list[Decimal | date]) -> None:
    assert [each.value for each in figures_of(text)] == values


@given(st.integers(min_value=1, max_value=10**7))
def test_a_figure_is_the_same_however_it_is_written(number: int) -> None:
    [plain], [parted] = figures_of(f"{number}元"), figures_of(f"{number:,}元")
    assert plain.value == parted.value == number


def test_the_first_words_of_every_real_item_hold_nothing_that_the_item_does_not() -> None:
    for path in sorted(EXAMPLES.glob("P*.yaml")):
        source = path.read_text("utf-8")
        words = draft_of_item(source, DAY)
        assert words == draft_of_item(source, DAY), "always the same"
        assert words.plain and words.sections["who"] and len(words.questions) >= 3, path.stem
        assert absent(figures_of(words.words), values_of_item(source)) == (), path.stem


# --- written and published --------------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def test_from_first_words_to_the_public_page() -> None:
    published_item()
    actor = author().actor()
    with one_event("policies.interpretation_begun"):
        begin_interpretation(actor=actor, subject=ITEM, now=NOW)
    desk = interpretation_on_desk(actor=actor, subject=ITEM)
    assert desk.draft is not None and desk.draft.generated and desk.draft.content.plain
    assert public_item(code="HIRING", day=DAY).interpretation is None, (
        "nobody reads it before it is published"
    )
    with one_event("policies.interpretation_saved"):
        save_interpretation(actor=actor, subject=ITEM, content=WORDS, revision=1, now=NOW)
    with one_event("policies.interpretation_published"):
        publish_interpretation(actor=actor, subject=ITEM, now=NOW)
    found = public_item(code="HIRING", day=DAY).interpretation
    assert found is not None
    assert found.plain == WORDS.plain and not found.generated and found.receipt
    assert [each.text for each in found.questions[0].points] == ["参保人数不少于10人"]
    assert (found.first_version, found.covers, found.outdated) == (1, True, ())
    assert plain_words(item_ids=[Interpretation.objects.get().item_id or 0]) == {
        Interpretation.objects.get().item_id: WORDS.plain
    }


def test_generated_words_that_nobody_changed_stay_marked() -> None:
    published_item()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
        draft = interpretation_on_desk(actor=SYSTEM, subject=ITEM).draft
        assert draft is not None
        save_interpretation(actor=SYSTEM, subject=ITEM, content=draft.content, revision=1, now=NOW)
        publish_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
    found = public_item(code="HIRING", day=DAY).interpretation
    assert found is not None and found.generated


def test_two_authors_notice_each_other() -> None:
    published_item()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
        save_interpretation(actor=SYSTEM, subject=ITEM, content=WORDS, revision=1, now=NOW)
    with no_event(), pytest.raises(ChangedMeanwhile):
        save_interpretation(actor=SYSTEM, subject=ITEM, content=WORDS, revision=1, now=NOW)


@pytest.mark.parametrize(
    "content",
    [
        InterpretationContent(plain="长" * 301),
        InterpretationContent(plain="短", sections={"why": "因为"}),
        InterpretationContent(plain="短", sections={"who": "长" * 2_001}),
        InterpretationContent(plain="短", questions=(InterpretationQuestion("问", ""),)),
        InterpretationContent(plain="短", questions=(InterpretationQuestion("问", "答", ("nowhere",)),)),
        InterpretationContent(plain="短", questions=(InterpretationQuestion("问", "答"),) * 31),
    ],
)
def test_what_cannot_be_taken_down_is_refused(content: InterpretationContent) -> None:
    published_item()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
    with no_event(), pytest.raises(InvalidInterpretation):
        save_interpretation(actor=SYSTEM, subject=ITEM, content=content, revision=1, now=NOW)


def test_it_is_never_public_before_its_item() -> None:
    written_item()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
    with no_event(), pytest.raises(InvalidInterpretation, match="not public"):
        publish_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)


# --- a later version --------------------------------------------------------------------------------------------------


def test_author_and_reader_are_told_which_figures_are_gone() -> None:
    interpreted()
    later = hiring(staff=30).replace("不少于10人", "不少于30人").replace("HIRING", "HIRING")
    assert outdated_by(code="HIRING", source=later) == ("10人",)
    next_version(later)
    found = public_item(code="HIRING", day=DAY).interpretation
    assert found is not None and not found.covers and found.outdated == ("10人",)
    desk = interpretation_on_desk(actor=SYSTEM, subject=ITEM)
    assert (desk.behind, desk.outdated, desk.version) == (True, ("10人",), 2)
    with no_event(), pytest.raises(InvalidInterpretation, match="10人"):
        affirm_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
    earlier = public_item(code="HIRING", day=DAY, number=1).interpretation
    assert earlier is not None and earlier.covers, "of the version it was written for it is true"


def test_it_is_affirmed_for_a_version_that_says_the_same() -> None:
    interpreted()
    next_version(hiring().replace("一、, when", "第一条, when"))
    assert public_item(code="HIRING", day=DAY).interpretation.covers is False  # type: ignore[union-attr]
    with one_event("policies.interpretation_affirmed"):
        assert affirm_interpretation(actor=author().actor(), subject=ITEM, now=NOW) == 2
    found = public_item(code="HIRING", day=DAY).interpretation
    assert found is not None and found.covers and (found.first_version, found.last_version) == (1, 2)


def test_a_later_one_takes_its_place_and_begins_with_its_words() -> None:
    interpreted()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=ITEM, from_subject=False, now=NOW)
        publish_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
    states = list(Interpretation.objects.order_by("number").values_list("state", "end_reason", "plain"))
    assert states == [("withdrawn", "第 2 次解读公开", WORDS.plain), ("published", "", WORDS.plain)]


def test_it_is_taken_down_with_a_reason() -> None:
    interpreted()
    with no_event(), pytest.raises(InvalidInterpretation):
        withdraw_interpretation(actor=SYSTEM, subject=ITEM, reason=" ", now=NOW)
    with one_event("policies.interpretation_withdrawn"):
        withdraw_interpretation(actor=author().actor(), subject=ITEM, reason="写错了", now=NOW)
    assert public_item(code="HIRING", day=DAY).interpretation is None


# --- who may, when ----------------------------------------------------------------------------------------------------

ACTIONS: dict[str, Callable[[Actor], object]] = {
    "saved": lambda actor: save_interpretation(actor=actor, subject=ITEM, content=WORDS, revision=1, now=NOW),
    "pictured": lambda actor: set_picture(
        actor=actor, subject=ITEM, file=png(), name="a.png", alt="图", revision=1, now=NOW
    ),
    "published": lambda actor: publish_interpretation(actor=actor, subject=ITEM, now=NOW),
    "affirmed": lambda actor: affirm_interpretation(actor=actor, subject=ITEM, now=NOW),
    "withdrawn": lambda actor: withdraw_interpretation(
        actor=actor, subject=ITEM, state=Interpretation.objects.get().state, reason="写错了", now=NOW
    ),
}


@pytest.mark.parametrize("state", INTERPRETATION.states)
@pytest.mark.parametrize("event", ACTIONS)
def test_every_action_in_every_state(state: str, event: str) -> None:
    published_item()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
        Interpretation.objects.update(state=state, published_at=NOW)
    if INTERPRETATION.may(state, event):
        ACTIONS[event](SYSTEM)
        assert Interpretation.objects.get().state == INTERPRETATION.after(state, event)
    else:
        with no_event(), pytest.raises((InterpretationNotFound, NotPossibleNow)):
            ACTIONS[event](SYSTEM)


@pytest.mark.parametrize("event", ACTIONS)
def test_who_may_not(event: str) -> None:
    interpreted()
    if event in ("saved", "pictured", "published"):
        with arranged():
            Interpretation.objects.update(state="draft")

    def refused(actor: Actor, error: type[Exception]) -> None:
        with no_event(), pytest.raises(error):
            ACTIONS[event](actor)

    refused(VISITOR, NotAllowed)
    refused(official("department_official", HARBIN).actor(), NotAllowed)
    refused(author(QIQIHAR).actor(), ItemNotFound)


# --- documents --------------------------------------------------------------------------------------------------------


def test_a_document_is_interpreted_too_and_answers_point_at_its_sentences() -> None:
    number = issued_document()
    subject = InterpretationSubject(document_id=number)
    content = InterpretationContent(
        plain="在本市登记的企业可以申请吸纳就业补贴。",
        questions=(InterpretationQuestion("最多多少？", "每户最高2万元。", ("5",)),),
    )
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=subject, now=NOW)
        save_interpretation(actor=SYSTEM, subject=subject, content=content, revision=1, now=NOW)
        publish_interpretation(actor=SYSTEM, subject=subject, now=NOW)
    found = public_document(document_id=number, day=DAY).interpretation
    assert found is not None and found.covers and found.outdated == ()
    assert found.questions[0].points[0].text.startswith("（一）按参保人数")


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_a_picture_is_drawn_anew() -> None:
    made = re_encode_picture(png(remark=b"taken at home"))
    assert made.startswith(b"\x89PNG") and b"taken at home" not in made
    assert struct.unpack(">II", made[16:24]) == (40, 30)
    with pytest.raises(RefusedFile):
        re_encode_picture(png()[:40])
    with pytest.raises(RefusedFile, match="smaller"):
        re_encode_picture(png()[:16] + struct.pack(">II", 90_000, 90_000) + png()[24:])


def test_a_picture_has_words_and_is_public_with_its_interpretation() -> None:
    published_item()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
    with no_event(), pytest.raises(InvalidInterpretation):
        set_picture(actor=SYSTEM, subject=ITEM, file=png(), name="a.png", alt=" ", revision=1, now=NOW)
    with no_event(), pytest.raises(RefusedFile):
        set_picture(actor=SYSTEM, subject=ITEM, file=b"GIF89a", name="a.png", alt="图", revision=1, now=NOW)
    with arranged():
        set_picture(
            actor=SYSTEM, subject=ITEM, file=png(), name="一图.png", alt="三步办理", revision=1, now=NOW
        )
    row = Interpretation.objects.get()
    assert row.picture_id is not None
    with pytest.raises(InterpretationNotFound):
        picture_document(interpretation_id=row.pk)
    with pytest.raises(DocumentNotFound):
        open_document(actor=VISITOR, document_id=row.picture_id, now=NOW)
    with arranged():
        publish_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
    with open_document(
        actor=VISITOR, document_id=picture_document(interpretation_id=row.pk), now=NOW
    ).file as file:
        assert file.read(4) == b"\x89PNG"
    found = public_item(code="HIRING", day=DAY).interpretation
    assert found is not None and found.picture and found.picture_alt == "三步办理"


def test_a_picture_is_taken_away() -> None:
    published_item()
    with arranged():
        begin_interpretation(actor=SYSTEM, subject=ITEM, now=NOW)
    with one_event("policies.interpretation_pictured"):
        set_picture(actor=SYSTEM, subject=ITEM, file=png(), name="a.png", alt="图", revision=1, now=NOW)
    with one_event("policies.interpretation_pictured"):
        remove_picture(actor=SYSTEM, subject=ITEM, revision=2, now=NOW)
    assert Interpretation.objects.get().picture_id is None
