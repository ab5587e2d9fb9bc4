"""Files as somebody sends them who is careless or means no good: one bad row costs that row and nothing more."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, NOW, official
from tests.kernel.parties.factories import AS_OF, a_credit_code, facts_file, region_tree, told
from yingshang.kernel.parties.api import import_facts, imports
from yingshang.kernel.parties.contacts import is_email
from yingshang.kernel.parties.models import FactImport, ImportReject, Party

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files_apart(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIRECTORY = tmp_path / "data"


def _row(name: str = "演示甲", region_code: str = DAOLI, **more: str) -> dict[str, str]:
    return {"subject": a_credit_code(region_code), "name": name, "ent.region": region_code, **more}


def test_the_same_file_sent_by_two_counties_is_taken_by_each(tmp_path: Path) -> None:
    """Whoever sends a file first must not keep the others' rows out of the register."""
    region_tree(HARBIN)
    rows = [_row("演示道里", DAOLI), _row("演示南岗", NANGANG)]
    path = facts_file(tmp_path / "whole-city.csv", rows)
    for county in (DAOLI, NANGANG):
        who = official("department_official", county).actor()
        summary = import_facts(actor=who, path=path, as_of=AS_OF, now=NOW)
        assert (summary.already_imported, summary.created, summary.rejected) == (False, 1, 1)
        assert [each.id for each in imports(actor=who).rows] == [summary.id]
    assert {party.name for party in Party.objects.all()} == {"演示道里", "演示南岗"}


def test_the_same_file_sent_by_two_of_one_county_is_taken_once(tmp_path: Path) -> None:
    region_tree(HARBIN)
    path = facts_file(tmp_path / "county.csv", [_row()])
    first, second = (
        import_facts(actor=official("department_official").actor(), path=path, as_of=AS_OF, now=NOW)
        for _ in range(2)
    )
    assert second.already_imported
    assert second.id == first.id


@pytest.mark.parametrize("name", ["演示\x00甲", "演示\x01甲", "演" * 121, "演示\x1f" * 60, "\x00"])
def test_a_name_the_register_cannot_keep_costs_its_row_only(name: str, tmp_path: Path) -> None:
    region_tree(HARBIN)
    good = _row("演示好")
    path = tmp_path / "facts.csv"
    # A NUL far behind the beginning: that of the file is looked at before it is taken on.
    rows = [good, *(_row(f"演示{number}") for number in range(100)), _row(name)]
    facts_file(path, rows)
    summary = import_facts(
        actor=official("department_official", HARBIN).actor(), path=path, as_of=AS_OF, now=NOW
    )
    assert summary.state == FactImport.DONE
    assert summary.created + summary.rejected == 102
    assert summary.created >= 101
    assert Party.objects.filter(name="演示好").exists()


@pytest.mark.parametrize("subject", ["91\x00", "\x0091230102MA1DEMO00X", "9" * 5000])
def test_a_code_that_is_none_costs_its_row_only(subject: str, tmp_path: Path) -> None:
    region_tree(HARBIN)
    path = facts_file(tmp_path / "facts.csv", [_row(), {**_row(), "subject": subject}])
    summary = import_facts(
        actor=official("department_official", HARBIN).actor(), path=path, as_of=AS_OF, now=NOW
    )
    assert (summary.created, summary.rejected) == (1, 1)


def test_a_contact_that_is_none_is_kept_masked() -> None:
    """What was typed wrong is nearly somebody's number; at rest and on the page it is masked like a right one."""
    region_tree(HARBIN)
    summary = told([_row(contact_email="zhang.san.example.org"), _row(contact_phone="1380013800x")])
    assert summary.rejected == 2
    kept = str(list(ImportReject.objects.values_list("reasons", flat=True)))
    assert "zhang.san" not in kept
    assert "1380013800" not in kept


def test_a_long_address_is_refused_at_once() -> None:
    began = time.perf_counter()
    assert not is_email("a@" + "a." * 50_000 + "@")
    assert time.perf_counter() - began < 0.1
