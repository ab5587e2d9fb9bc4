"""Situations of the register: a tree of regions, one enterprise with facts, a small city.

Everything goes in through the room's own actions, as the platform does it, so every row has its event.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.kept import kept
from tests.kernel.access.factories import DAOLI, HARBIN, NOW, SYSTEM, region, regions
from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import ImportSummary, import_facts, set_document_code
from yingshang.kernel.parties.models import Agency, ImportReject, Party
from yingshang.kernel.reference.api import children_of, make_credit_code, write_sample_city

AS_OF = date(2026, 11, 1)

_numbers = count(1)


@kept
def region_tree(code: str = HARBIN) -> None:
    """A region, what it lies in, and the divisions one level below it."""
    regions(code, *(child.code for child in children_of(code)))


def a_credit_code(region_code: str = DAOLI) -> str:
    """A right one that was not given out before."""
    return make_credit_code("9", "1", region_code, f"P{next(_numbers):07d}")


@kept
def a_party(
    name: str = "",
    *,
    region_code: str = DAOLI,
    credit_code: str = "",
    facts: Mapping[str, Any] | None = None,
    as_of: date = AS_OF,
    now: datetime = NOW,
    source: str | None = None,
) -> Party:
    """An enterprise that was imported with these facts."""
    region_tree(HARBIN)
    region(region_code)
    code = credit_code or a_credit_code(region_code)
    row = {
        "subject": code,
        "name": name or f"演示企业{next(_numbers)}",
        "ent.region": region_code,
        **(facts or {}),
    }
    summary = told([row], as_of=as_of, now=now, source=source)
    assert not summary.rejected, list(ImportReject.objects.filter(fact_import=summary.id).values("reasons"))
    return Party.objects.get(credit_code=code)


def told(
    rows: Iterable[Mapping[str, Any]],
    *,
    as_of: date = AS_OF,
    now: datetime = NOW,
    source: str | None = None,
    actor: Actor = SYSTEM,
    **more: Any,
) -> ImportSummary:
    """Rows as a CSV file, imported."""
    with TemporaryDirectory() as folder:
        path = facts_file(Path(folder) / "facts.csv", rows)
        return import_facts(actor=actor, path=path, as_of=as_of, now=now, source=source, **more)


def facts_file(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """A CSV file of these rows."""
    rows = list(rows)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def city_file(path: Path, rows: int = 200, *, seed: int = 7, region_code: str = HARBIN) -> Path:
    """A sample city as a file; the suffix says of what kind."""
    return write_sample_city(path, enterprises=rows, seed=seed, as_of=date(2026, 11, 21), region=region_code)


@kept
def imported_city(
    rows: int = 200,
    *,
    seed: int = 7,
    region_code: str = HARBIN,
    as_of: date = date(2026, 11, 21),
    now: datetime = NOW,
) -> ImportSummary:
    """A sample city in the register, marked as demonstration."""
    region_tree(region_code)
    with TemporaryDirectory() as folder:
        path = city_file(Path(folder) / "city.parquet", rows, seed=seed, region_code=region_code)
        return import_facts(actor=SYSTEM, path=path, as_of=as_of, now=now, demonstration=True)


def give_document_code(place: Agency, code: str) -> None:
    """The code 机关代字 that numbers of an agency's documents begin with from now on."""
    set_document_code(actor=SYSTEM, agency_id=place.pk, document_code=code, now=NOW)
