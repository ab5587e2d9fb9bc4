"""Sending, taking in, reconciling: one situation each. Whatever comes together is in `faults`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from tests.areas.claims.factories import (
    CHANNEL,
    YUAN,
    Claimed,
    Desk,
    checked_batch,
    payable_claim,
    prepared_batch,
)
from tests.areas.claims.test_reconsideration import one_of_ours
from tests.kernel.access.factories import NOW, SYSTEM, arranged, no_event, one_event
from yingshang.areas.claims.actions.prepare_batch import check_batch, prepare_batch
from yingshang.areas.claims.banking.channels import (
    Acknowledgement,
    Fetched,
    Format,
    PaymentFile,
    ReceivedReport,
    StatementReading,
    received,
    write_report,
)
from yingshang.areas.claims.banking.errors import ChannelMisconfigured, ChannelRefused, ChannelUncertain
from yingshang.areas.claims.banking.values import (
    EntryKind,
    Statement,
    StatementEntry,
    StatusReport,
    TransactionReport,
)
from yingshang.areas.claims.demonstration import answer_as_bank
from yingshang.areas.claims.errors import NoEvidence, NothingToPay, NotPossibleNow, Stopped
from yingshang.areas.claims.models import (
    BankReport,
    BankStatement,
    ChannelPosition,
    Instalment,
    PayeeAccount,
    PaymentBatch,
    PaymentOrder,
    ReconciliationDifference,
    Reservation,
    Trip,
)
from yingshang.areas.claims.paying.actions.advance_instalments import drop_instalment
from yingshang.areas.claims.paying.actions.explain import explain_difference
from yingshang.areas.claims.paying.actions.mark_not_executed import mark_not_executed
from yingshang.areas.claims.paying.actions.reconcile import find_differences, reconcile_day
from yingshang.areas.claims.paying.actions.send_batch import send_batch
from yingshang.areas.claims.paying.actions.take_in_reports import take_in_reports
from yingshang.areas.claims.paying.books import check_books
from yingshang.areas.claims.paying.channels import Way, way_to
from yingshang.kernel.access.api import ConflictingDuties
from yingshang.kernel.ledger.models import AuditEvent

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)


@dataclass
class Line:
    """A channel that does as it is told, and keeps what it was given."""

    does: list[Exception] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    reports: list[ReceivedReport] = field(default_factory=list)
    statements: dict[date, list[StatementEntry]] = field(default_factory=dict)

    def way(self, code: str) -> Way:
        return Way(code, self)

    def send(self, file: PaymentFile) -> Acknowledgement:
        assert isinstance(file.content, bytes)
        self.sent.append(file.content)
        if self.does:
            raise self.does.pop(0)
        return Acknowledgement(file.message_id, taken=True)

    def fetch(self, cursor: str = "") -> Fetched:
        if self.does:
            raise self.does.pop(0)
        some = tuple(self.reports[int(cursor or 0) :])
        return Fetched(some, str(len(self.reports)))

    def statement(self, day: date, account: str) -> Statement | None:
        with self.open_statement(day, account) as reading:
            return reading.whole() if reading else None

    @contextmanager
    def open_statement(self, day: date, account: str) -> Iterator[StatementReading | None]:
        if day not in self.statements:
            yield None
            return
        entries = tuple(self.statements[day])
        created = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
        moved = sum(each.amount_fen for each in entries)
        found = Statement(
            statement_id=f"S{day:%Y%m%d}",
            created=created,
            account=account,
            day=day,
            opening_fen=0,
            closing_fen=moved,
            entries=entries,
        )
        yield StatementReading(found.head, iter(found.entries))

    def says(self, order: PaymentOrder, status: str, reason: str = "", **more: object) -> None:
        self.tells(
            order.batch,
            transactions=(
                TransactionReport(end_to_end_id=order.end_to_end_id, status=status, reason=reason, **more),
            ),  # type: ignore[arg-type]
        )

    def tells(self, batch: PaymentBatch, **more: object) -> None:
        number = len(self.reports) + 1
        report = StatusReport(
            message_id=f"STS-{number}",
            created=NOW,
            original_message_id=batch.message_id,
            **more,  # type: ignore[arg-type]
        )
        self.reports.append(received(f"r{number}", write_report(report, Format.XML), Format.XML))


@contextmanager
def once(action: str) -> Iterator[None]:
    """The block records exactly one event of this area; the messages it sends have their own."""
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    yield
    new = AuditEvent.objects.exclude(pk__in=before).filter(action__startswith="claims.")
    assert list(new.values_list("action", flat=True)) == [action]


def refused() -> ChannelRefused:
    return ChannelRefused("no", message_zh="银行拒收", status=422, bank_code="")


def uncertain() -> ChannelUncertain:
    return ChannelUncertain("no answer", message_zh="没有应答")


def sent(**more: object) -> tuple[Line, PaymentOrder, Claimed, Desk]:
    """An order the bank has."""
    batch, claim, people = checked_batch(**more)
    line = Line()
    assert send(line, batch).outcome == "sent"
    return line, PaymentOrder.objects.select_related("batch").get(), claim, people


def send(line: Line, batch: PaymentBatch):  # type: ignore[no-untyped-def]
    return send_batch(actor=SYSTEM, batch_id=batch.pk, now=NOW, ways=line.way)


def taken(line: Line) -> int:
    return take_in_reports(actor=SYSTEM, channel=CHANNEL, now=NOW, ways=line.way).new


def state(claim: Claimed) -> str:
    assert check_books() == ()
    return claim.row.state


def kinds() -> list[str]:
    rows = ReconciliationDifference.objects.filter(explained_at__isnull=True)
    return list(rows.order_by("pk").values_list("kind", flat=True))


# --- sending ----------------------------------------------------------------------------------------------------------


def test_what_is_sent_again_is_the_same_bytes_though_the_account_changed_meanwhile() -> None:
    batch, claim, _ = checked_batch()
    line = Line([uncertain(), uncertain()])
    assert send(line, batch).outcome == "uncertain"
    with arranged():
        PayeeAccount.objects.update(name="改了名字")
    assert [send(line, batch).outcome, send(line, batch).outcome] == ["uncertain", "sent"]
    assert len(line.sent) == 3 and len(set(line.sent)) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.file.attempts, batch.problem) == ("sent", 3, "")
    assert state(claim) == "paying"


def test_a_refusal_takes_back_only_what_cannot_have_arrived() -> None:
    batch, claim, _ = checked_batch()
    line = Line([refused()])
    assert send(line, batch).outcome == "refused"
    batch.refresh_from_db()
    assert (batch.state, batch.problem) == ("checked", "银行拒收")
    line.does = [uncertain(), refused()]
    send(line, batch)
    send(line, batch)
    batch.refresh_from_db()
    assert batch.state == "sending" and state(claim) == "paying"


def test_an_account_no_file_can_name_leaves_the_batch_checked_with_the_problem_on_it() -> None:
    batch, _, _ = checked_batch()
    with arranged():
        row = PayeeAccount.objects.get()
        row.number = "1 2"
        row.save()
    line = Line()
    with one_event("claims.batch_not_sent"):
        assert send(line, batch).outcome == "refused"
    batch.refresh_from_db()
    assert batch.state == "checked" and "账号" in batch.problem and not line.sent


def test_what_was_stopped_after_the_check_is_not_sent() -> None:
    batch, claim, _ = checked_batch()
    with arranged():
        Trip.objects.create(
            number="T1",
            rule="x",
            rule_version="1",
            claim=claim.row,
            region_path="2301",
            finding="x",
            tripped_at=NOW,
        )
    line = Line()
    with no_event(), pytest.raises(Stopped):
        send(line, batch)
    assert not line.sent


def test_a_channel_nobody_configured_is_named(settings) -> None:  # type: ignore[no-untyped-def]
    settings.PAYMENT_CHANNELS = {
        "b": {"type": "folder", "folder": "/nowhere", "name": "甲银行", "format": "csv"}
    }
    assert way_to("b").format is Format.CSV
    with pytest.raises(ChannelMisconfigured):
        way_to("c")
    settings.PAYMENT_CHANNELS = {"b": {"type": "folder", "folder": "/nowhere", "encoding": "big5"}}
    with pytest.raises(ChannelMisconfigured):
        way_to("b")


# --- answers ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_whole_and_carried_out_once() -> None:
    line, order, claim, _ = sent()
    line.says(order, "ACSC", bank_reference="B1")
    with once("claims.report_taken_in"):
        assert taken(line) == 1
    with arranged():
        ChannelPosition.objects.update(cursor="")
    with no_event():
        assert taken(line) == 0
    kept = BankReport.objects.get()
    assert kept.as_it_came == line.reports[0].content
    # The database holds none of it in the clear.
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM claims_bankreport")
        assert order.end_to_end_id not in cursor.fetchone()[0]
    assert state(claim) == "paid"


@pytest.mark.parametrize("reason", ["DU04", "AM05", "DUPL"])
def test_that_the_bank_has_the_order_already_says_nothing_of_it(reason: str) -> None:
    line, order, claim, _ = sent()
    line.says(order, "RJCT", reason)
    taken(line)
    order.refresh_from_db()
    assert (order.state, state(claim)) == ("sent", "paying")


@pytest.mark.parametrize(
    ("reason", "becomes", "noted"),
    [
        ("AC01", "account_wrong", []),
        ("AM04", "payable", ["rejected_by_bank"]),
        ("XX99", "payable", ["rejected_by_bank"]),
    ],
)
def test_who_can_mend_a_rejection_has_the_claim_next(reason: str, becomes: str, noted: list[str]) -> None:
    line, order, claim, _ = sent()
    line.says(order, "RJCT", reason)
    taken(line)
    assert (state(claim), kinds()) == (becomes, noted)
    assert (PayeeAccount.objects.get().state == "usable") is (becomes == "payable")


def test_a_word_on_the_whole_batch_speaks_for_what_nothing_else_was_said_of() -> None:
    line, order, claim, _ = sent()
    line.tells(order.batch, group_status="RJCT", group_reason="AC02")
    line.tells(order.batch, group_status="ACSC")
    taken(line)
    assert state(claim) == "payable"


@pytest.mark.parametrize("status", ["PART", "PDNG", "ACTC"])
def test_other_words_on_the_batch_settle_nothing(status: str) -> None:
    line, order, claim, _ = sent()
    line.tells(order.batch, group_status=status)
    taken(line)
    assert state(claim) == "paying"


def test_what_cannot_be_read_or_is_of_nobody_is_seen_by_somebody() -> None:
    line, order, claim, _ = sent()
    line.reports.append(received("broken", b"<Document/>", Format.XML))
    line.tells(PaymentBatch(message_id="NOBODYS"), group_status="RJCT")
    line.says(order, "ACSC", amount_fen=1)
    assert taken(line) == 3
    assert kinds() == ["unreadable", "unknown_batch", "amount_differs"]
    assert state(claim) == "paying"


def test_a_bank_that_cannot_be_reached_is_written_down() -> None:
    line, _, _, _ = sent()
    line.does = [uncertain()]
    assert taken(line) == 0
    assert ChannelPosition.objects.get().problem == "没有应答"
    taken(line)
    assert ChannelPosition.objects.get().problem == ""


# --- statements -------------------------------------------------------------------------------------------------------


def entry(order: PaymentOrder, kind: EntryKind = EntryKind.PAYMENT, **more: object) -> StatementEntry:
    amount = -order.amount_fen if kind is EntryKind.PAYMENT else order.amount_fen
    values = {
        "reference": f"{kind}-{order.pk}",
        "day": DAY,
        "amount_fen": amount,
        "kind": kind,
        "end_to_end_id": order.end_to_end_id,
        **more,
    }
    return StatementEntry(**values)  # type: ignore[arg-type]


def day(line: Line, *entries: StatementEntry, on: date = DAY) -> tuple[int, int] | None:
    line.statements[on] = list(entries)
    return reconcile_day(
        line.way(CHANNEL), account="6222000000000001", day=on, region_path="2301", actor=SYSTEM, now=NOW
    )


def test_a_statement_settles_what_no_answer_told_once() -> None:
    line, order, claim, _ = sent()
    with once("claims.statement_taken_in"):
        assert day(line, entry(order)) == (1, 0)
    with no_event():
        assert day(line, entry(order)) == (0, 0)
    assert (state(claim), kinds()) == ("paid", [])
    day(line, entry(order), entry(order, EntryKind.RETURN, return_reason="AC04"))
    assert state(claim) == "account_wrong"


@pytest.mark.parametrize(("status", "lines"), [("paid", 1), ("returned", 2)])
def test_what_a_demonstration_pays_by_hand_stands_in_its_statement(status: str, lines: int) -> None:
    batch, claim, people = checked_batch()
    with once("claims.batch_sent"):
        answer_as_bank(
            actor=people.treasurer.actor(), batch_id=batch.pk, answers={claim.id: (status, "")}, now=NOW
        )
    row = BankStatement.objects.get()
    assert row.lines.count() == row.lines_count == lines
    assert row.closing_fen == (-PaymentOrder.objects.get().amount_fen if status == "paid" else 0)
    # A later day of the account, in which the bank says nothing of it.
    day(Line(), on=DAY + timedelta(days=3))
    assert find_differences(CHANNEL, row.account, region_path="2301", actor=SYSTEM, now=NOW) == 0


def test_lines_that_do_not_fit_move_nothing_and_are_shown() -> None:
    line, order, claim, _ = sent()
    strange = entry(order, reference="X", end_to_end_id="NOBODYS")
    less = entry(order, reference="Y", amount_fen=-1)
    deposit = entry(order, EntryKind.DEPOSIT, reference="Z", end_to_end_id="")
    assert day(line, strange, less, deposit) == (3, 2)
    assert sorted(kinds()) == ["amount_differs", "unknown_line"] and state(claim) == "paying"
    day(line, strange, less, deposit, entry(order), entry(order, reference="AGAIN"))
    assert "paid_twice" in kinds() and state(claim) == "paying"


def test_paid_though_rejected_is_not_ordered_again_before_somebody_has_looked() -> None:
    line, order, claim, people = sent()
    line.says(order, "RJCT", "AM04")
    taken(line)
    day(line, entry(order))
    assert "paid_after_rejected" in kinds() and state(claim) == "payable"
    with pytest.raises(NothingToPay):
        prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
    row = ReconciliationDifference.objects.get(kind="paid_after_rejected")
    with once("claims.difference_explained"):
        explain_difference(
            actor=people.treasurer.actor(),
            difference_id=row.pk,
            explanation="银行确认已付",
            book_as_paid=True,
            now=NOW,
        )
    assert state(claim) == "paid" and claim.row.paid_fen == 12_000 * YUAN


def test_booking_is_refused_once_the_claim_was_ordered_again() -> None:
    line, order, claim, people = sent()
    line.says(order, "RJCT", "AM04")
    taken(line)
    number = prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
    day(line, entry(order))
    again = PaymentBatch.objects.get(pk=number)
    with pytest.raises(Stopped):
        check_batch(actor=people.checker.actor(), batch_id=number, digest=again.digest, now=NOW)
    row = ReconciliationDifference.objects.get(kind="paid_after_rejected")
    with no_event(), pytest.raises(NotPossibleNow):
        explain_difference(
            actor=SYSTEM, difference_id=row.pk, explanation="银行确认已付", book_as_paid=True, now=NOW
        )


def test_not_executed_takes_a_supervisor_and_every_statement() -> None:
    line, order, claim, people = sent()
    much_later = NOW + timedelta(days=10)

    def mark(who, now: datetime = much_later) -> None:  # type: ignore[no-untyped-def]
        mark_not_executed(
            actor=who.actor(), batch_id=order.batch_id, orders=[order.pk], reason="银行来函确认", now=now
        )

    with no_event(), pytest.raises(NoEvidence) as refusal:
        mark(people.supervisor)
    assert "2026-11-23" in refusal.value.details["missing"]
    for days in range(3):
        day(line, on=DAY + timedelta(days=days))
    with no_event(), pytest.raises(NoEvidence):
        mark(people.supervisor, NOW + timedelta(days=2))
    with one_event("claims.not_executed"):
        mark(people.supervisor)
    assert state(claim) == "payable"
    with no_event(), pytest.raises(NotPossibleNow):
        with arranged():
            PaymentBatch.objects.update(state="sent")
        send(line, order.batch)
    assert len(line.sent) == 1


def test_what_a_statement_names_was_executed() -> None:
    line, order, _, people = sent()
    for days in range(3):
        day(line, on=DAY + timedelta(days=days))
    day(line, entry(order, amount_fen=-1), on=DAY)
    with no_event(), pytest.raises(NoEvidence):
        mark_not_executed(
            actor=people.supervisor.actor(),
            batch_id=order.batch_id,
            orders=[order.pk],
            reason="银行来函确认",
            now=NOW + timedelta(days=10),
        )


def test_who_made_a_batch_does_not_find_it_unexecuted() -> None:
    line, order, _, people = sent()
    with arranged():
        PaymentBatch.objects.update(made_by=f"user:{people.supervisor.id}")
    with no_event(), pytest.raises(ConflictingDuties):
        mark_not_executed(
            actor=people.supervisor.actor(),
            batch_id=order.batch_id,
            orders=[order.pk],
            reason="银行来函确认",
            now=NOW,
        )
    assert line.sent


# --- instalments ------------------------------------------------------------------------------------------------------


def test_two_instalments_of_a_claim_in_one_batch_are_settled_together() -> None:
    claim, people = payable_claim()
    with arranged():
        part = Instalment.objects.get()
        kept = Reservation.objects.get()
        Reservation.objects.filter(pk=kept.pk).update(state="released")
        Instalment.objects.filter(pk=part.pk).update(state="lost")
        for number, fen in ((2, 5_000 * YUAN), (3, 7_000 * YUAN)):
            row = Instalment.objects.create(claim=claim.row, number=number, amount_fen=fen)
            Reservation.objects.create(budget=kept.budget, instalment=row, amount_fen=fen)
    number = prepare_batch(actor=people.treasurer.actor(), fund_id=claim.fund_id, now=NOW)
    batch = PaymentBatch.objects.get(pk=number)
    check_batch(actor=people.checker.actor(), batch_id=number, digest=batch.digest, now=NOW)
    line = Line()
    send(line, batch)
    first, second = PaymentOrder.objects.select_related("batch").order_by("pk")
    line.says(first, "ACSC")
    taken(line)
    assert (state(claim), claim.row.paid_fen) == ("paying", 5_000 * YUAN)
    line.says(second, "RJCT", "AC04")
    taken(line)
    assert state(claim) == "account_wrong"
    day(line, entry(first), entry(first, EntryKind.RETURN, return_reason="AC04"))
    assert (state(claim), claim.row.paid_fen) == ("account_wrong", 0)


def test_an_instalment_whose_condition_will_not_come_true_gives_its_budget_back() -> None:
    _, claim, people = prepared_batch()
    with arranged():
        budget = Reservation.objects.get().budget
        part = Instalment.objects.create(claim=claim.row, number=2, amount_fen=100, state="waiting")
    with no_event(), pytest.raises(NotPossibleNow):
        drop_instalment(
            actor=people.approver.actor(), claim_id=claim.id, number=1, reason="条件不成立", now=NOW
        )
    with one_of_ours("claims.instalment_lost"):
        drop_instalment(
            actor=people.approver.actor(), claim_id=claim.id, number=2, reason="条件不成立", now=NOW
        )
    part.refresh_from_db()
    assert part.state == "lost" and state(claim) == "paying" and budget.pk
