"""Batches, answers and statements for tests, and strategies that draw any of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from yingshang.areas.claims.banking.status_reasons import reasons, statuses
from yingshang.areas.claims.banking.values import (
    CHINA,
    Bank,
    EntryKind,
    PaymentBatch,
    PaymentInstruction,
    Statement,
    StatementEntry,
    StatusReport,
    TransactionReport,
)

MOMENT = datetime(2026, 11, 22, 10, 0, tzinfo=CHINA)
BANK = Bank("演示银行哈尔滨道里支行", "102261000018")
PAYER = "230100000001"


def instruction(number: int | str = 1, **changed: Any) -> PaymentInstruction:
    """A payment to an invented enterprise."""
    values = {
        "end_to_end_id": f"ORDER-{number}",
        "amount_fen": 1_000_00,
        "creditor_name": f"演示企业{number}有限公司",
        "creditor_account": "6222000000000001",
        "creditor_bank": BANK,
        "purpose": "惠企资金",
        "remittance": "免申即享奖补",
    }
    return PaymentInstruction(**{**values, **changed})


def batch(*instructions: PaymentInstruction, message_id: str = "BATCH-1", **changed: Any) -> PaymentBatch:
    """A batch of the invented treasury."""
    values = {
        "message_id": message_id,
        "created": MOMENT,
        "requested_execution_date": date(2026, 11, 23),
        "debtor_name": "演示市财政局",
        "debtor_account": PAYER,
        "debtor_bank": BANK,
        "instructions": instructions or (instruction(1), instruction(2)),
    }
    return PaymentBatch(**{**values, **changed})


def texts(longest: int, *, shortest: int = 1) -> st.SearchStrategy[str]:
    """Any Unicode a bank can be told, formulas and angle brackets among it."""
    any_text = st.text(
        st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\ufffe\uffff"),
        min_size=shortest,
        max_size=longest,
    )
    nasty = st.sampled_from(
        ["=1+1", "'=1", "''", "-2", "@x", "＋1", "<a>&amp;", "]]>", '"a",b', "𠮷野家", "龥", "a;b", "1.0"]
    )
    return st.one_of(any_text, nasty).filter(lambda text: text == text.strip() and len(text) >= shortest)


identifiers = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._-]{0,34}", fullmatch=True)
accounts = st.from_regex(r"[0-9A-Za-z][0-9A-Za-z-]{3,33}", fullmatch=True)
banks = st.builds(Bank, texts(140), st.one_of(st.just(""), st.from_regex(r"[0-9]{12}", fullmatch=True)))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=CHINA)
)
amounts = st.integers(1, 10**15 - 1)

instructions = st.builds(
    PaymentInstruction,
    end_to_end_id=identifiers,
    amount_fen=amounts,
    creditor_name=texts(140),
    creditor_account=accounts,
    creditor_bank=banks,
    purpose=texts(35, shortest=0),
    remittance=texts(140, shortest=0),
)
batches = st.builds(
    PaymentBatch,
    message_id=identifiers,
    created=moments,
    requested_execution_date=st.dates(date(2000, 1, 1), date(2099, 1, 1)),
    debtor_name=texts(140),
    debtor_account=accounts,
    debtor_bank=banks,
    instructions=st.lists(
        instructions, min_size=1, max_size=5, unique_by=lambda each: each.end_to_end_id
    ).map(tuple),
)

_CODES = st.sampled_from([*reasons(), "XX99"])
transaction_reports = st.builds(
    TransactionReport,
    end_to_end_id=texts(35),
    status=st.sampled_from([code for code, each in statuses().items() if "transaction" in each.levels]),
    reason=st.one_of(st.just(""), _CODES),
    reason_text=texts(105, shortest=0),
    bank_reference=texts(35, shortest=0),
    accepted_at=st.one_of(st.none(), moments),
    amount_fen=st.one_of(st.none(), amounts),
)
reports = st.builds(
    StatusReport,
    message_id=texts(35),
    created=moments,
    original_message_id=identifiers,
    group_status=st.sampled_from([code for code, each in statuses().items() if "group" in each.levels]),
    group_reason=st.one_of(st.just(""), _CODES),
    group_reason_text=texts(105, shortest=0),
    transactions=st.lists(transaction_reports, max_size=4).map(tuple),
)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """A statement that adds up."""
    day = draw(st.dates(date(2000, 1, 1), date(2099, 1, 1)))
    entries = []
    for number in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(list(EntryKind)))
        sign = {EntryKind.PAYMENT: -1, EntryKind.OTHER: draw(st.sampled_from([-1, 1]))}.get(kind, 1)
        entries.append(
            StatementEntry(
                reference=f"{number}{draw(texts(30))}".strip(),
                day=day,
                amount_fen=sign * draw(amounts),
                kind=kind,
                end_to_end_id=draw(st.one_of(st.just(""), identifiers)),
                counterparty_name=draw(texts(140, shortest=0)),
                counterparty_account=draw(st.one_of(st.just(""), accounts)),
                return_reason=draw(_CODES) if kind is EntryKind.RETURN else "",
                text=draw(texts(140, shortest=0)),
            )
        )
    opening = draw(st.integers(-(10**15), 10**15))
    return Statement(
        statement_id=draw(identifiers),
        created=draw(moments),
        account=draw(accounts),
        day=day,
        opening_fen=opening,
        closing_fen=opening + sum(each.amount_fen for each in entries),
        entries=tuple(entries),
    )


def later(days: int) -> date:
    """A day after the moment of the tests."""
    return MOMENT.date() + timedelta(days)
