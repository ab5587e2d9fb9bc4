"""Files and packages made to break what reads them, or to say what their sender may not: told, and nothing stands still."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.base import ContentFile

from tests.areas.contracts.factories import supplier, unit
from tests.areas.contracts.gathering.tables import PAYS, ROW, csv_of, xlsx_of
from tests.areas.contracts.gathering.test_importing import SYSTEM, other_side
from tests.areas.contracts.gathering.test_ocds import package
from tests.areas.contracts.gathering.test_tables import read
from tests.areas.contracts.registering.situations import fields
from tests.kernel.access.factories import arranged, no_event, one_event
from yingshang.areas.contracts.api import my_contract, rebuild, record_own, watch
from yingshang.areas.contracts.errors import InvalidImport
from yingshang.areas.contracts.gathering import tables
from yingshang.areas.contracts.gathering.actions.gather import gather_contracts, gather_package
from yingshang.areas.contracts.gathering.actions.request_import import request_import, retry_import
from yingshang.areas.contracts.gathering.actions.run_import import give_up
from yingshang.areas.contracts.gathering.ocds import OWN, read_package
from yingshang.areas.contracts.gathering.values import Incoming, SaidPerformance
from yingshang.areas.contracts.models import Contract, ImportBatch, Obligation, Performance

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"amount": "1e5000"}, "合同金额（元）"),
        ({"amount": "1e999999"}, "合同金额（元）"),
        ({"due_on": "", "event": "验收合格", "days": "1e9999999999"}, "起算后天数"),
        ({"share": "1e-999999%"}, "占价款比例"),
        ({"title": "道路养护\x00服务合同"}, "合同名称"),
    ],
)
def test_a_cell_that_would_break_the_reader_is_a_mistake_of_its_row(
    tmp_path: Path, change: dict[str, str], column: str
) -> None:
    (found,) = read(tmp_path, csv_of([{**ROW, **change}]))
    assert column in {each.column for each in found.problems}
    assert "\x00" not in "".join(found.raw[0])


def _altered(content: bytes, change: Any) -> bytes:
    """The workbook with its sheet as `change` makes it."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as before, ZipFile(file, "w") as after:
        for each in before.namelist():
            text = before.read(each)
            after.writestr(each, change(text) if each.startswith("xl/worksheets/") else text)
    return file.getvalue()


def test_a_workbook_is_as_large_as_what_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = xlsx_of([ROW, PAYS])
    claims = b'<dimension ref="A1:XFD1048576"'
    vast = _altered(book, lambda text: text.replace(b'<dimension ref="A1:AA3"', claims))
    assert claims in ZipFile(io.BytesIO(vast)).read("xl/worksheets/sheet1.xml")
    (found,) = read(tmp_path, vast, "a.xlsx")
    assert (len(found.rules), found.problems) == (2, ())
    with pytest.raises(InvalidImport):
        read(tmp_path, _altered(book, lambda text: text[: len(text) // 2]), "b.xlsx")
    monkeypatch.setattr(tables, "_MOST_ROWS", 2)
    with pytest.raises(InvalidImport):
        read(tmp_path, book, "c.xlsx")


def test_what_was_not_taken_stands_under_the_columns_of_the_template(tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(csv_of([ROW]).decode("utf-8-sig"))))
    text = io.StringIO()
    csv.writer(text).writerows([each[::-1] for each in rows])
    (found,) = read(tmp_path, text.getvalue().encode())
    assert list(found.raw[0]) == rows[1]


def _with(**own: Any) -> Any:
    """A package with one more milestone: the unit pays, as `own` says."""
    given = package("milestones", other_side().credit_code or "", other_side().name)
    (contract,) = given["releases"][0]["contracts"]
    contract["implementation"]["milestones"].append(
        {
            "id": "m9",
            "title": "支付尾款",
            "type": "financing",
            "dueDate": "2026-06-01T00:00:00Z",
            OWN: {
                "side": "unit",
                "kind": "pay",
                "terms": {"on": "2026-06-01"},
                "amount_fen": 100,
                **own,
            },
        }
    )
    return given


def _told(given: Any) -> list[str]:
    return [problem.column for found in read_package(given) for problem in found.problems]


@pytest.mark.parametrize(
    "change",
    [
        lambda contract: contract["value"].update(amount=float("inf")),
        lambda contract: contract["value"].update(amount=1e300),
        lambda contract: contract.update(description="a\x00"),
        lambda contract: contract.update(description="\ud800"),
        lambda contract: contract.update(more=__import__("json").loads("[" * 200 + "]" * 200)),
        lambda contract: contract["implementation"]["milestones"][0].update(
            {OWN: {"terms": {}, "said": [{}]}}
        ),
        lambda contract: contract["implementation"]["milestones"][0].update(
            {OWN: {"terms": {}, "said": [{"side": "nobody", "what": "done", "on": "2026-01-01"}]}}
        ),
    ],
)
def test_a_release_that_would_break_the_reader_is_told(change: Any) -> None:
    given = package("milestones")
    change(given["releases"][0]["contracts"][0])
    assert _told(given)


def test_a_contract_of_a_million_years_has_no_end() -> None:
    given = package("milestones")
    given["releases"][0]["contracts"][0]["period"]["durationInDays"] = 999_999_999
    (found,) = read_package(given)
    assert found.fields.ends_on is None


@pytest.mark.django_db
def test_nobody_says_in_a_file_that_the_other_side_was_paid() -> None:
    people = unit()
    with arranged():
        type(people.agency).objects.filter(pk=people.agency.pk).update(name="道里区住房和城乡建设局")
    said = {"side": "counterparty", "what": "done", "on": "2026-06-02", "amount_fen": 100}
    done = gather_package(actor=SYSTEM, package=_with(said=[said]), name="某平台", now=NOW)
    assert done.problems == ()
    row = Obligation.objects.get(title="支付尾款")
    assert (row.state, row.counterparty_said_fen, row.confirmed_by) == ("running", None, "")
    assert not Performance.objects.filter(obligation=row).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("terms", "said", "state", "open_fen", "interest"),
    [
        # Due on 06-01; ten days late on a million it is 5,000: what was paid pays that first.
        ({}, [("done", "2026-06-11", 1_000_000)], "partial", 5_000, [5_000]),
        ({"order": "principal_first"}, [("done", "2026-06-11", 1_000_000)], "performed", 0, [0]),
        ({}, [("done", "2026-06-11", 1_005_000)], "performed", 0, [5_000]),
        ({}, [("done", "2026-06-01", 1_000_000)], "performed", 0, [0]),
        # In whatever order they are sent.
        (
            {},
            [("partial", "2026-06-21", 500_000), ("partial", "2026-06-11", 505_000)],
            "partial",
            2_500,
            [2_500, 5_000],
        ),
    ],
)
def test_a_late_payment_of_a_system_is_divided_as_one_of_a_form(
    terms: dict[str, Any], said: list[tuple[str, str, int]], state: str, open_fen: int, interest: list[int]
) -> None:
    people, firm = unit(), supplier()
    yuan = 100
    found = Incoming(
        row=1,
        unit=people.agency.code,
        fields=fields(
            amount_fen=1_000_000 * yuan,
            counterparty_name=firm.party.name,
            counterparty_code=firm.party.credit_code or "",
        ),
        rules=(
            {
                "side": "unit",
                "kind": "pay",
                "title": "支付货款",
                "amount_fen": 1_000_000 * yuan,
                "terms": {"on": "2026-06-01", **terms},
            },
        ),
        performances=tuple(
            SaidPerformance(0, "unit", what, date.fromisoformat(on), paid * yuan) for what, on, paid in said
        ),
        source_reference="A-1",
        over=True,
    )
    done = gather_contracts(actor=SYSTEM, contracts=[found], name="某平台", now=NOW)
    assert done.problems == ()
    row = Obligation.objects.get()
    assert (row.state, row.open_fen) == (state, open_fen * yuan)
    divided = row.performances.order_by("pk").values_list("interest_fen", flat=True)
    assert list(divided) == [each * yuan for each in interest]
    # What its source calls over while money is late was ended, not completed: it stays watched.
    assert Contract.objects.get().state == ("terminated" if open_fen else "completed")
    assert (watch(actor=SYSTEM, now=NOW), rebuild(actor=SYSTEM, now=NOW).total) == (bool(open_fen), 0)
    if not open_fen:
        return
    # By a form it comes to the same, and what is owed still is closed by who is owed alone.
    own = firm.who.actor()
    [seen] = my_contract(actor=own, contract_id=row.contract_id, today=NOW.date()).obligations
    assert seen.open_fen == open_fen * yuan and seen.interest_fen
    record_own(actor=own, obligation_id=row.pk, what="done", happened_on=NOW.date(), now=NOW)
    assert Obligation.objects.get().state == "performed"


@pytest.mark.django_db
@pytest.mark.parametrize("more", [{"on": "2030-01-01"}, {"amount_fen": 10**18}])
def test_what_cannot_have_been_performed_is_told(more: dict[str, Any]) -> None:
    people = unit()
    with arranged():
        type(people.agency).objects.filter(pk=people.agency.pk).update(name="道里区住房和城乡建设局")
    said = {"side": "unit", "what": "done", "on": "2026-06-02", "amount_fen": 100, **more}
    done = gather_package(actor=SYSTEM, package=_with(said=[said]), name="某平台", now=NOW)
    assert (done.contract_count, done.problem_count) == (0, 1)


@pytest.mark.django_db
def test_the_name_of_a_natural_person_is_in_no_kept_release() -> None:
    people = unit()
    with arranged():
        type(people.agency).objects.filter(pk=people.agency.pk).update(name="道里区住房和城乡建设局")
    given = package("milestones", "", "示例自然人甲")
    (contract,) = given["releases"][0]["contracts"]
    contract[OWN] = {"counterparty_kind": "person"}
    done = gather_package(actor=SYSTEM, package=given, name="某平台", now=NOW)
    assert done.problems == ()
    row = Contract.objects.get()
    assert (row.release, row.counterparty_name) == ({}, "示＊＊")


@pytest.mark.django_db
def test_a_batch_that_is_cut_off_again_and_again_may_be_tried_again() -> None:
    people = unit()
    actor = people.administrator.actor()
    number = request_import(actor=actor, file=ContentFile(csv_of([ROW])), name="甲.csv", now=NOW)
    with one_event("contracts.import_ended"):
        give_up(actor=actor, batch_id=number, now=NOW)
    assert ImportBatch.objects.get(pk=number).state == "failed"
    with no_event():
        give_up(actor=actor, batch_id=number, now=NOW)
    retry_import(actor=actor, batch_id=number, now=NOW)
    assert ImportBatch.objects.get(pk=number).state == "waiting"
