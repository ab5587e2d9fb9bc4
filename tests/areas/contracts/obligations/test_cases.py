"""The worked cases of cases.yaml, one test each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from yingshang.areas.contracts.obligations.interest import InterestFacts, Paid, work_out
from yingshang.areas.contracts.obligations.law import ContractFacts, applies, rate_of
from yingshang.areas.contracts.obligations.terms import derive, occurrences, read_terms, split_price
from yingshang.areas.contracts.performing.coming_to import Entry, Facts, come_to
from yingshang.kernel.clock.api import national
from yingshang.kernel.reference.api import parse_yaml

CASES: dict[str, list[dict[str, Any]]] = parse_yaml(
    (Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8")
)


def rows(name: str) -> Any:
    return pytest.mark.parametrize("case", CASES[name], ids=[each["name"] for each in CASES[name]])


def fen(yuan: str | None) -> int | None:
    return None if yuan is None else int(Decimal(yuan) * 100)


def test_there_are_enough_of_them_and_each_once() -> None:
    names = [each["name"] for group in CASES.values() for each in group]
    assert len(names) == len(set(names)) >= 80


@rows("due")
def test_due(case: dict[str, Any]) -> None:
    facts = ContractFacts(
        signed_on=case.get("signed_on", date(2026, 1, 5)),
        counterparty_kind=case.get("counterparty", "enterprise"),
        counterparty_size=case.get("size", "small"),
        contract_kind=case.get("kind", "procurement"),
        side=case.get("side", "unit"),
    )
    found = applies(facts)
    due = derive(
        read_terms(case["terms"]),
        event_on=case.get("event_on"),
        calendar=national(),
        law=found.law if found.yes else None,
    )

    assert due.due_on == case["due_on"]
    assert due.waits_for == case.get("waits_for", "")
    for key in ("agreed_on", "law_due_on", "law"):
        if key in case:
            assert getattr(due, key) == case[key], key
    assert due.derivation["zh"]
    assert due.derivation["en"].isascii()


@rows("recurring")
def test_recurring(case: dict[str, Any]) -> None:
    terms = read_terms({key: case[key] for key in ("every", "from", "until")})
    assert list(occurrences(terms)) == case["days"]


@rows("rates")
def test_rates(case: dict[str, Any]) -> None:
    facts = ContractFacts(case["signed_on"], "enterprise", case["size"], "procurement")
    agreed = read_terms({"on": "2026-05-06", "rate": case.get("agreed")}).daily_rate

    found = rate_of(facts, agreed=agreed)

    assert found.daily == (None if case["daily"] is None else Decimal(case["daily"]))
    assert found.source == case["source"]


@rows("interest")
def test_interest(case: dict[str, Any]) -> None:
    facts = InterestFacts(
        amount_fen=fen(case["amount"]),
        due_on=case["due_on"],
        daily_rate=None if case["daily"] is None else Decimal(case["daily"]),
        paid=[
            Paid(each["day"], fen(each["amount"]) or 0, fen(each.get("of_interest")))
            for each in case.get("paid", ())
        ],
        order=case.get("order", "interest_first"),
    )

    found = work_out(facts, case["as_of"])

    assert (found.fen, found.open_principal_fen) == (fen(case["interest"]), fen(case["open"]))
    assert found.unknown == case.get("unknown", "")


@rows("shares")
def test_shares(case: dict[str, Any]) -> None:
    price = fen(case["price"])
    assert price is not None
    found = split_price(price, [Decimal(each) for each in case["shares"]])
    assert found == [fen(each) for each in case["amounts"]]


@rows("said")
def test_said(case: dict[str, Any]) -> None:
    day = date(2026, 11, 20)
    amount = fen(case.get("amount", "100000"))
    entries = [
        Entry(number, each["who"], each["what"], day, fen(each.get("amount")))
        for number, each in enumerate(case["said"])
    ]

    found = come_to(
        Facts(case["owes"], amount, date(2026, 11, 30), None, day if case.get("decided") else None), entries
    )

    stands = "performed" if found.performed else "partial" if found.partial else "open"
    assert (found.done_fen, stands) == (fen(case["done"]), case["stands"])
    assert found.open_fen == (amount or 0) - found.done_fen
    assert (found.disagreed, found.disputed) == (case.get("disagreed", False), case.get("disputed", False))
    assert found.confirmed_by == case.get("confirmed", "")
