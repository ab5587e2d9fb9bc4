"""Finding parties by name: as a property against plain substring search, and by the index."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.db import connection
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    QIQIHAR,
    SYSTEM,
    clerk_of,
    enterprise,
    official,
    region,
)
from tests.kernel.parties.factories import a_party, region_tree, told
from yingshang.kernel.access.api import NotAllowed
from yingshang.kernel.parties.api import parties_by_region, search_parties
from yingshang.kernel.parties.models import Party
from yingshang.kernel.parties.names import initials_of, normalised, search_query, search_vector

pytestmark = pytest.mark.django_db

CHARACTERS = "哈尔滨重庆银行厦门冰城科技有限公司（）长A1b"
names = st.text(CHARACTERS, min_size=1, max_size=10)


def found(name: str, text: str, *, others: tuple[str, ...] = ()) -> bool:
    """Whether what is typed finds the name, asked of PostgreSQL."""
    query = search_query(text)
    if query is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT %s::tsvector @@ %s::tsquery",
            [search_vector([name, *others], ["91230102MA0000001X"]), query],
        )
        return bool(cursor.fetchone()[0])


def matches(name: str, text: str) -> bool:
    """The same, spelt out: every character typed is that of the name, or an initial of it."""
    name, text = normalised(name), normalised(text)
    return bool(text) and any(
        all(
            typed == name[start + place] or (typed.isascii() and typed in initials_of(name[start + place]))
            for place, typed in enumerate(text)
        )
        for start in range(len(name) - len(text) + 1)
    )


@hypothesis_settings(max_examples=examples(150), deadline=None)
@given(names, st.integers(0, 9), st.integers(1, 10), st.data())
def test_every_piece_of_a_name_finds_it_in_characters_and_in_initials(
    name: str, start: int, length: int, data: st.DataObject
) -> None:
    piece = normalised(name)[start : start + length]
    assume(piece)
    assert found(name, piece)
    typed = "".join(data.draw(st.sampled_from([each, *initials_of(each)])) for each in piece)
    assert found(name, typed)
    assert found(name, piece.upper())


@hypothesis_settings(max_examples=examples(200), deadline=None)
@given(names, st.text("哈尔滨重庆银行cqyhxhrbzx1ab", min_size=1, max_size=5))
def test_a_term_finds_exactly_the_names_that_contain_it(name: str, text: str) -> None:
    # Four letters or digits may be the beginning of a credit code, too; 91 is not among them.
    assert found(name, text) == matches(name, text)


def test_both_readings_of_a_character_find_it() -> None:
    for name, readings in (("重庆", ("cq", "zq")), ("银行", ("yh", "yx")), ("厦门", ("xm", "sm"))):
        assert all(found(name, reading) for reading in readings), name


def test_nothing_is_found_across_two_names() -> None:
    assert not found("演示甲", "甲乙", others=("乙方",))


@pytest.mark.parametrize("text", ["", "（）", "'; DROP TABLE", "a:*", "!", "' | 'h", "\\", "&&", "<->"])
def test_signs_are_no_query_language(text: str) -> None:
    query = search_query(text)
    if query is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::tsquery", [query])
    assert search_parties(actor=SYSTEM, text=text or "？").total == 0


def test_the_best_come_first() -> None:
    region_tree(HARBIN)
    codes = {
        name: a_party(name).credit_code
        for name in ("冰城科技有限公司哈尔滨分公司", "大冰城科技", "冰城科技有限公司", "冰城科技", "演示其他")
    }
    order = [each.name for each in search_parties(actor=SYSTEM, text="冰城科技").rows]
    assert order == ["冰城科技", "冰城科技有限公司", "冰城科技有限公司哈尔滨分公司", "大冰城科技"]
    for text in ("bckj", "冰城kj", "科技 冰城", "ｂｃｋｊ"):
        assert search_parties(actor=SYSTEM, text=text).total == 4, text
    code = codes["演示其他"] or ""
    assert [each.name for each in search_parties(actor=SYSTEM, text=code).rows] == ["演示其他"]
    assert [each.name for each in search_parties(actor=SYSTEM, text=code.lower()).rows] == ["演示其他"]
    assert search_parties(actor=SYSTEM, text=code[:12]).total >= 1


def test_filters_order_and_pages() -> None:
    for number in range(5):
        a_party(
            f"演示{number}", facts={"ent.industry": "3911" if number % 2 else "6520", "ent.status": "存续"}
        )
    a_party("演示南岗", region_code=NANGANG, facts={"ent.status": "注销"})
    ask: Any = lambda **what: [each.name for each in search_parties(actor=SYSTEM, **what).rows]  # noqa: E731
    assert ask(industry="C") == ask(industry="39") == ["演示1", "演示3"]
    assert ask(region=NANGANG) == ["演示南岗"] == ask(status="注销")
    assert len(ask(region=HARBIN)) == 6
    assert ask(order="-name")[0] == "演示南岗"
    page = search_parties(actor=SYSTEM, per_page=4, page=2)
    assert (len(page.rows), page.total, page.page, page.pages) == (2, 6, 2, 2)
    assert search_parties(actor=SYSTEM, per_page=4, page=99).page == 2


def test_only_what_the_actor_may_see_is_found_and_counted() -> None:
    region(QIQIHAR)
    here, there, far = (
        a_party("演示一"),
        a_party("演示二", region_code=NANGANG),
        a_party("演示三", region_code=QIQIHAR),
    )
    ask: Any = lambda actor: {each.id for each in search_parties(actor=actor, text="演示").rows}  # noqa: E731
    assert ask(SYSTEM) == {here.pk, there.pk, far.pk}
    assert ask(official("department_official", DAOLI).actor()) == {here.pk}
    assert ask(official("leader", HARBIN).actor()) == {here.pk, there.pk}
    assert ask(clerk_of(far).actor()) == {far.pk}
    with pytest.raises(NotAllowed):
        ask(official("administrator", HARBIN).actor())
    counted = parties_by_region(actor=official("leader", HARBIN).actor(), level="county")
    assert [(each.region_code, each.parties) for each in counted] == [(DAOLI, 1), (NANGANG, 1)]
    (city,) = parties_by_region(actor=official("leader", HARBIN).actor(), level="prefecture")
    assert (city.region_code, city.parties) == (HARBIN, 2)


def test_a_party_without_a_search_vector_does_no_harm() -> None:
    enterprise(name="演示手工")
    assert search_parties(actor=SYSTEM, text="演示手工").total == 0
    assert search_parties(actor=SYSTEM).total == 1


def test_two_queries_whatever_is_found(django_assert_num_queries: Any) -> None:
    for number in range(3):
        a_party(f"演示{number}")
    with django_assert_num_queries(2):
        search_parties(actor=SYSTEM, text="演示")


def test_the_index_is_used_on_many_rows() -> None:
    region(DAOLI)
    words = ["冰城", "龙江", "松花", "太阳", "中央", "道里", "江北", "北国"]
    kinds = ["科技", "商贸", "餐饮", "物流", "机械", "食品", "医药", "建筑"]
    rows = [
        (f"91230102{number:010d}"[:18], f"演示{one}{two}{three}{number}")
        for number, (one, two, three, _) in enumerate(product(words, words, kinds, range(40)))
    ]
    assert len(rows) >= 20_000
    day = "2026-11-01"
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY parties_party (kind, credit_code, identity_number, name, name_key, region_id, industry, status, "
            "size, contact_email, contact_phone, search, demonstration, created_at, updated_at) FROM STDIN"
        ) as copy:
            for code, name in rows:
                vector = search_vector([name], [code])
                copy.write_row(
                    ("enterprise", code, "", name, name, DAOLI, "", "", "", "", "", vector, True, day, day)
                )
        cursor.execute("SELECT gin_clean_pending_list('party_search')")
        cursor.execute("ANALYZE parties_party")
        for text in ("北国北国建筑", "bgbgjz", "太阳zy物流", rows[77][0][:15]):
            cursor.execute(
                "EXPLAIN SELECT id FROM parties_party WHERE search @@ %s::tsquery", [search_query(text)]
            )
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "party_search" in plan and "Seq Scan" not in plan, plan
    assert search_parties(actor=SYSTEM, text="北国北国建筑").total == 40
    assert Party.objects.count() == len(rows)


def test_a_new_name_is_found_and_the_old_one_is_not() -> None:
    party = a_party("演示旧名")
    told([{"subject": party.credit_code, "name": "演示新名"}])
    assert search_parties(actor=SYSTEM, text="旧名").total == 0
    assert search_parties(actor=SYSTEM, text="ysxm").total == 1
