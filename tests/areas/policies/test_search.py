"""Search: what is found and in which order, facets, what changes is found, what is missing is made again."""

from __future__ import annotations

import multiprocessing
import os
import re
import unicodedata
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.areas.policies.factories import hiring, issued_document, published_item
from tests.areas.policies.search_factories import DAY, collected_document, library_of, real_item
from tests.examples import examples
from tests.kernel.access.factories import NOW, SYSTEM, arranged
from yingshang.areas.policies.api import (
    LibraryAnswer,
    LibraryQuestion,
    begin_version,
    benefit_kinds,
    containers,
    rebuild_library,
    search_library,
    withdraw_item,
)
from yingshang.areas.policies.models import ItemVersion, PolicyDocument
from yingshang.areas.policies.search import index
from yingshang.areas.policies.search.index import make_if_missing, update
from yingshang.areas.policies.search.making import make_search
from yingshang.areas.policies.search.words import (
    asked_words,
    index_words,
    initials_of,
    kind_of,
    letters_of,
    pairs,
    plain,
    syllables_of,
)

EXAMPLES = Path(__file__).parents[3] / "examples" / "policies"
REAL = ("P004", "P005", "P010", "P040")


@pytest.fixture(autouse=True)
def own_index(tmp_path: Path, settings: Any) -> None:
    """Each test has its index to itself."""
    settings.DATA_DIRECTORY = tmp_path


def asked(text: str = "", **more: Any) -> LibraryAnswer:
    return search_library(LibraryQuestion(text=text, **more), day=DAY)


def names(answer: LibraryAnswer) -> list[str]:
    return ["".join(piece.text for piece in hit.title) for hit in answer.hits]


def codes(answer: LibraryAnswer) -> set[str]:
    return {hit.item.code for hit in answer.hits if hit.item}


# --- words ------------------------------------------------------------------------------------------------------------


def test_words_of_policies_stay_whole() -> None:
    cut = index_words("关于专精特新企业奖励免申即享的通知")
    assert "专精特新" in cut
    assert "免申即享" in cut
    assert asked_words("稳岗返还的申请") == ["稳岗返还", "申请"]


def test_width_case_and_signs_do_not_matter() -> None:
    assert plain("（２０２６）ＡＢＣ“小巨人”") == "2026 abc 小巨人"


@given(st.text(st.sampled_from("稳岗 ，。（）“”…·—〔〕ＡｂC１２㎡①ﬁé\u0301ｶﾞ-_/\n"), max_size=30))
def test_what_is_plain_is_as_if_all_had_been_normalised(text: str) -> None:
    whole = unicodedata.normalize("NFKC", text).casefold()
    assert plain(text) == re.sub(r"[^\w]+|_+", " ", whole).strip()


def test_the_initials_of_a_title() -> None:
    assert initials_of(syllables_of("稳岗返还（2022 年）")) == "wgfhn"
    assert syllables_of("绿色 ABC") == ["lv", "se"]
    assert letters_of("wgfh") == "wgfh"
    assert letters_of("稳岗") == ""


@given(st.text(alphabet="一二三四五六七八稳岗返还（）《》 A1", max_size=30), st.data())
def test_any_part_of_a_title_stands_in_its_pairs(title: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(title)))
    part = title[start : data.draw(st.integers(start, len(title)))]
    whole, wanted = pairs(title), pairs(part)
    assert not wanted or any(whole[at : at + len(wanted)] == wanted for at in range(len(whole)))


def test_containers_come_from_the_source() -> None:
    assert [each.name for each in containers()][:4] == ["创业扶持", "产业发展", "科技创新", "人才引进"]


def test_each_item_is_of_one_of_twelve_kinds() -> None:
    codes = {each.code for each in benefit_kinds()}
    assert len(codes) == 12
    assert {"资金奖励", "资金补贴", "降低费率"} <= {each.name for each in benefit_kinds()}
    written = {
        "奖励": "award",
        "奖补": "reward_for_aid",
        "补助": "subsidy",
        "贷款贴息补贴": "interest",
        "减免": "relief",
    }
    assert {each: kind_of(each) for each in written} == written
    real = {str(yaml.safe_load(path.read_text("utf-8"))["kind"]) for path in EXAMPLES.glob("P*.yaml")}
    assert {kind_of(each) for each in real} <= codes
    assert kind_of("演示的新方式") == "演示的新方式"


# --- found ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_item_is_found_by_words_synonyms_pinyin_and_parts_of_its_name() -> None:
    library_of(*REAL)
    item = ItemVersion.objects.get(item__code="P040")
    assert names(asked("小巨人"))[0] == item.name
    assert "P040" in codes(asked("专精特新小巨人"))
    assert "P040" in codes(asked(initials_of(syllables_of(item.name))[:6]))
    assert "P040" in codes(asked(item.name[3:9]))
    assert "P040" in codes(asked("p040"))


@pytest.mark.django_db
def test_every_title_and_every_part_of_it_is_found() -> None:
    """What a plain search of the database for a piece of a title gives, the index gives too."""
    issued_document()
    for title in (
        "关于进一步支持企业稳岗扩岗的若干措施",
        "哈尔滨市促进民营经济发展条例（2025年修订）",
        "关于印发《免申即享实施办法》的通知",
        "Ｅ-commerce 跨境电商 2026",
    ):
        collected_document(title)
    real_item("P010")
    rebuild_library(day=DAY)
    titles = [*PolicyDocument.objects.values_list("title", flat=True), ItemVersion.objects.get().name]

    @settings(max_examples=examples(60), deadline=None)
    @given(st.data())
    def found(data: st.DataObject) -> None:
        title = data.draw(st.sampled_from(titles))
        start = data.draw(st.integers(0, len(title) - 1))
        part = title[start : data.draw(st.integers(start + 1, len(title)))]
        if not plain(part):
            return
        answer = search_library(LibraryQuestion(text=part), day=DAY, limit=50, facets=False)
        plainly = set(PolicyDocument.objects.filter(title__icontains=part).values_list("title", flat=True))
        plainly |= set(ItemVersion.objects.filter(name__icontains=part).values_list("name", flat=True))
        assert plainly <= set(names(answer))

    found()


@pytest.mark.django_db
def test_words_of_the_text_are_found_and_marked_after_those_of_titles() -> None:
    collected_document("关于支持外贸的通知", text="对参展企业给予展位费补贴。" * 3)
    collected_document("展位费补贴办法")
    rebuild_library(day=DAY)
    answer = asked("展位费")
    assert names(answer) == ["展位费补贴办法", "关于支持外贸的通知"]
    assert "展位费" in [piece.text for piece in answer.hits[1].excerpt if piece.found]


@pytest.mark.django_db
def test_when_nothing_has_all_words_some_suffice_and_that_is_said() -> None:
    collected_document("稳岗返还办法")
    rebuild_library(day=DAY)
    answer = asked("稳岗返还 房地产 ")
    assert answer.loosened
    assert names(answer) == ["稳岗返还办法"]
    assert asked("房地产").total == 0


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["“”《》", "a" * 500, "\x00", "' OR 1=1 --", "AND OR NOT (", "😀", "的"])
def test_odd_questions_have_answers(text: str) -> None:
    collected_document("稳岗返还办法")
    rebuild_library(day=DAY)
    assert asked(text).total in (0, 1)


# --- facets -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_place_has_what_is_of_it_and_of_everything_above() -> None:
    issued_document()
    for title, path in (("国家的", ""), ("省里的", "23"), ("市里的", "2301"), ("别处的", "44")):
        collected_document(title, region_path=path)
    rebuild_library(day=DAY)
    assert set(names(asked(place="230102"))) == {
        "国家的",
        "省里的",
        "市里的",
        "关于支持企业吸纳就业的若干措施",
    }
    assert set(names(asked(place="23", reach="within"))) == {
        "省里的",
        "市里的",
        "关于支持企业吸纳就业的若干措施",
    }
    assert asked(region="2301").facets["region"]["44"] == 1
    assert set(names(asked(region="44"))) == {"别处的"}
    assert asked().facets["level"] == {"national": 1, "province": 2, "prefecture": 2}


@pytest.mark.django_db
def test_facets_narrow_and_count() -> None:
    library_of(*REAL)
    whole = asked()
    for name in ("what", "kind", "delivery", "audience", "container", "amount", "level", "region"):
        for code, count in whole.facets[name].items():
            assert asked(**{name: code}).total == count, (name, code)


@pytest.mark.django_db
def test_windows_by_the_day() -> None:
    published_item()
    rebuild_library(day=DAY)
    inside, before, after = date(2026, 11, 23), date(2026, 2, 1), date(2027, 1, 1)

    def found(day: date, window: str) -> int:
        return search_library(LibraryQuestion(window=window), day=day).total

    assert [found(day, "open") for day in (inside, before, after)] == [1, 0, 0]
    assert [found(day, "upcoming") for day in (inside, before, after)] == [0, 1, 0]


@pytest.mark.django_db
def test_what_closes_first_comes_first() -> None:
    for code, end in (("LATE", "2027-06-30"), ("SOON", "2026-12-01")):
        published_item(code, source=hiring(code).replace("2026-12-31", end))
    rebuild_library(day=DAY)
    assert [hit.item.code for hit in asked(order="closing").hits if hit.item] == ["SOON", "LATE"]


@pytest.mark.django_db
def test_what_is_out_of_force_is_found_only_when_asked_for() -> None:
    real_item("P002")
    with arranged():
        PolicyDocument.objects.update(is_public=True)
    rebuild_library(day=DAY)
    assert asked("稳岗返还").total == 0
    found = asked("稳岗返还", ended=True)
    assert [hit.state for hit in found.hits] == ["expired"]


# --- the index --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_drafts_are_not_in_it() -> None:
    published_item()
    with arranged():
        begin_version(actor=SYSTEM, code="HIRING", now=NOW)
    collected_document("未公开的文件", public=False)
    rebuild_library(day=DAY)
    assert asked().total == 1


@pytest.mark.django_db
def test_a_withdrawn_item_leaves_and_a_new_one_comes() -> None:
    published_item()
    rebuild_library(day=DAY)
    number = ItemVersion.objects.get().item_id
    with arranged():
        withdraw_item(actor=SYSTEM, code="HIRING", reason="经费调整", now=NOW)
    update(items=[number], day=DAY)
    assert asked("吸纳就业").total == 0
    assert [hit.state for hit in asked("吸纳就业", ended=True).hits] == ["withdrawn"]
    collected_document("吸纳就业新办法")
    update(documents=[PolicyDocument.objects.latest("pk").pk], day=DAY)
    assert names(asked("吸纳就业")) == ["吸纳就业新办法"]


@pytest.mark.django_db
def test_publication_withdrawal_and_documents_queue_the_writing(
    django_capture_on_commit_callbacks: Any,
) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    published_item()
    issued_document()
    with arranged():
        withdraw_item(actor=SYSTEM, code="HIRING", reason="经费调整", now=NOW)
    queued = ProcrastinateJob.objects.filter(task_name="policies.index_search")
    number = ItemVersion.objects.get().item_id
    assert [len(job.args["items"]) for job in queued.order_by("id")] == [1, 0, 1]
    assert queued.first().args["items"] == [number]


@pytest.mark.django_db
def test_an_index_that_is_missing_or_broken_is_made_again() -> None:
    collected_document("稳岗返还办法")
    assert asked("稳岗").total == 1
    (index._place() / "meta.json").unlink()
    assert asked("稳岗").total == 1


@pytest.mark.django_db
def test_with_too_much_to_index_while_somebody_waits_titles_are_searched(
    monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    collected_document("稳岗返还办法")
    collected_document("扩岗补助办法")
    monkeypatch.setattr(index, "AT_ONCE", 1)
    with django_capture_on_commit_callbacks(execute=True):
        answer = asked("稳岗")
    assert answer.plain
    assert names(answer) == ["稳岗返还办法"]
    # The worker is asked to make it.
    from procrastinate.contrib.django.models import ProcrastinateJob

    assert ProcrastinateJob.objects.filter(task_name="policies.make_search", status="todo").count() == 1
    make_search()
    assert not asked("稳岗").plain
    assert make_if_missing(day=DAY) == 0


@pytest.mark.django_db
def test_an_index_that_nobody_has_made_anew_for_a_day_is_made_here(monkeypatch: Any) -> None:
    collected_document("稳岗返还办法")
    assert asked("稳岗").total == 1
    collected_document("扩岗补助办法")
    assert asked("扩岗").total == 0
    written = index._place() / "meta.json"
    yesterday = written.stat().st_mtime - index._GOOD_FOR - 1
    os.utime(written, (yesterday, yesterday))
    monkeypatch.setattr(index, "_LOOKED", -1)
    with monkeypatch.context() as small:
        small.setattr(index, "AT_ONCE", 1)
        assert [asked("扩岗").total for _ in range(2)] == [0, 0], "an old one is better than none"
    assert asked("扩岗").total == 1


def _written_elsewhere(place: str, title: str) -> None:
    from yingshang.areas.policies.search.entries import ALWAYS, Entry

    entry = Entry("document", 999, title, (), title, "", "national", "in_force", 1, 0, ALWAYS)
    index._write(Path(place), [entry])


@pytest.mark.django_db
def test_a_reader_sees_what_another_process_has_written() -> None:
    collected_document("稳岗返还办法")
    assert asked().total == 1
    other = multiprocessing.get_context("fork").Process(
        target=_written_elsewhere, args=(str(index._place()), "另一个进程写入")
    )
    other.start()
    other.join(30)
    assert asked().total == 2


@pytest.mark.django_db
def test_pages_do_not_overlap_and_a_page_takes_two_queries(django_assert_num_queries: Any) -> None:
    issued_document()
    for number in range(12):
        collected_document(f"稳岗返还办法之{number}")
    published_item()
    rebuild_library(day=DAY)
    question = LibraryQuestion()
    search_library(question, day=DAY)
    with django_assert_num_queries(2):
        first = search_library(question, day=DAY, limit=10)
    second = search_library(question, day=DAY, offset=10, limit=10)
    assert first.total == second.total == 14
    assert len({*names(first), *names(second)}) == 14


@pytest.mark.django_db
def test_an_item_that_has_run_out_since_it_was_indexed_is_not_found() -> None:
    published_item()
    rebuild_library(day=DAY)
    later = date(2027, 12, 31)
    assert search_library(LibraryQuestion(), day=later).total == 1
    assert search_library(LibraryQuestion(), day=later + timedelta(days=1)).total == 0
