"""Packages in the shapes of public publishers: read, written again, valid by the official schema, nothing lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from yingshang.areas.contracts.errors import InvalidImport
from yingshang.areas.contracts.gathering.ocds import (
    OWN,
    Outgoing,
    OutgoingObligation,
    OutgoingPerformance,
    laid_over,
    read_package,
    write_package,
)
from yingshang.areas.contracts.gathering.schema import package_mistakes, release_mistakes
from yingshang.areas.contracts.gathering.values import Incoming
from yingshang.areas.contracts.registering.checking import check_fields

CODE, NAME = "91230102MA0000001M", "冰城示例建设有限公司"
TODAY, NOW = date(2026, 11, 23), datetime(2026, 11, 23, 2, tzinfo=UTC)
SHAPES = ("paraguay", "contracts_finder", "milestones")


def package(shape: str, code: str = CODE, name: str = NAME) -> Any:
    """A made-up package in the shape a publisher gives out."""
    text = (Path(__file__).parent / "packages" / f"{shape}.json").read_text(encoding="utf-8")
    return json.loads(text.replace("@SUPPLIER_NAME@", name).replace("@SUPPLIER_CODE@", code))


def outgoing(contract: Incoming, number: str = "HT20260000000001") -> Outgoing:
    """A contract as it would be given out right after it came in."""
    obligations = []
    for place, rule in enumerate(contract.rules):
        said = [each for each in contract.performances if each.rule == place]
        done = sum(each.amount_fen or 0 for each in said)
        amount = rule.get("amount_fen")
        full = bool(said) and (amount is None or done == amount)
        obligations.append(
            OutgoingObligation(
                ordinal=place + 1,
                side=rule["side"],
                kind=rule["kind"],
                title=rule["title"],
                terms=rule["terms"],
                due_on=date.fromisoformat(rule["terms"]["on"]),
                amount_fen=amount,
                done_fen=done,
                state="performed" if full else "partial" if said else "running",
                performed_on=max(each.happened_on for each in said) if full else None,
                performances=tuple(
                    OutgoingPerformance(each.side, each.what, each.happened_on, each.amount_fen, each.note)
                    for each in said
                ),
                source=rule.get("source", ""),
            )
        )
    return Outgoing(
        number=number,
        fields=contract.fields,
        state="in_force",
        unit_code="230102-housing-construction",
        unit_name="道里区住房和城乡建设局",
        updated_at=NOW,
        ocid=contract.ocid,
        source_reference=contract.source_reference,
        release=contract.release,
        obligations=tuple(obligations),
    )


def read_one(value: Any) -> Incoming:
    (found,) = read_package(value)
    return found


def test_paraguay_award_and_contract_are_one_process() -> None:
    found = read_one(package("paraguay"))
    assert found.problems == ()
    assert found.unit.split("\n") == ["12", "DNCP-SICP-CODE-12", "道里区住房和城乡建设局"]
    fields = found.fields
    assert (fields.counterparty_name, fields.counterparty_code) == (NAME, CODE)
    assert (fields.amount_fen, fields.currency, fields.kind) == (178_750_00, "CNY", "procurement")
    assert (fields.signed_on, fields.starts_on, fields.ends_on) == (
        date(2026, 4, 5),
        date(2026, 4, 5),
        date(2026, 12, 15),
    )
    assert found.source_reference == "ocds-03ad3f-246807/246807-proveedor-4"
    # What was paid was owed; what is still owed, and when, nobody has said.
    assert [each["amount_fen"] for each in found.rules] == [23_725_09, 20_000_00]
    assert [(each.rule, each.happened_on, each.amount_fen) for each in found.performances] == [
        (0, date(2026, 5, 31), 23_725_09),
        (1, date(2026, 6, 15), 20_000_00),
    ]


def test_contracts_finder_says_of_the_award_what_others_say_of_the_contract() -> None:
    found = read_one(package("contracts_finder"))
    assert found.fields.title == "Maintenance of district heating（示例）"
    assert (found.fields.amount_fen, found.fields.kind) == (74_999_50, "construction")
    assert (found.fields.signed_on, found.fields.ends_on) == (date(2026, 3, 20), date(2027, 12, 31))
    # The day of the award stands for the day of signing, and the contract says so.
    assert "授予日期" in found.fields.note
    assert found.rules == ()


def test_milestones_are_obligations_and_payments_know_theirs() -> None:
    found = read_one(package("milestones"))
    assert [(each["side"], each["kind"], each["terms"]) for each in found.rules] == [
        ("counterparty", "deliver", {"on": "2026-05-01"}),
        ("unit", "pay", {"on": "2026-05-30"}),
    ]
    assert found.rules[1]["amount_fen"] == 500_000_00
    assert [(each.rule, each.what, each.happened_on) for each in found.performances] == [
        (0, "done", date(2026, 4, 28)),
        (1, "done", date(2026, 5, 28)),
    ]
    assert found.fields.ends_on == date(2026, 11, 27)


@pytest.mark.parametrize("shape", SHAPES)
def test_round_trip_loses_nothing_and_is_valid(shape: str) -> None:
    given = package(shape)
    first = read_one(given)
    written = write_package([outgoing(first)], uri="https://example.org/export", now=NOW)
    assert package_mistakes(written) == ()
    (release,) = written["releases"]
    assert release_mistakes(release) == ()
    again = read_one(json.loads(json.dumps(written)))
    assert again.fields == first.fields
    assert [_without_source(each) for each in again.rules] == [_without_source(each) for each in first.rules]
    assert again.performances == first.performances
    assert again.source_reference.startswith(first.ocid)
    # And what this register has no field for is given back: what the publisher said stands in what we write.
    compiled: dict[str, Any] = {}
    for each in sorted(given["releases"], key=lambda one: str(one["date"])):
        compiled = laid_over(compiled, each)
    lost = list(_lost(compiled, release))
    assert lost == []


def _without_source(rule: Any) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name != "source"}


def _lost(before: Any, after: Any, place: str = "") -> Any:
    """Places of the publisher's release that ours no longer says the same of; but what is said anew, or not kept."""
    if isinstance(before, dict):
        for name, value in before.items():
            if name == "contactPoint" or f"{place}/{name}" in ("/id", "/date", "/tag"):
                continue
            if name not in (after or {}):
                yield f"{place}/{name}"
            else:
                yield from _lost(value, after[name], f"{place}/{name}")
    elif isinstance(before, list) and before and isinstance(before[0], dict):
        for number, each in enumerate(before):
            same = next((one for one in after if one.get("id") == each.get("id")), None)
            yield from _lost(each, same or {}, f"{place}[{number}]")
    elif isinstance(before, int | float) and not isinstance(before, bool):
        if float(before) != float(after):
            yield place
    elif before != after and place.rsplit("/", 1)[-1] != "status":
        yield place


def test_changed_values_are_ours_and_what_is_the_same_stays_the_publishers() -> None:
    first = read_one(package("paraguay"))
    changed = replace(first.fields, amount_fen=200_000_01, ends_on=date(2027, 1, 31))
    contract = replace(outgoing(first), fields=changed, state="terminated")
    (release,) = write_package([contract], uri="https://example.org/x", now=NOW)["releases"]
    written = release["contracts"][0]
    assert written["value"] == {"amount": 200000.01, "currency": "CNY"}
    assert written["period"] == {"startDate": "2026-04-05T12:00:00Z", "endDate": "2027-01-31T00:00:00Z"}
    assert (written["status"], written["dncpContractCode"]) == ("terminated", "CD-13003-13-70684")
    assert written[OWN]["number"] == contract.number
    assert release_mistakes(release) == ()


def test_contract_of_our_own_is_valid_and_comes_back_whole() -> None:
    first = read_one(package("milestones"))
    unpaid = OutgoingPerformance("counterparty", "not_received", date(2026, 7, 1), 10_00, "未收到款")
    contract = outgoing(first)
    own = replace(
        contract,
        ocid="",
        release={},
        source_reference="",
        obligations=(
            contract.obligations[0],
            replace(contract.obligations[1], performances=(*contract.obligations[1].performances, unpaid)),
            replace(
                contract.obligations[1],
                ordinal=3,
                terms={"after": "accepted", "term": {"days": 30}},
                due_on=None,
                performed_on=None,
                state="waiting",
                performances=(),
                source="",
            ),
        ),
    )
    written = write_package([own], uri="https://example.org/x", now=NOW)
    assert package_mistakes(written) == ()
    assert release_mistakes(written["releases"][0]) == ()
    again = read_one(written)
    assert replace(again.fields, others=()) == first.fields
    assert again.rules[2]["terms"] == {"after": "accepted", "term": {"days": 30}}
    assert [each.what for each in again.performances if each.rule == 1] == ["done", "not_received"]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (lambda contract: contract.update(status="pending"), "contracts/status"),
        (lambda contract: contract["value"].update(amount=1.005), "value/amount"),
        (
            lambda contract: contract["implementation"]["transactions"][0]["value"].update(currency="PYG"),
            "implementation/transactions",
        ),
        (lambda contract: contract.update(status="wrong"), "contracts/0/status"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(change: Any, column: str) -> None:
    given = package("paraguay")
    change(given["releases"][1]["contracts"][0])
    assert column in {problem.column for found in read_package(given) for problem in found.problems}


def test_foreign_currency_and_no_end_are_refused_with_what_to_write() -> None:
    given = package("paraguay")
    contract = given["releases"][1]["contracts"][0]
    contract["value"]["currency"] = "PYG"
    for each in contract["implementation"]["transactions"]:
        each["value"]["currency"] = "PYG"
    del contract["period"]["endDate"]
    found = read_one(given)
    assert {each.field for each in check_fields(found.fields, today=TODAY)} >= {"currency", "ends_on"}


@pytest.mark.parametrize("value", [[], {}, {"version": "1.1", "records": []}, {"version": 7, "releases": []}])
def test_what_is_no_package_is_refused(value: Any) -> None:
    with pytest.raises(InvalidImport):
        list(read_package(value))
