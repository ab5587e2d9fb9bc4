"""The simulated bank itself: its orders, its money and its answers, in one SQLite file.

What it has said it took is on the disk before it says so. Every step is a transaction of its own and is taken up again
after a kill. Money only moves: all balances add up to nothing, with the central bank's account on the other side.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO

from yingshang.areas.claims.banking.channels import Format, read_payment_file, write_report
from yingshang.areas.claims.banking.errors import BankingError
from yingshang.areas.claims.banking.pain001 import read_pain001
from yingshang.areas.claims.banking.status_reasons import reason as reason_of
from yingshang.areas.claims.banking.values import (
    CHINA,
    BatchHead,
    EntryKind,
    PaymentInstruction,
    Statement,
    StatementEntry,
    StatementHead,
    StatusReport,
    TransactionReport,
    same_name,
)
from yingshang.operations.bank_simulator.behaviour import Behaviour, KnownAccount, parse_behaviour
from yingshang.rules.errors import DomainError

CENTRAL = "CENTRAL"
MAX_BATCH_BYTES = 1 << 30
DIE_AT = ("received", "taken", "executed", "reported")
"""Where it can be told to be killed: before and after a batch is kept, after paying, after writing the answer."""
_BEFORE_HISTORY = "0001-01-01"
_AT_ONCE = 500
_ANSWERS_AT_ONCE = 50

_TABLES = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS account (
    number TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, balance INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, format TEXT NOT NULL,
    received_at TEXT NOT NULL, debtor TEXT NOT NULL, number INTEGER NOT NULL, reason TEXT NOT NULL,
    acknowledged INTEGER NOT NULL DEFAULT 0, open INTEGER NOT NULL DEFAULT 1);
CREATE TABLE IF NOT EXISTS instruction (
    id INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES message, end_to_end_id TEXT NOT NULL,
    debtor TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), creditor_name TEXT NOT NULL,
    creditor_account TEXT NOT NULL, remittance TEXT NOT NULL,
    -- waiting, paid, rejected, returned, lost
    state TEXT NOT NULL DEFAULT 'waiting', fate TEXT NOT NULL, reason TEXT NOT NULL, silent INTEGER NOT NULL,
    due_at REAL NOT NULL, asks INTEGER NOT NULL, after_days INTEGER NOT NULL, return_day TEXT,
    reference TEXT NOT NULL DEFAULT '', paid_at TEXT, slot TEXT NOT NULL, answered INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS instruction_order ON instruction (debtor, end_to_end_id);
CREATE INDEX IF NOT EXISTS instruction_message ON instruction (message, state, answered);
CREATE INDEX IF NOT EXISTS instruction_waiting ON instruction (asks, due_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS instruction_return ON instruction (return_day) WHERE return_day IS NOT NULL;
-- The promise: one order of one payer is carried out once. A bank that forgets has a slot for each batch.
CREATE UNIQUE INDEX IF NOT EXISTS paid_once ON instruction (debtor, end_to_end_id, slot)
    WHERE paid_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY, day TEXT NOT NULL, account TEXT NOT NULL REFERENCES account (number),
    amount INTEGER NOT NULL, kind TEXT NOT NULL, reference TEXT NOT NULL, end_to_end_id TEXT NOT NULL,
    other_name TEXT NOT NULL, other_account TEXT NOT NULL, reason TEXT NOT NULL, words TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entry_day ON entry (account, day);
CREATE TABLE IF NOT EXISTS report (
    id INTEGER PRIMARY KEY, reference TEXT NOT NULL, format TEXT NOT NULL, content BLOB NOT NULL,
    hold INTEGER NOT NULL, sequence INTEGER UNIQUE);
"""


class MessageConflict(DomainError):
    """Another batch came under an identifier that is taken."""

    code = "DU01"


class LineDown(DomainError):
    """As if nobody were there: nothing was taken."""

    code = "line_down"


class LineBroken(DomainError):
    """As if the connection had broken after the batch was taken."""

    code = "line_broken"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The batch is kept; `repeated`: it was before."""

    message_id: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class Report:
    """An answer as it is handed out."""

    sequence: int
    reference: str
    format: Format
    content: bytes


class SimulatedBank:
    """The bank. `now` tells the time; the file `:memory:` forgets everything with the object."""

    def __init__(self, file: str, behaviour: Behaviour, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.executescript(_TABLES)
        self.die_at = ""
        with self._transaction():
            if not self._setting("opened"):
                self._set("opened", now().isoformat())
        changed = self._setting("behaviour")
        self.behaviour = parse_behaviour(changed) if changed else behaviour
        self._open_accounts()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def change(self, text: str) -> None:
        """Behave otherwise from now on, also after a restart; blank text: as the file says at the next start."""
        behaviour = parse_behaviour(text)
        with self._lock:
            with self._transaction():
                self._set("behaviour", text)
            self.behaviour = behaviour
            self._open_accounts()

    # Time.

    @property
    def today(self) -> date:
        """The bank's day."""
        now = self._now()
        further = int(self._setting("days") or 0)
        if seconds := self.behaviour.day_seconds:
            opened = datetime.fromisoformat(self._setting("opened"))
            return opened.astimezone(CHINA).date() + timedelta(
                int((now - opened).total_seconds() // seconds) + further
            )
        return now.astimezone(CHINA).date() + timedelta(further)

    def pass_days(self, days: int) -> date:
        """Let days go by; what comes back by then comes back."""
        with self._lock:
            with self._transaction():
                self._set("days", str(int(self._setting("days") or 0) + days))
            while self.work():
                pass
            return self.today

    # Taking in.

    def receive(self, file: BinaryIO, format: Format) -> Receipt:
        """Keep a batch. Raises BankingError when it cannot be read, MessageConflict, LineDown, LineBroken."""
        digest = hashlib.sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
        file.seek(0)
        if format is Format.XML:
            head, instructions = read_pain001(file, max_bytes=MAX_BATCH_BYTES)
        else:
            batch = read_payment_file(file.read(), format)
            head, instructions = batch.head, iter(batch.instructions)
        with self._lock:
            attempt = self._count(f"attempt:{head.message_id}")
            if self.behaviour.chance(self.behaviour.line.refuse_share, "refuse", head.message_id, attempt):
                raise LineDown("try again later", message_zh="请稍后再试")
            known = self._one("SELECT * FROM message WHERE message_id = ?", head.message_id)
            if known is None:
                self._die("received")
                with self._transaction():
                    self._keep(head, instructions, digest.hexdigest(), format)
                self._die("taken")
            elif known["digest"] != digest.hexdigest():
                raise MessageConflict(
                    f"another batch came under {head.message_id} before",
                    message_zh=f"批次号 {head.message_id} 已用于另一批次",
                )
        share = self.behaviour.line.lose_acknowledgement_share
        if self.behaviour.chance(share, "lose acknowledgement", head.message_id, attempt):
            raise LineBroken("the connection breaks", message_zh="连接中断")
        return Receipt(head.message_id, repeated=known is not None)

    def _keep(
        self, head: BatchHead, instructions: Iterator[PaymentInstruction], digest: str, format: Format
    ) -> None:
        now = self._now()
        debtors = self.behaviour.debtors
        unknown = bool(debtors) and head.debtor_account not in {each.account for each in debtors}
        if not unknown:
            self._open(
                KnownAccount(head.debtor_account, head.debtor_name, self.behaviour.opening_fen), "debtor"
            )
        message = self._database.execute(
            "INSERT INTO message (message_id, digest, format, received_at, debtor, number, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                head.message_id,
                digest,
                format,
                now.isoformat(),
                head.debtor_account,
                head.number,
                "AC02" if unknown else "",
            ),
        ).lastrowid
        seen: set[str] = set()

        def rows() -> Iterator[tuple[Any, ...]]:
            for each in instructions:
                repeated = each.end_to_end_id in seen or self._is_repeated(
                    head.debtor_account, each.end_to_end_id
                )
                seen.add(each.end_to_end_id)
                rule = self.behaviour.rule(head.message_id, each)
                fate, reason = rule.do, rule.reason
                if unknown:
                    fate, reason = "reject", "AC02"
                elif repeated and not self.behaviour.forgets_duplicates:
                    fate, reason = "reject", "DU04"
                yield (
                    message,
                    each.end_to_end_id,
                    head.debtor_account,
                    each.amount_fen,
                    each.creditor_name,
                    each.creditor_account,
                    each.remittance,
                    "pay" if fate == "lose" and rule.paid else fate,
                    reason,
                    int(fate == "lose"),
                    now.timestamp() + rule.seconds,
                    rule.asks,
                    rule.after_days,
                    head.message_id if self.behaviour.forgets_duplicates else "",
                )

        self._database.executemany(
            "INSERT INTO instruction (message, end_to_end_id, debtor, amount, creditor_name, creditor_account,"
            " remittance, fate, reason, silent, due_at, asks, after_days, slot)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows(),
        )

    def _is_repeated(self, debtor: str, end_to_end_id: str) -> bool:
        """The order was carried out, or is being."""
        return (
            self._one(
                "SELECT 1 FROM instruction WHERE debtor = ? AND end_to_end_id = ?"
                " AND (paid_at IS NOT NULL OR (state = 'waiting' AND fate <> 'lose'))",
                debtor,
                end_to_end_id,
            )
            is not None
        )

    # Carrying out.

    def work(self) -> bool:
        """Do some of what is due; True when there may be more. Never waits."""
        with self._lock:
            paid = self._pay_some()
            returned = self._return_some()
            told = self._answer_some()
            self._release()
            return paid or returned or told

    def _pay_some(self) -> bool:
        due = self._all(
            "SELECT * FROM instruction WHERE state = 'waiting' AND asks = 0 AND due_at <= ? ORDER BY id LIMIT ?",
            self._now().timestamp(),
            _AT_ONCE,
        )
        if not due:
            return False
        with self._transaction():
            for each in due:
                self._settle(each)
        self._die("executed")
        return True

    def _settle(self, order: sqlite3.Row) -> None:
        """Pay, reject or lose one order."""
        if order["fate"] == "lose":
            self._database.execute(
                "UPDATE instruction SET state = 'lost', answered = 1 WHERE id = ?", (order["id"],)
            )
            return
        reason = order["reason"] if order["fate"] == "reject" else self._objection(order)
        if reason:
            self._database.execute(
                "UPDATE instruction SET state = 'rejected', reason = ?, answered = silent WHERE id = ?",
                (reason, order["id"]),
            )
            return
        today = self.today
        reference = f"B{today:%Y%m%d}{order['id']:012d}"
        account, name = order["creditor_account"], order["creditor_name"]
        self._open(KnownAccount(account, name), "creditor")
        self._move(order, order["debtor"], account, EntryKind.PAYMENT, reference, "")
        back = (today + timedelta(order["after_days"])).isoformat() if order["fate"] == "return" else None
        self._database.execute(
            "UPDATE instruction SET state = 'paid', paid_at = ?, reference = ?, return_day = ?, answered = silent"
            " WHERE id = ?",
            (self._now().isoformat(), reference, back, order["id"]),
        )

    def _objection(self, order: sqlite3.Row) -> str:
        """Why the bank itself will not pay, or nothing."""
        if not self.behaviour.forgets_duplicates and self._one(
            "SELECT 1 FROM instruction WHERE debtor = ? AND end_to_end_id = ? AND paid_at IS NOT NULL",
            order["debtor"],
            order["end_to_end_id"],
        ):
            return "DU04"
        known = {each.account: each for each in self.behaviour.creditors}.get(order["creditor_account"])
        if known is not None:
            if known.state != "open":
                return "AC04" if known.state == "closed" else "AC06"
            if not same_name(known.name, order["creditor_name"]):
                return "BE01"
        row = self._one("SELECT balance FROM account WHERE number = ?", order["debtor"])
        return "AM04" if row is None or row["balance"] < order["amount"] else ""

    def _return_some(self) -> bool:
        due = self._all(
            "SELECT * FROM instruction WHERE return_day IS NOT NULL AND return_day <= ? ORDER BY id LIMIT ?",
            self.today.isoformat(),
            _AT_ONCE,
        )
        if not due:
            return False
        with self._transaction():
            for each in due:
                reference = f"R{self.today:%Y%m%d}{each['id']:012d}"
                self._move(
                    each,
                    each["creditor_account"],
                    each["debtor"],
                    EntryKind.RETURN,
                    reference,
                    each["reason"],
                )
                self._database.execute(
                    "UPDATE instruction SET state = 'returned', return_day = NULL WHERE id = ?", (each["id"],)
                )
        return True

    def _move(
        self, order: sqlite3.Row, source: str, target: str, kind: EntryKind, reference: str, reason: str
    ) -> None:
        """Money from one account to another, with an entry in both."""
        names = {row["number"]: row["name"] for row in self._all(
            "SELECT number, name FROM account WHERE number IN (?, ?)", source, target
        )}  # fmt: skip
        payee = (order["creditor_name"], order["creditor_account"])
        payer = (names[order["debtor"]], order["debtor"])
        for account, amount in ((source, -order["amount"]), (target, order["amount"])):
            other = payee if account == order["debtor"] else payer
            self._book(
                account, amount, kind, reference, order["end_to_end_id"], other, reason, order["remittance"]
            )

    def _book(
        self,
        account: str,
        amount: int,
        kind: str,
        reference: str,
        end_to_end_id: str,
        other: tuple[str, str],
        reason: str,
        words: str,
        day: str = "",
    ) -> None:
        self._database.execute(
            "INSERT INTO entry (day, account, amount, kind, reference, end_to_end_id, other_name, other_account,"
            " reason, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                day or self.today.isoformat(),
                account,
                amount,
                kind,
                reference,
                end_to_end_id,
                *other,
                reason,
                words,
            ),
        )
        self._database.execute("UPDATE account SET balance = balance + ? WHERE number = ?", (amount, account))

    # Accounts.

    def _open_accounts(self) -> None:
        with self._lock, self._transaction():
            for account in self.behaviour.debtors:
                self._open(account, "debtor")

    def _open(self, account: KnownAccount, kind: str) -> None:
        """Open an account unless there is one; its balance comes from the central bank."""
        opened = self._database.execute(
            "INSERT OR IGNORE INTO account VALUES (?, ?, ?, 0)", (account.account, account.name, kind)
        ).rowcount
        if not opened or not account.balance_fen:
            return
        self._database.execute(
            "INSERT OR IGNORE INTO account VALUES (?, '中央银行', 'central', 0)", (CENTRAL,)
        )
        for number, amount, other in (
            (CENTRAL, -account.balance_fen, (account.name, account.account)),
            (account.account, account.balance_fen, ("中央银行", CENTRAL)),
        ):
            self._book(
                number, amount, "opening", f"O-{account.account}"[:35], "", other, "", "", _BEFORE_HISTORY
            )

    # Answering.

    def _answer_some(self) -> bool:
        """Write the answers about what has been decided since the last ones."""
        done = False
        for message in self._all(
            "SELECT * FROM message WHERE open = 1 ORDER BY id LIMIT ?", _ANSWERS_AT_ONCE * 20
        ):
            with self._transaction():
                wrote = self._answer(message)
            if wrote:
                done = True
                self._die("reported")
        return done

    def _answer(self, message: sqlite3.Row) -> bool:
        answers = self.behaviour.answers
        if answers.acknowledge and not message["acknowledged"]:
            self._write(message, "ACTC", (), "")
            self._database.execute("UPDATE message SET acknowledged = 1 WHERE id = ?", (message["id"],))
        waiting = self._one(
            "SELECT 1 FROM instruction WHERE message = ? AND state = 'waiting' LIMIT 1", message["id"]
        )
        if message["reason"]:
            if waiting:
                return False
            self._write(message, "RJCT", (), message["reason"])
            self._database.execute("UPDATE instruction SET answered = 1 WHERE message = ?", (message["id"],))
            self._database.execute("UPDATE message SET open = 0 WHERE id = ?", (message["id"],))
            return True
        untold = self._all(
            "SELECT * FROM instruction WHERE message = ? AND state IN ('paid', 'rejected', 'returned')"
            " AND answered = 0 ORDER BY id LIMIT ?",
            message["id"],
            answers.most,
        )
        if untold:
            self._write(message, self._group_status(message), tuple(self._told(each) for each in untold), "")
            self._database.executemany(
                "UPDATE instruction SET answered = 1 WHERE id = ?", [(each["id"],) for each in untold]
            )
        elif not waiting:
            self._database.execute("UPDATE message SET open = 0 WHERE id = ?", (message["id"],))
        return bool(untold)

    def _group_status(self, message: sqlite3.Row) -> str:
        """Of the whole batch; while anything is open, or never told, it is no more than PART."""
        counts = {
            row["what"]: row["number"]
            for row in self._all(
                "SELECT CASE WHEN silent THEN 'silent' ELSE state END AS what, count(*) AS number"
                " FROM instruction WHERE message = ? GROUP BY 1",
                message["id"],
            )
        }
        rejected = counts.get("rejected", 0)
        if counts.get("waiting") or counts.get("silent") or 0 < rejected < sum(counts.values()):
            return "PART"
        return "RJCT" if rejected else "ACSC"

    @staticmethod
    def _told(order: sqlite3.Row) -> TransactionReport:
        """What became of an order; money that comes back later is told by the statement alone."""
        rejected = order["state"] == "rejected"
        return TransactionReport(
            end_to_end_id=order["end_to_end_id"],
            status="RJCT" if rejected else "ACSC",
            reason=order["reason"] if rejected else "",
            reason_text=reason_of(order["reason"]).name_zh if rejected else "",
            bank_reference=order["reference"],
            accepted_at=None if rejected else datetime.fromisoformat(order["paid_at"]).replace(microsecond=0),
            amount_fen=order["amount"],
        )

    def _write(
        self, message: sqlite3.Row, status: str, transactions: tuple[TransactionReport, ...], reason: str
    ) -> None:
        """Lay an answer down, as often and as late as the bank is told to."""
        answers = self.behaviour.answers
        number = self._count("report")
        reference = f"STS-{number:012d}"
        if self.behaviour.chance(answers.lose_share, "lose answer", message["message_id"], number):
            return
        format = Format(message["format"])
        content = write_report(
            StatusReport(
                message_id=reference,
                created=self._now().replace(microsecond=0),
                original_message_id=message["message_id"],
                group_status=status,
                group_reason=reason,
                group_reason_text=reason_of(reason).name_zh if reason else "",
                transactions=transactions,
            ),
            format,
        )
        for copy in range(answers.repeat):
            hold = copy + int(self.behaviour.draw("hold", number, copy) * 3) if answers.out_of_order else 0
            self._database.execute(
                "INSERT INTO report (reference, format, content, hold) VALUES (?, ?, ?, ?)",
                (reference, format, content, hold),
            )

    def _release(self) -> None:
        """Give a number to every answer whose time has come; held ones come out in another order."""
        ready = self._all("SELECT id FROM report WHERE sequence IS NULL AND hold <= 0 ORDER BY id")
        if not ready:
            return
        if self.behaviour.answers.out_of_order:
            ready.sort(key=lambda row: self.behaviour.draw("order", row["id"]))
        with self._transaction():
            last = self._one("SELECT coalesce(max(sequence), 0) AS last FROM report")
            first = (last["last"] if last else 0) + 1
            self._database.executemany(
                "UPDATE report SET sequence = ? WHERE id = ?",
                [(sequence, row["id"]) for sequence, row in zip(itertools.count(first), ready, strict=False)],
            )

    def reports(self, since: int, *, asked: bool = True) -> tuple[Report, ...]:
        """The next answers after a number. Being asked is what some delays wait for."""
        self.work()
        with self._lock:
            found = self._all(
                "SELECT * FROM report WHERE sequence > ? ORDER BY sequence LIMIT ?", since, _ANSWERS_AT_ONCE
            )
            if asked:
                with self._transaction():
                    self._database.execute(
                        "UPDATE instruction SET asks = asks - 1 WHERE state = 'waiting' AND asks > 0"
                    )
                    self._database.execute(
                        "UPDATE report SET hold = hold - 1 WHERE sequence IS NULL AND hold > 0"
                    )
        return tuple(
            Report(row["sequence"], row["reference"], Format(row["format"]), row["content"]) for row in found
        )

    # Its books.

    def statement(self, day: date, account: str) -> Statement | None:
        """A payer's day; None when there is no such account or the day has not come."""
        found = self.read_statement(day, account)
        return Statement.of(*found) if found else None

    def read_statement(
        self, day: date, account: str
    ) -> tuple[StatementHead, Iterator[StatementEntry]] | None:
        """The same, entry by entry; what is booked meanwhile is not in it."""
        with self._lock:
            if day > self.today or not self._one("SELECT 1 FROM account WHERE number = ?", account):
                return None
            last = self._one("SELECT coalesce(max(id), 0) AS id FROM entry")
            sums = self._one(
                "SELECT coalesce(sum(amount) FILTER (WHERE day < :day), 0) AS before,"
                " coalesce(sum(amount) FILTER (WHERE day = :day), 0) AS moved FROM entry"
                " WHERE account = :account AND day <= :day",
                {"day": day.isoformat(), "account": account},
            )
        assert last is not None and sums is not None
        head = StatementHead(
            statement_id=f"{account[-20:]}-{day:%Y%m%d}",
            created=self._now().replace(microsecond=0),
            account=account,
            day=day,
            opening_fen=sums["before"],
            closing_fen=sums["before"] + sums["moved"],
        )
        return head, self._entries(day, account, last["id"])

    def _entries(self, day: date, account: str, last: int) -> Iterator[StatementEntry]:
        before = 0
        while rows := self._all(
            "SELECT * FROM entry WHERE account = ? AND day = ? AND id > ? AND id <= ? ORDER BY id LIMIT 1000",
            account,
            day.isoformat(),
            before,
            last,
        ):
            before = rows[-1]["id"]
            for row in rows:
                yield StatementEntry(
                    reference=row["reference"],
                    day=day,
                    amount_fen=row["amount"],
                    kind=self._kind(row),
                    end_to_end_id=row["end_to_end_id"],
                    counterparty_name=row["other_name"],
                    counterparty_account=row["other_account"],
                    return_reason=row["reason"],
                    text=row["words"],
                )

    @staticmethod
    def _kind(row: sqlite3.Row) -> EntryKind:
        """As the holder of the account sees it: a payment is a deposit for the payee."""
        if row["kind"] == EntryKind.PAYMENT:
            return EntryKind.PAYMENT if row["amount"] < 0 else EntryKind.DEPOSIT
        return EntryKind.RETURN if row["amount"] > 0 else EntryKind.OTHER

    def statement_days(self) -> list[tuple[str, date]]:
        """Every closed day on which a payer's account moved."""
        return [
            (row["account"], date.fromisoformat(row["day"]))
            for row in self._all(
                "SELECT DISTINCT account, day FROM entry JOIN account ON number = account"
                " WHERE account.kind = 'debtor' AND day > ? AND day < ? ORDER BY day, account",
                _BEFORE_HISTORY,
                self.today.isoformat(),
            )
        ]

    def books(self, *, payments: bool = True) -> dict[str, Any]:
        """Everything the bank knows, to be compared with what others believe. `sum` is 0, `paid_twice` empty."""
        with self._lock:
            states = self._all(
                "SELECT state, count(*) AS number, sum(amount) AS amount FROM instruction GROUP BY state"
            )
            total = self._one("SELECT coalesce(sum(balance), 0) AS amount FROM account")
            unbooked = self._one(
                "SELECT count(*) AS number FROM account WHERE balance <>"
                " (SELECT coalesce(sum(amount), 0) FROM entry WHERE account = number)"
            )
            return {
                "today": self.today.isoformat(),
                "accounts": [dict(row) for row in self._all("SELECT * FROM account ORDER BY number")],
                "sum": total["amount"] if total else 0,
                "accounts_that_disagree": unbooked["number"] if unbooked else 0,
                "states": {
                    row["state"]: {"number": row["number"], "amount": row["amount"]} for row in states
                },
                "paid_twice": [
                    row["end_to_end_id"]
                    for row in self._all(
                        "SELECT end_to_end_id FROM instruction WHERE paid_at IS NOT NULL"
                        " GROUP BY debtor, end_to_end_id HAVING count(*) > 1"
                    )
                ],
                "payments": [
                    {
                        "message_id": row["message_id"],
                        "end_to_end_id": row["end_to_end_id"],
                        "debtor_account": row["debtor"],
                        "creditor_account": row["creditor_account"],
                        "amount_fen": row["amount"],
                        "state": row["state"],
                        "reason": row["reason"] if row["state"] in ("rejected", "returned") else "",
                        "reference": row["reference"],
                        "was_paid": row["paid_at"] is not None,
                        "answered": bool(row["answered"]) and not row["silent"],
                    }
                    for row in self._all(
                        "SELECT instruction.*, message_id FROM instruction"
                        " JOIN message ON message.id = instruction.message ORDER BY instruction.id"
                    )
                ]
                if payments
                else [],
            }

    # SQLite.

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, on the disk when it ends; within another it is part of that."""
        with self._lock:
            if self._database.in_transaction:
                yield
                return
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _all(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(query, values).fetchall()

    def _one(self, query: str, *values: Any) -> sqlite3.Row | None:
        """One row; a dictionary names its values."""
        given = values[0] if values and isinstance(values[0], dict) else values
        with self._lock:
            found: sqlite3.Row | None = self._database.execute(query, given).fetchone()
            return found

    def _setting(self, name: str) -> str:
        row = self._one("SELECT value FROM setting WHERE name = ?", name)
        return row["value"] if row else ""

    def _set(self, name: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def _count(self, name: str) -> int:
        """One more than the last time."""
        with self._transaction():
            number = int(self._setting(name) or 0) + 1
            self._set(name, str(number))
            return number

    def _die(self, at: str) -> None:
        """Where faults are rehearsed: gone without a word, as by a loss of power."""
        if self.die_at == at:
            os.kill(os.getpid(), signal.SIGKILL)


__all__ = ["BankingError", "LineBroken", "LineDown", "MessageConflict", "Receipt", "Report", "SimulatedBank"]
