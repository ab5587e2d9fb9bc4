"""Numbers of official documents: with the code of the agency, without gaps, and never those of another agency."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests.kernel.access.factories import (
    DAOLI,
    HARBIN,
    NANGANG,
    NOW,
    SYSTEM,
    agency,
    arranged,
    no_event,
    one_event,
)
from yingshang.kernel.documents.api import (
    DocumentNumber,
    Series,
    document_number,
    number_words,
    take_document_number,
    take_document_numbers,
)
from yingshang.kernel.documents.models import SeriesNumber
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import InvalidAgency, activate_agency, deactivate_agency, set_document_code
from yingshang.kernel.parties.models import Agency

SERIES = Series("tried", "合督", "政合督")
KIND = "business-environment"
NEXT_YEAR = NOW + timedelta(days=60)


def _taken(agency_id: int, year: int = 2026, series: Series = SERIES) -> str:
    with arranged():
        return take_document_number(series, agency_id, year).words


def _coded(agency_id: int, code: str) -> None:
    set_document_code(actor=SYSTEM, agency_id=agency_id, document_code=code, now=NOW)


@pytest.mark.parametrize(
    ("code", "place", "words"),
    [
        ("哈营商", 12, "哈营商合督〔2026〕12号"),
        ("", 12, "政合督〔2026〕12号"),
        ("A局", 1, "A局合督〔2026〕1号"),
    ],
)
def test_how_a_number_is_written(code: str, place: int, words: str) -> None:
    assert document_number(code, SERIES, 2026, place) == words
    assert number_words(DocumentNumber(words, 7).kept) == number_words(words) == words


CODES = st.text(st.sampled_from("哈里营商合督政诉A"), max_size=4)


@given(*([CODES, st.integers(2000, 2099), st.integers(1, 10**6)] * 2))
def test_one_agencys_number_is_written_once(
    code: str, year: int, place: int, other: str, another_year: int, another_place: int
) -> None:
    first = document_number(code, SERIES, year, place)
    second = document_number(other, SERIES, another_year, another_place)
    if code and other:
        same = (code, year, place) == (other, another_year, another_place)
        assert (first == second) == same


@pytest.mark.parametrize(
    "written", [{"coded": "", "alone": "督"}, {"coded": "督"}, {"coded": 1, "alone": 2}, []]
)
def test_a_series_needs_both_words(written: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Series.from_dict("tried", written)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_two_agencies_with_codes_never_write_the_same_number_and_without_codes_keep_them_apart() -> None:
    city, district = agency(HARBIN, KIND).pk, agency(DAOLI, KIND).pk
    with arranged():
        plain = take_document_numbers(SERIES, [city, district, city], 2026)
    assert [each.words for each in plain] == [
        "政合督〔2026〕1号",
        "政合督〔2026〕1号",
        "政合督〔2026〕2号",
    ]
    assert len({each.kept for each in plain}) == 3
    _coded(city, "哈营商")
    _coded(district, "里营商")
    with arranged():
        coded = take_document_numbers(SERIES, [district, city, city], 2026)
    assert [each.words for each in coded] == [
        "里营商合督〔2026〕2号",
        "哈营商合督〔2026〕3号",
        "哈营商合督〔2026〕4号",
    ]
    # Each series, and each year, begins with 1.
    assert _taken(city, 2027) == "哈营商合督〔2027〕1号"
    assert _taken(city, series=Series("other", "合立", "政合立")) == "哈营商合立〔2026〕1号"


@pytest.mark.django_db
def test_a_code_that_changes_in_the_year_leaves_no_gap_and_is_nobody_elses_until_the_next() -> None:
    city, district = agency(HARBIN, KIND).pk, agency(DAOLI, KIND).pk
    _coded(city, "哈营商")
    assert _taken(city) == "哈营商合督〔2026〕1号"
    _coded(city, "哈商")
    assert _taken(city) == "哈商合督〔2026〕2号"
    with no_event(), pytest.raises(InvalidAgency, match="this year") as refused:
        _coded(district, "哈营商")
    assert refused.value.details["field"] == "document_code" and "明年" in refused.value.message_zh
    # Nothing went out with it, so somebody else may have it at once.
    _coded(city, "哈商务")
    _coded(city, "哈营商")
    assert _taken(city) == "哈营商合督〔2026〕3号"
    _coded(city, "")
    assert _taken(city) == "政合督〔2026〕4号"
    _coded(district, "哈商务")
    set_document_code(actor=SYSTEM, agency_id=district, document_code="哈营商", now=NEXT_YEAR)
    assert _taken(district, 2027) == "哈营商合督〔2027〕1号"


@pytest.mark.django_db
def test_what_was_not_committed_has_used_no_code() -> None:
    city, district = agency(HARBIN, KIND).pk, agency(DAOLI, KIND).pk
    _coded(city, "哈营商")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        take_document_number(SERIES, city, 2026)
        raise ZeroDivisionError
    _coded(city, "")
    _coded(district, "哈营商")
    assert _taken(district) == "哈营商合督〔2026〕1号" and SeriesNumber.objects.count() == 1


@pytest.mark.django_db
def test_an_agency_that_is_opened_again_has_its_code_unless_somebody_took_it() -> None:
    first, second = agency(HARBIN, KIND), agency(NANGANG, KIND)
    _coded(first.pk, "哈营商")
    deactivate_agency(actor=SYSTEM, agency_id=first.pk, reason="机构改革", now=NOW)
    activate_agency(actor=SYSTEM, agency_id=first.pk, now=NOW)
    assert Agency.objects.get(pk=first.pk).document_code == "哈营商"
    deactivate_agency(actor=SYSTEM, agency_id=first.pk, reason="机构改革", now=NOW)
    _coded(second.pk, "哈营商")
    with one_event("parties.agency_activated") as events:
        activate_agency(actor=SYSTEM, agency_id=first.pk, now=NOW)
    assert events[0]["before"]["document_code"] == "哈营商" and events[0]["after"]["document_code"] == ""
    assert Agency.objects.get(pk=first.pk).document_code == ""


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_under_concurrency() -> None:
    """Sixteen at once, every second of which fails after it took its number. The counter is guarded as every table is: a
    number is taken with an event of what is numbered.
    """
    city = agency(HARBIN, KIND).pk
    _coded(city, "哈营商")
    taken: list[str] = []

    def take(fails: bool) -> None:
        try:
            with transaction.atomic():
                number = take_document_number(SERIES, city, 2026)
                record(actor=SYSTEM, action="tests.arranged", target=Target("test", "1"), now=NOW)
                if fails:
                    raise RuntimeError
            taken.append(number.words)
        except RuntimeError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(number % 2 == 1,)) for number in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(taken) == [f"哈营商合督〔2026〕{place}号" for place in range(1, 9)]
    assert SeriesNumber.objects.values_list("codes", flat=True).get() == ["哈营商"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_the_same_code_at_once_one_is_told_who_has_it() -> None:
    places = [agency(region, KIND).pk for region in (HARBIN, DAOLI, NANGANG)]
    told: list[str] = []
    barrier = threading.Barrier(len(places))

    def give(place: int) -> None:
        barrier.wait()
        try:
            _coded(place, "哈营商")
        except InvalidAgency as error:
            told.append(error.message)
        finally:
            connection.close()

    threads = [threading.Thread(target=give, args=(place,)) for place in places]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(told) == 2 and all("is the document code of" in each for each in told)
    assert Agency.objects.filter(document_code="哈营商").count() == 1
