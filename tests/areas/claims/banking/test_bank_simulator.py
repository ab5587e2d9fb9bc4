"""The simulated bank in this process: whatever it is told to do, no order is paid twice and no fen is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.areas.claims.banking.payments import MOMENT, PAYER, batch, instruction
from yingshang.areas.claims.banking.channels import Fetched, FolderChannel, Format, payment_file
from yingshang.areas.claims.banking.errors import ChannelRefused, ChannelUncertain
from yingshang.areas.claims.banking.status_reasons import Outcome
from yingshang.areas.claims.banking.values import EntryKind
from yingshang.operations.bank_simulator.bank import SimulatedBank
from yingshang.operations.bank_simulator.behaviour import BehaviourError, parse_behaviour
from yingshang.operations.bank_simulator.direct import DirectChannel
from yingshang.operations.bank_simulator.folder import WatchedFolder


class Practice:
    """A bank, its clock, and the way to it."""

    def __init__(self, behaviour: dict[str, Any] | None = None, file: str = ":memory:") -> None:
        self.now = MOMENT
        self.bank = SimulatedBank(
            file, parse_behaviour(yaml.safe_dump(behaviour or {})), now=lambda: self.now
        )
        self.channel = DirectChannel(self.bank)
        self.cursor = ""

    def send(
        self, *numbers: int, message_id: str = "BATCH-1", format: Format = Format.XML, **changed: Any
    ) -> None:
        orders = (instruction(each, **changed) for each in numbers)
        self.channel.send(payment_file(batch(*orders, message_id=message_id), format))

    def fetch(self) -> Fetched:
        fetched = self.channel.fetch(self.cursor)
        self.cursor = fetched.cursor
        return fetched

    def told(self, times: int = 1) -> list[tuple[str, str, str]]:
        """What was said of orders: identifier, status, reason."""
        return [
            (each.end_to_end_id, each.status, each.reason)
            for _ in range(times)
            for received in self.fetch().reports
            if received.report is not None
            for each in received.report.transactions
        ]

    def states(self) -> dict[str, str]:
        return {each["end_to_end_id"]: each["state"] for each in self.bank.books()["payments"]}

    def is_sound(self) -> bool:
        books = self.bank.books()
        return books["sum"] == 0 and not books["accounts_that_disagree"] and not books["paid_twice"]


@pytest.fixture
def practice() -> Callable[..., Practice]:
    return Practice


@pytest.mark.parametrize("format", list(Format))
def test_it_pays_and_says_so(practice: Callable[..., Practice], format: Format) -> None:
    made = practice({"answers": {"acknowledge": True}})
    made.send(1, 2, format=format)
    first, second = made.fetch().reports
    assert first.report is not None
    assert second.report is not None
    assert first.report.outcome is Outcome.RECEIVED
    assert second.report.outcome is Outcome.SETTLED
    assert second.format is format
    assert [(each.end_to_end_id, each.outcome) for each in second.report.transactions] == [
        ("ORDER-1", Outcome.SETTLED),
        ("ORDER-2", Outcome.SETTLED),
    ]
    statement = made.channel.statement(MOMENT.date(), PAYER)
    assert statement is not None
    assert [(each.kind, each.amount_fen, each.end_to_end_id) for each in statement.entries] == [
        (EntryKind.PAYMENT, -1_000_00, "ORDER-1"),
        (EntryKind.PAYMENT, -1_000_00, "ORDER-2"),
    ]
    assert {each.bank_reference for each in second.report.transactions} == {
        each.reference for each in statement.entries
    }
    assert made.is_sound()


def test_the_same_batch_again_is_no_second_batch(practice: Callable[..., Practice]) -> None:
    made = practice()
    file = payment_file(batch(), Format.XML)
    assert [made.channel.send(file).repeated for _ in range(3)] == [False, True, True]
    assert len(made.told()) == 2
    with pytest.raises(ChannelRefused) as raised:
        made.send(1)
    assert raised.value.details == {"status": 409, "bank_code": "DU01"}
    assert made.is_sound()


def test_an_order_that_comes_in_two_batches_is_paid_once(practice: Callable[..., Practice]) -> None:
    made = practice()
    made.send(1, 2)
    made.send(2, 3, message_id="BATCH-2")
    assert sorted(made.told(2)) == [
        ("ORDER-1", "ACSC", ""),
        ("ORDER-2", "ACSC", ""),
        ("ORDER-2", "RJCT", "DU04"),
        ("ORDER-3", "ACSC", ""),
    ]
    assert made.is_sound()


def test_a_bank_that_forgets_pays_twice(practice: Callable[..., Practice]) -> None:
    made = practice({"forgets_duplicates": True})
    made.send(1)
    made.send(1, message_id="BATCH-2")
    assert [status for _, status, _ in made.told(2)] == ["ACSC", "ACSC"]
    assert made.bank.books()["paid_twice"] == ["ORDER-1"]
    assert made.bank.books()["sum"] == 0


def test_a_rejected_order_can_come_again(practice: Callable[..., Practice]) -> None:
    made = practice({"rules": [{"account": "*13", "do": "reject", "reason": "AC01"}]})
    made.send(1, creditor_account="622213")
    assert made.told() == [("ORDER-1", "RJCT", "AC01")]
    made.send(1, creditor_account="622214", message_id="BATCH-2")
    assert made.told() == [("ORDER-1", "ACSC", "")]
    assert made.is_sound()


def test_accounts_the_bank_knows(practice: Callable[..., Practice]) -> None:
    accounts = [
        {"account": "62220001", "name": "演示甲公司", "state": "closed"},
        {"account": "62220002", "name": "演示乙公司", "state": "blocked"},
        {"account": "62220003", "name": "演示丙公司（集团）"},
    ]
    made = practice(
        {"creditors": accounts, "debtors": [{"account": PAYER, "name": "演示市财政局", "balance": 1500}]}
    )
    orders = [
        instruction(1, creditor_account="62220001"),
        instruction(2, creditor_account="62220002"),
        instruction(3, creditor_account="62220003", creditor_name="演示丁公司"),
        instruction(4, creditor_account="62220003", creditor_name="演示丙公司(集团)"),
        instruction(5),
    ]
    made.channel.send(payment_file(batch(*orders), Format.XML))
    assert [reason for _, _, reason in made.told()] == ["AC04", "AC06", "BE01", "", "AM04"]
    made.channel.send(payment_file(batch(debtor_account="999999", message_id="BATCH-2"), Format.XML))
    (refused,) = made.fetch().reports
    assert refused.report is not None
    assert (refused.report.outcome, refused.report.group_reason, refused.report.transactions) == (
        Outcome.REJECTED,
        "AC02",
        (),
    )
    assert made.is_sound()


def test_some_now_some_later(practice: Callable[..., Practice]) -> None:
    made = practice(
        {"rules": [{"end_to_end_id": "ORDER-2", "asks": 2}, {"end_to_end_id": "ORDER-3", "seconds": 60}]}
    )
    made.send(1, 2, 3)
    assert [[told[0] for told in made.told()] for _ in range(3)] == [["ORDER-1"], [], ["ORDER-2"]]
    made.now += timedelta(seconds=61)
    (last,) = made.fetch().reports
    assert last.report is not None
    assert last.report.outcome is Outcome.SETTLED


def test_lost_orders_are_told_by_the_statement_alone(practice: Callable[..., Practice]) -> None:
    rules = [
        {"end_to_end_id": "ORDER-1", "do": "lose", "paid": True},
        {"end_to_end_id": "ORDER-2", "do": "lose", "paid": False},
    ]
    made = practice({"rules": rules})
    made.send(1, 2, 3)
    assert made.told(4) == [("ORDER-3", "ACSC", "")]
    statement = made.channel.statement(MOMENT.date(), PAYER)
    assert statement is not None
    assert [each.end_to_end_id for each in statement.entries] == ["ORDER-1", "ORDER-3"]
    assert made.states() == {"ORDER-1": "paid", "ORDER-2": "lost", "ORDER-3": "paid"}
    made.bank.change("")
    made.send(1, 2, message_id="BATCH-2")
    assert sorted(made.told(2)) == [("ORDER-1", "RJCT", "DU04"), ("ORDER-2", "ACSC", "")]
    assert made.is_sound()


def test_money_comes_back_days_later(practice: Callable[..., Practice]) -> None:
    made = practice({"rules": [{"do": "return", "reason": "AC04", "after_days": 2}]})
    made.send(1)
    assert made.told() == [("ORDER-1", "ACSC", "")]
    made.bank.pass_days(1)
    assert made.states() == {"ORDER-1": "paid"}
    day = made.bank.pass_days(1)
    statement = made.channel.statement(day, PAYER)
    assert statement is not None
    (entry,) = statement.entries
    assert (entry.kind, entry.amount_fen, entry.end_to_end_id, entry.return_reason) == (
        EntryKind.RETURN,
        1_000_00,
        "ORDER-1",
        "AC04",
    )
    assert made.channel.statement(day + timedelta(1), PAYER) is None
    assert made.channel.statement(day, "888888") is None
    assert made.is_sound()


def test_a_long_day_is_read_entry_by_entry(practice: Callable[..., Practice], tmp_path: Path) -> None:
    made = practice()
    made.send(*range(1200))
    made.told(3)
    day = made.bank.today
    WatchedFolder(made.bank, tmp_path)
    made.bank.pass_days(1)
    WatchedFolder(made.bank, tmp_path).look()
    for channel in (made.channel, FolderChannel(tmp_path)):
        with channel.open_statement(day, PAYER) as reading:
            assert reading is not None
            moved = [each.amount_fen for each in reading.entries]
        assert len(moved) == 1200
        assert reading.head.opening_fen + sum(moved) == reading.head.closing_fen
        assert channel.statement(day, PAYER) == made.bank.statement(day, PAYER)


def test_a_day_can_be_short(practice: Callable[..., Practice]) -> None:
    made = practice({"day_seconds": 60})
    made.now += timedelta(seconds=150)
    assert made.bank.today == MOMENT.date() + timedelta(2)


def test_answers_repeated_and_out_of_order(practice: Callable[..., Practice]) -> None:
    made = practice({"seed": 3, "answers": {"repeat": 2, "out_of_order": True, "most": 1}})
    made.send(*range(8))
    told = made.told(20)
    assert sorted({each[0] for each in told}) == sorted({f"ORDER-{number}" for number in range(8)})
    assert len(told) == 16
    assert [each[0] for each in told] != sorted(each[0] for each in told)
    again = practice({"seed": 3, "answers": {"repeat": 2, "out_of_order": True, "most": 1}})
    again.send(*range(8))
    assert again.told(20) == told


def test_a_line_that_breaks(practice: Callable[..., Practice]) -> None:
    made = practice({"line": {"lose_acknowledgement_share": 1.0}})
    with pytest.raises(ChannelUncertain):
        made.send(1)
    assert made.told() == [("ORDER-1", "ACSC", "")]
    made = practice({"line": {"refuse_share": 1.0}})
    with pytest.raises(ChannelUncertain):
        made.send(1)
    assert made.told() == []


def test_a_batch_that_is_broken_at_its_end_leaves_nothing(practice: Callable[..., Practice]) -> None:
    made = practice()
    file = payment_file(batch(), Format.XML)
    assert isinstance(file.content, bytes)
    for broken in (
        file.content[:-40],
        file.content.replace(b"<NbOfTxs>2", b"<NbOfTxs>3"),
        file.content.replace(b"</CdtTrfTxInf>\n</PmtInf>", b"<Bogus/></CdtTrfTxInf>\n</PmtInf>"),
    ):
        with pytest.raises(ChannelRefused) as raised:
            made.channel.send(replace(file, content=broken))
        assert raised.value.details["status"] == 422
    assert made.bank.books()["payments"] == []
    assert not made.channel.send(file).repeated


def test_by_files(practice: Callable[..., Practice], tmp_path: Path) -> None:
    made = practice({"rules": [{"end_to_end_id": "ORDER-2", "asks": 2}]})
    folder = WatchedFolder(made.bank, tmp_path)
    channel = FolderChannel(tmp_path)
    channel.send(payment_file(batch(), Format.XML))
    (tmp_path / "in" / "broken.csv").write_bytes(b"no batch")
    (tmp_path / "in" / ".half.xml.part").write_bytes(b"<")
    for _ in range(4):
        folder.look()
    fetched = channel.fetch()
    assert [each.report.outcome for each in fetched.reports if each.report] == [
        Outcome.PARTIAL,
        Outcome.SETTLED,
    ]
    assert sorted(each.name for each in (tmp_path / "refused").iterdir()) == ["broken.csv", "broken.csv.json"]
    assert [each.name for each in (tmp_path / "taken").iterdir()] == ["BATCH-1.xml"]
    assert channel.statement(MOMENT.date(), PAYER) is None
    made.bank.pass_days(1)
    WatchedFolder(made.bank, tmp_path).look()
    statement = channel.statement(MOMENT.date(), PAYER)
    assert statement is not None
    assert len(statement.entries) == 2
    assert channel.fetch(fetched.cursor).reports == ()


def test_what_it_took_is_on_the_disk(practice: Callable[..., Practice], tmp_path: Path) -> None:
    file = str(tmp_path / "bank.sqlite")
    made = practice({"rules": [{"end_to_end_id": "ORDER-2", "asks": 1}]}, file)
    made.send(1, 2)
    assert [each[0] for each in made.told()] == ["ORDER-1"]
    made.bank.change("rules: [{do: reject, reason: AC01}]")
    made.bank.pass_days(3)
    made.bank.close()
    again = practice({}, file)
    again.cursor = made.cursor
    assert [each[0] for each in again.told()] == ["ORDER-2"]
    assert again.bank.today == MOMENT.date() + timedelta(3)
    again.send(4, message_id="BATCH-2")
    assert again.told() == [("ORDER-4", "RJCT", "AC01")]
    again.bank.change("")
    again.bank.close()
    third = practice({}, file)
    third.send(5, message_id="BATCH-3")
    assert ("ORDER-5", "ACSC", "") in third.told(3)
    assert third.is_sound()


rules = st.fixed_dictionaries(
    {
        "do": st.sampled_from(["accept", "reject", "lose", "return"]),
        "reason": st.just("AC04"),
        "share": st.sampled_from([0.3, 0.6, 1.0]),
        "asks": st.integers(0, 2),
        "paid": st.booleans(),
        "after_days": st.integers(0, 2),
    }
)


@settings(max_examples=30)
@given(
    behaviour=st.fixed_dictionaries(
        {
            "seed": st.integers(0, 1000),
            "rules": st.lists(rules, max_size=3),
            "answers": st.fixed_dictionaries(
                {
                    "repeat": st.integers(1, 2),
                    "out_of_order": st.booleans(),
                    "most": st.integers(1, 3),
                    "lose_share": st.sampled_from([0.0, 0.5]),
                    "acknowledge": st.booleans(),
                }
            ),
            "line": st.fixed_dictionaries({"lose_acknowledgement_share": st.sampled_from([0.0, 0.5])}),
        }
    ),
    steps=st.lists(st.sampled_from(["send", "resend", "ask", "day"]), min_size=1, max_size=10),
)
def test_whatever_it_is_told_no_order_is_paid_twice(behaviour: dict[str, Any], steps: list[str]) -> None:
    """The books agree with what was said and with the statements, whatever happened."""
    made = Practice(behaviour)
    sent: list[int] = []
    said: dict[str, set[str]] = {}
    first = made.bank.today
    for step in [*steps, *["ask"] * 8]:
        try:
            if step == "send":
                sent.append(len(sent))
                made.send(2 * len(sent), 2 * len(sent) + 1, message_id=f"BATCH-{len(sent)}")
            elif step == "resend" and sent:
                # The same orders in another batch: somebody lost patience.
                made.send(2 * len(sent), 2 * len(sent) + 1, message_id=f"AGAIN-{len(sent)}")
            elif step == "day":
                made.bank.pass_days(1)
            for order, status, reason in made.told():
                if not reason.startswith("DU"):
                    said.setdefault(order, set()).add(status)
        except (ChannelUncertain, ChannelRefused):
            pass
    assert made.is_sound()
    books = {}
    for each in made.bank.books()["payments"]:
        books.setdefault(each["end_to_end_id"], []).append(each)
    for order, statuses in said.items():
        if "ACSC" in statuses:
            assert sum(each["was_paid"] for each in books[order]) == 1
    moved = 0
    for number in range((made.bank.today - first).days + 1):
        statement = made.channel.statement(first + timedelta(number), PAYER)
        moved += sum(each.amount_fen for each in statement.entries) if statement else 0
    out = sum(each["amount_fen"] for group in books.values() for each in group if each["state"] == "paid")
    assert moved == -out
    made.bank.close()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[", None),
        ("- 1", None),
        ("rules: 3", "rules"),
        ("rules: [{do: dance}]", "rules[0].do"),
        ("rules: [{do: reject}]", "rules[0].reason"),
        ("rules: [{share: 2.0}]", "rules[0].share"),
        ("rules: [{colour: red}]", "rules[0].colour"),
        ("rules: [{asks: true}]", "rules[0].asks"),
        ("rules: [{at_least: '1.001'}]", "at_least"),
        ("answers: {repeat: 0}", "answers.repeat"),
        ("line: {refuse_share: -1.0}", "line.refuse_share"),
        ("debtors: [{name: x}]", "debtors[0]"),
        ("creditors: [{account: '62220001', name: x, state: odd}]", "creditors[0].state"),
        ("day_seconds: -1", "day_seconds"),
        ("sed: 1", "sed"),
    ],
)
def test_descriptions_that_cannot_be(text: str, field: str | None) -> None:
    with pytest.raises(BehaviourError) as raised:
        parse_behaviour(text)
    if field is not None:
        assert raised.value.details["field"] == field


def test_the_description_in_the_guide_is_one() -> None:
    guide = Path(__file__).resolve().parents[4].joinpath("docs/guides/command.md").read_text(encoding="utf-8")
    text = guide[guide.index("## bank-sim") :].partition("```yaml\n")[2].partition("```")[0]
    behaviour = parse_behaviour(text)
    assert [each.do for each in behaviour.rules] == ["reject", "accept", "lose", "return"]
    assert behaviour.debtors[0].balance_fen == 50_000_000_00


def test_time_zone_of_the_day(practice: Callable[..., Practice]) -> None:
    """The bank's day is China's, whatever the clock of the machine says."""
    made = practice()
    made.now = datetime.fromisoformat("2026-11-22T17:00:00+00:00")
    assert made.bank.today.isoformat() == "2026-11-23"
