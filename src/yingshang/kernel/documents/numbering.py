"""Numbers of official documents 文号: formed here alone, and without gaps, whoever takes them at the same time.

After 《党政机关公文处理工作条例》 article 9 (5) a number is made of the code of the issuing agency 机关代字, the year,
and the place in the series, written as GB/T 9704-2012, 7.2.5, says: 哈营商合督〔2026〕12号. An agency that has no code
issues numbers without one, 政合督〔2026〕12号, which another agency's may be like; so what is kept stands behind the
agency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from yingshang.kernel.parties.api import document_codes_of

from .models import SeriesNumber


@dataclass(frozen=True, slots=True)
class Series:
    """What documents of one kind are counted by, and the words before the year: behind the code of an agency, and alone
    where it has none.
    """

    key: str
    coded: str
    alone: str

    @classmethod
    def from_dict(cls, key: str, written: Mapping[str, Any]) -> Series:
        """A series as data files write it: `{coded: 合督, alone: 政合督}`. Raises KeyError, TypeError, ValueError."""
        found = cls(key, written["coded"], written["alone"])
        if not all(isinstance(words, str) and words.strip() for words in (found.coded, found.alone)):
            raise ValueError(f"{key}: coded and alone are words, such as 合督 and 政合督")
        return found


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """A number as it is written, and the agency of whose series it is."""

    words: str
    agency_id: int

    @property
    def kept(self) -> str:
        """As rows keep it, where no two may be the same: agencies without a code may write the same words."""
        return f"{self.agency_id}-{self.words}"


def document_number(code: str, series: Series, year: int, place: int) -> str:
    """A number as it is written, with the code of the agency or without one. Pure."""
    return f"{code}{series.coded if code else series.alone}〔{year}〕{place}号"


def number_words(kept: str) -> str:
    """A number as it is written, of one that stands behind its agency, or alone."""
    return kept.partition("-")[2] or kept


def take_document_numbers(series: Series, agency_ids: Sequence[int], year: int) -> list[DocumentNumber]:
    """The next number of a series in a year for each of these agencies; one that is named twice gets two that follow
    each other. Whatever happens to the code of an agency, it goes on counting.

    A statement for each agency and one for all. The rows stay locked, in the order of the agencies, until the
    transaction ends, and one that fails gives its numbers back: so there are no gaps, and two never get the same.
    """
    counts = Counter(agency_ids)
    codes = document_codes_of(counts)
    following = {
        agency: _take(f"{series.key}:{agency}", year, counts[agency], codes[agency])
        for agency in sorted(counts)
    }
    found = []
    for agency in agency_ids:
        words = document_number(codes[agency], series, year, following[agency])
        found.append(DocumentNumber(words, agency))
        following[agency] += 1
    return found


def take_document_number(series: Series, agency_id: int, year: int) -> DocumentNumber:
    """The next number of a series in a year for one agency: see `take_document_numbers`."""
    [found] = take_document_numbers(series, [agency_id], year)
    return found


def used_by_others(code: str, agency_id: int | None, year: int) -> bool:
    """Whether another agency has numbered a document with this code in a year."""
    rows = SeriesNumber.objects.filter(year=year, codes__contains=[code.upper()])
    if agency_id is not None:
        rows = rows.exclude(series__endswith=f":{agency_id}")
    return rows.exists()


def _take(series: str, year: int, count: int, code: str) -> int:
    """The first of so many numbers; the code they are written with is kept beside the count."""
    table = SeriesNumber._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (series, year, last, codes) VALUES (%s, %s, %s, %s::varchar[]) "
            f"ON CONFLICT (series, year) DO UPDATE SET last = {table}.last + EXCLUDED.last, codes = "
            f"CASE WHEN {table}.codes @> EXCLUDED.codes THEN {table}.codes ELSE {table}.codes || EXCLUDED.codes END "
            "RETURNING last",
            [series, year, count, [code.upper()] if code else []],
        )
        return int(cursor.fetchone()[0]) - count + 1
