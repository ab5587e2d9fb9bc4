"""Payments, answers and statements as values. One that exists is sound: its constructor refuses the rest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from yingshang.areas.claims.banking.errors import InvalidPayment, MessageDisagrees
from yingshang.areas.claims.banking.status_reasons import Mender, Outcome, mender, outcome

CHINA = ZoneInfo("Asia/Shanghai")
CURRENCY = "CNY"
MAX_AMOUNT_FEN = 10**15 - 1
"""Of one payment: ten thousand billion yuan, far below the 18 digits of ISO 20022."""
MAX_SUM_FEN = 10**18 - 1
NAME_LENGTH = 140
REMITTANCE_LENGTH = 140
PURPOSE_LENGTH = 35
REASON_TEXT_LENGTH = 105
IDENTIFIER_LENGTH = 35
ACCOUNT_LENGTH = 34

_OWN_IDENTIFIER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,34}")
_ACCOUNT = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,33}")
_CNAPS = re.compile(r"[0-9]{12}")
# What XML 1.0 cannot carry (controls, half surrogates, two non-characters), and separators that end a line.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

_FIELDS_ZH = {
    "end_to_end_id": "指令编号",
    "message_id": "批次号",
    "amount_fen": "金额",
    "currency": "币种",
    "creditor_name": "收款人户名",
    "creditor_account": "收款人账号",
    "debtor_name": "付款人户名",
    "debtor_account": "付款账号",
    "purpose": "用途",
    "remittance": "附言",
    "name": "开户行名称",
    "cnaps": "联行号",
    "created": "制单时间",
    "account": "账号",
    "reference": "流水号",
}


def _refuse(field: str, message: str, message_zh: str) -> InvalidPayment:
    return InvalidPayment(
        f"{field}: {message}", message_zh=f"{_FIELDS_ZH.get(field, field)}：{message_zh}", field=field
    )


def check_text(field: str, value: str, longest: int, *, needed: bool = True) -> None:
    """Raises InvalidPayment unless the text can stand in every format: its length, no controls, no outer blanks."""
    if not value:
        if needed:
            raise _refuse(field, "is missing", "必须填写")
        return
    if len(value) > longest:
        raise _refuse(
            field,
            f"at most {longest} characters, not {len(value)}",
            f"最多 {longest} 个字符，现有 {len(value)} 个",
        )
    if found := _UNFIT.search(value):
        number = f"U+{ord(found[0]):04X}"
        raise _refuse(
            field,
            f"has the character {number}, which no bank takes; delete it",
            f"含有字符 {number}，银行不能接受，请删除",
        )
    if value != value.strip():
        raise _refuse(field, "begins or ends with a blank; delete it", "首尾有空格，请删除")


def check_identifier(field: str, value: str) -> None:
    """Raises InvalidPayment unless the identifier is one of ours: 1–35 letters, digits, dots, dashes, underscores."""
    if not _OWN_IDENTIFIER.fullmatch(value):
        raise _refuse(
            field,
            f"1 to {IDENTIFIER_LENGTH} of A-Z a-z 0-9 . _ -, beginning with a letter or digit, not {value!r}",
            f"须为 1 至 {IDENTIFIER_LENGTH} 位字母、数字、点、横线或下划线，以字母或数字开头，不能是 {value!r}",
        )


def check_account(field: str, value: str) -> None:
    """Raises InvalidPayment unless it looks like an account number."""
    if not _ACCOUNT.fullmatch(value):
        raise _refuse(
            field,
            f"4 to {ACCOUNT_LENGTH} digits, letters or dashes without blanks, not {value!r}",
            f"须为 4 至 {ACCOUNT_LENGTH} 位数字、字母或横线，不含空格，不能是 {value!r}",
        )


def check_amount(field: str, value: int) -> None:
    """Raises InvalidPayment unless it is a whole number of fen above zero."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_AMOUNT_FEN:
        raise _refuse(
            field,
            f"whole fen from 1 to {MAX_AMOUNT_FEN}, not {value!r}",
            f"须为 1 至 {MAX_AMOUNT_FEN} 分的整数，不能是 {value!r}",
        )


def check_moment(field: str, value: datetime) -> None:
    """Raises InvalidPayment unless the moment says its offset from UTC."""
    if value.tzinfo is None:
        raise _refuse(field, "needs a time zone", "须带时区")


@dataclass(frozen=True, slots=True)
class Bank:
    """A branch of a bank: its name and its 12-digit number 联行号 in CNAPS, the only key the clearing system uses.

    Without the number the bank that is asked finds the branch by its name and the account, or says that it cannot.
    """

    name: str
    cnaps: str

    def __post_init__(self) -> None:
        check_text("name", self.name, NAME_LENGTH)
        if self.cnaps and not _CNAPS.fullmatch(self.cnaps):
            raise _refuse("cnaps", f"12 digits, not {self.cnaps!r}", f"须为 12 位数字，不能是 {self.cnaps!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentInstruction:
    """One payment. The end-to-end identifier stays the same for ever: by it the bank knows a repetition."""

    end_to_end_id: str
    amount_fen: int
    creditor_name: str
    creditor_account: str
    creditor_bank: Bank
    purpose: str = ""
    remittance: str = ""
    currency: str = CURRENCY

    def __post_init__(self) -> None:
        check_identifier("end_to_end_id", self.end_to_end_id)
        check_amount("amount_fen", self.amount_fen)
        check_text("creditor_name", self.creditor_name, NAME_LENGTH)
        check_account("creditor_account", self.creditor_account)
        check_text("purpose", self.purpose, PURPOSE_LENGTH, needed=False)
        check_text("remittance", self.remittance, REMITTANCE_LENGTH, needed=False)
        if self.currency != CURRENCY:
            raise _refuse(
                "currency",
                f"only {CURRENCY}, not {self.currency!r}",
                f"仅支持人民币 {CURRENCY}，不能是 {self.currency!r}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchHead:
    """A batch without its instructions: what is known before the first of 500,000 is read from a table."""

    message_id: str
    created: datetime
    requested_execution_date: date
    debtor_name: str
    debtor_account: str
    debtor_bank: Bank
    number: int
    sum_fen: int

    def __post_init__(self) -> None:
        check_identifier("message_id", self.message_id)
        check_moment("created", self.created)
        check_text("debtor_name", self.debtor_name, NAME_LENGTH)
        check_account("debtor_account", self.debtor_account)
        if self.number < 1:
            raise _refuse("number", "a batch has at least one payment", "批次至少有一笔支付")
        if not self.number <= self.sum_fen <= MAX_SUM_FEN:
            raise _refuse("sum_fen", f"cannot be {self.sum_fen}", f"合计不能是 {self.sum_fen} 分")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentBatch:
    """A batch of payments out of one account, each identifier once."""

    message_id: str
    created: datetime
    requested_execution_date: date
    debtor_name: str
    debtor_account: str
    debtor_bank: Bank
    instructions: tuple[PaymentInstruction, ...]

    def __post_init__(self) -> None:
        _ = self.head
        seen: set[str] = set()
        for instruction in self.instructions:
            if instruction.end_to_end_id in seen:
                raise twice("end_to_end_id", instruction.end_to_end_id)
            seen.add(instruction.end_to_end_id)

    @property
    def sum_fen(self) -> int:
        """All amounts together."""
        return sum(each.amount_fen for each in self.instructions)

    @property
    def head(self) -> BatchHead:
        """The batch without its instructions."""
        return BatchHead(
            message_id=self.message_id,
            created=self.created,
            requested_execution_date=self.requested_execution_date,
            debtor_name=self.debtor_name,
            debtor_account=self.debtor_account,
            debtor_bank=self.debtor_bank,
            number=len(self.instructions),
            sum_fen=self.sum_fen,
        )

    @classmethod
    def of(cls, head: BatchHead, instructions: Iterable[PaymentInstruction]) -> PaymentBatch:
        """A head and its instructions put together. Raises MessageDisagrees when the head told otherwise."""
        taken = tuple(instructions)
        check_totals(head, len(taken), sum(each.amount_fen for each in taken))
        return cls(
            message_id=head.message_id,
            created=head.created,
            requested_execution_date=head.requested_execution_date,
            debtor_name=head.debtor_name,
            debtor_account=head.debtor_account,
            debtor_bank=head.debtor_bank,
            instructions=taken,
        )


def twice(field: str, value: str) -> MessageDisagrees:
    """The refusal of an identifier that stands in one message twice."""
    return MessageDisagrees(
        f"{field} {value} stands twice in one batch; pay each order once",
        message_zh=f"{_FIELDS_ZH.get(field, field)} {value} 在同一批次中出现两次；每笔只能支付一次",
        field=field,
        end_to_end_id=value,
    )


def check_totals(head: BatchHead, number: int, sum_fen: int) -> None:
    """Raises MessageDisagrees unless number and sum are those of the head."""
    if number != head.number:
        raise MessageDisagrees(
            f"the head says {head.number} payments, there are {number}",
            message_zh=f"汇总为 {head.number} 笔，明细实有 {number} 笔",
            field="number",
        )
    if sum_fen != head.sum_fen:
        raise MessageDisagrees(
            f"the head says {yuan(head.sum_fen)}, the payments add up to {yuan(sum_fen)}",
            message_zh=f"汇总金额 {yuan(head.sum_fen)} 元，明细合计 {yuan(sum_fen)} 元",
            field="sum_fen",
        )


def yuan(fen: int) -> str:
    """Fen as yuan with two places: what stands in files."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


_YUAN = re.compile(r"([+-]?)([0-9]{1,16})(?:\.([0-9]{0,17}))?")


def fen(text: str, field: str = "amount_fen") -> int:
    """Yuan as text in fen. Raises InvalidPayment for a part of a fen: nothing is rounded."""
    found = _YUAN.fullmatch(text.strip())
    if not found:
        raise _refuse(
            field,
            f"an amount in yuan such as 1234.50, not {text!r}",
            f"须为元，例如 1234.50，不能是 {text!r}",
        )
    places = (found[3] or "").rstrip("0")
    if len(places) > 2:
        raise _refuse(field, f"at most two decimals, not {text!r}", f"最多两位小数，不能是 {text!r}")
    value = int(found[2]) * 100 + int(places.ljust(2, "0") or 0)
    return -value if found[1] == "-" else value


def one_line(text: str, longest: int) -> str:
    """A bank's words without what we refuse in ours: a line break is no reason not to hear what is said of money."""
    return _UNFIT.sub(" ", text).strip()[:longest].strip()


def same_name(first: str, second: str) -> bool:
    """Do two account names mean the same to a bank: width and blanks of no account, 全角与半角括号."""
    return _folded(first) == _folded(second)


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionReport:
    """What the bank says of one payment."""

    end_to_end_id: str
    status: str
    reason: str = ""
    reason_text: str = ""
    bank_reference: str = ""
    accepted_at: datetime | None = None
    amount_fen: int | None = None

    def __post_init__(self) -> None:
        check_text("end_to_end_id", self.end_to_end_id, IDENTIFIER_LENGTH)
        outcome(self.status, level="transaction")
        check_text("reason", self.reason, 4, needed=False)
        check_text("reason_text", self.reason_text, REASON_TEXT_LENGTH, needed=False)
        check_text("bank_reference", self.bank_reference, IDENTIFIER_LENGTH, needed=False)
        if self.accepted_at is not None:
            check_moment("accepted_at", self.accepted_at)
        if self.amount_fen is not None:
            check_amount("amount_fen", self.amount_fen)

    @property
    def outcome(self) -> Outcome:
        """What it means for the money."""
        return outcome(self.status, level="transaction")

    @property
    def mended_by(self) -> Mender:
        """Who can mend a rejection."""
        return mender(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """One answer of the bank about one batch: of the whole, of some payments, or both.

    Without `transactions`, a group status of rejected or settled speaks for every payment of the batch that nothing
    else was said of.
    """

    message_id: str
    created: datetime
    original_message_id: str
    group_status: str = ""
    group_reason: str = ""
    group_reason_text: str = ""
    transactions: tuple[TransactionReport, ...] = ()

    def __post_init__(self) -> None:
        check_text("message_id", self.message_id, IDENTIFIER_LENGTH)
        check_moment("created", self.created)
        check_text("original_message_id", self.original_message_id, IDENTIFIER_LENGTH)
        check_text("group_reason", self.group_reason, 4, needed=False)
        check_text("group_reason_text", self.group_reason_text, REASON_TEXT_LENGTH, needed=False)
        if self.group_status:
            outcome(self.group_status, level="group")
        elif not self.transactions:
            raise _refuse("group_status", "the answer says nothing", "回执未给出任何状态")

    @property
    def outcome(self) -> Outcome | None:
        """What it means for the whole batch; None when the bank spoke of single payments only."""
        return outcome(self.group_status, level="group") if self.group_status else None


class EntryKind(StrEnum):
    """What moved the money."""

    PAYMENT = "payment"
    RETURN = "return"
    DEPOSIT = "deposit"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEntry:
    """One line of an account's day. `amount_fen` is signed: below zero left the account."""

    reference: str
    day: date
    amount_fen: int
    kind: EntryKind
    end_to_end_id: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""
    return_reason: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        check_text("reference", self.reference, IDENTIFIER_LENGTH)
        check_amount("amount_fen", abs(self.amount_fen))
        check_text("end_to_end_id", self.end_to_end_id, IDENTIFIER_LENGTH, needed=False)
        check_text("counterparty_name", self.counterparty_name, NAME_LENGTH, needed=False)
        check_text("counterparty_account", self.counterparty_account, ACCOUNT_LENGTH, needed=False)
        check_text("return_reason", self.return_reason, 4, needed=False)
        check_text("text", self.text, REMITTANCE_LENGTH, needed=False)
        wrong = self.amount_fen > 0 if self.kind is EntryKind.PAYMENT else self.amount_fen < 0
        if wrong and self.kind is not EntryKind.OTHER:
            raise _refuse("amount_fen", f"a {self.kind} goes the other way", f"“{self.kind}”的收付方向相反")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementHead:
    """A statement without its entries: what is known before the first of 500,000."""

    statement_id: str
    created: datetime
    account: str
    day: date
    opening_fen: int
    closing_fen: int

    def __post_init__(self) -> None:
        check_text("statement_id", self.statement_id, IDENTIFIER_LENGTH)
        check_moment("created", self.created)
        check_account("account", self.account)

    def check(self, moved_fen: int) -> None:
        """Raises MessageDisagrees unless the entries lead from the opening to the closing balance."""
        total = self.opening_fen + moved_fen
        if total != self.closing_fen:
            raise MessageDisagrees(
                f"opening balance and entries make {yuan(total)}, the closing balance is {yuan(self.closing_fen)}",
                message_zh=f"期初余额加明细为 {yuan(total)} 元，期末余额为 {yuan(self.closing_fen)} 元",
                field="closing_fen",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The bank's own word on one day of one account. It adds up, or it is refused."""

    statement_id: str
    created: datetime
    account: str
    day: date
    opening_fen: int
    closing_fen: int
    entries: tuple[StatementEntry, ...] = ()

    def __post_init__(self) -> None:
        self.head.check(sum(each.amount_fen for each in self.entries))
        seen: set[str] = set()
        for each in self.entries:
            if each.reference in seen:
                raise MessageDisagrees(
                    f"the reference {each.reference} stands twice",
                    message_zh=f"流水号 {each.reference} 出现两次",
                    field="reference",
                )
            seen.add(each.reference)

    @property
    def head(self) -> StatementHead:
        """The statement without its entries."""
        return StatementHead(
            statement_id=self.statement_id,
            created=self.created,
            account=self.account,
            day=self.day,
            opening_fen=self.opening_fen,
            closing_fen=self.closing_fen,
        )

    @classmethod
    def of(cls, head: StatementHead, entries: Iterable[StatementEntry]) -> Statement:
        """A head and its entries put together."""
        return cls(
            statement_id=head.statement_id,
            created=head.created,
            account=head.account,
            day=head.day,
            opening_fen=head.opening_fen,
            closing_fen=head.closing_fen,
            entries=tuple(entries),
        )
