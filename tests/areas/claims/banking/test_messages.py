"""Messages in both directions: what is written is ISO's, and is read as it was meant."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from lxml import etree

from tests.areas.claims.banking import payments
from tests.areas.claims.banking.payments import batch, instruction
from yingshang.areas.claims.banking import channels
from yingshang.areas.claims.banking.camt053 import from_camt053, to_camt053
from yingshang.areas.claims.banking.errors import (
    BankingError,
    InvalidPayment,
    MessageDisagrees,
    MessageTooLarge,
    RowErrors,
    UnknownStatus,
    UnreadableMessage,
)
from yingshang.areas.claims.banking.pain001 import from_pain001, read_pain001, to_pain001, write_pain001
from yingshang.areas.claims.banking.pain002 import from_pain002, to_pain002
from yingshang.areas.claims.banking.plain_files import (
    Encoding,
    from_answer_file,
    from_order_file,
    from_statement_file,
    plain_cell,
    safe_cell,
    to_answer_file,
    to_order_file,
    to_statement_file,
)
from yingshang.areas.claims.banking.status_reasons import Mender, Outcome, outcome, reason, reasons
from yingshang.areas.claims.banking.values import (
    PaymentBatch,
    Statement,
    StatusReport,
    TransactionReport,
    fen,
    same_name,
    yuan,
)
from yingshang.areas.claims.banking.xml_messages import CAMT_053, PAIN_001, PAIN_002, validate

DATA = files("yingshang.areas.claims.banking").joinpath("data")
quick = settings(max_examples=40)


def against_iso(content: bytes, message: str) -> None:
    """Judged by the schema alone, without our reader."""
    schema = etree.XMLSchema(etree.fromstring(DATA.joinpath(f"{message}.xsd").read_bytes()))
    schema.assertValid(etree.fromstring(content))


def refusal(read: Callable[[bytes], Any], content: bytes) -> BankingError:
    with pytest.raises(BankingError) as raised:
        read(content)
    assert raised.value.message
    assert raised.value.message_zh
    return raised.value


def test_the_schemas_are_isos_own() -> None:
    listed = yaml.safe_load(DATA.joinpath("schemas.yaml").read_text(encoding="utf-8"))["schemas"]
    assert set(listed) == {PAIN_001, PAIN_002, CAMT_053}
    for message, told in listed.items():
        assert hashlib.sha256(DATA.joinpath(f"{message}.xsd").read_bytes()).hexdigest() == told["sha256"]


@quick
@given(payments.batches)
def test_any_batch_is_valid_and_comes_back_the_same(drawn: PaymentBatch) -> None:
    content = to_pain001(drawn)
    against_iso(content, PAIN_001)
    assert from_pain001(content) == drawn
    for encoding in Encoding:
        assert from_order_file(to_order_file(drawn, encoding=encoding)) == drawn


@quick
@given(payments.reports)
def test_any_answer_is_valid_and_comes_back_the_same(drawn: StatusReport) -> None:
    content = to_pain002(drawn)
    against_iso(content, PAIN_002)
    assert from_pain002(content) == drawn
    for encoding in Encoding:
        assert from_answer_file(to_answer_file(drawn, encoding=encoding)) == drawn


@quick
@given(payments.statements())
def test_any_statement_is_valid_and_comes_back_the_same(drawn: Statement) -> None:
    content = to_camt053(drawn)
    against_iso(content, CAMT_053)
    assert from_camt053(content) == drawn
    for encoding in Encoding:
        assert from_statement_file(to_statement_file(drawn, encoding=encoding)) == drawn


@quick
@given(payments.texts(40, shortest=0))
def test_no_cell_is_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert plain_cell(cell) == text
    assert cell[:1] not in tuple("=+-@＝＋－＠")


@given(payments.amounts)
def test_yuan_and_fen(value: int) -> None:
    assert fen(yuan(value)) == value
    assert fen(yuan(-value)) == -value


def test_the_writer_does_not_hold_the_batch() -> None:
    """500,000 payments pass through a few thousand at a time."""
    number = 5_000
    head = batch(*(instruction(each) for each in range(2))).head
    head = type(head)(
        **{
            **{name: getattr(head, name) for name in head.__slots__},
            "number": number,
            "sum_fen": number * 1_000_00,
        }
    )
    longest = 0

    class Watched(io.BytesIO):
        def write(self, content: Any, /) -> int:
            nonlocal longest
            longest = max(longest, len(content))
            return super().write(content)

    file = Watched()
    write_pain001(file, head, (instruction(each) for each in range(number)))
    assert longest < len(file.getvalue()) / 2
    file.seek(0)
    told, read = read_pain001(file)
    assert told == head
    assert sum(each.amount_fen for each in read) == head.sum_fen


def test_a_batch_that_is_not_what_its_head_says_is_not_finished() -> None:
    head = batch().head
    with pytest.raises(MessageDisagrees):
        write_pain001(io.BytesIO(), head, [instruction(1)])
    with pytest.raises(MessageDisagrees):
        write_pain001(io.BytesIO(), head, [instruction(1), instruction(2, amount_fen=1)])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("end_to_end_id", ""),
        ("end_to_end_id", "x" * 36),
        ("end_to_end_id", "../../etc"),
        ("amount_fen", 0),
        ("amount_fen", -1),
        ("amount_fen", 10**15),
        ("amount_fen", 1.5),
        ("amount_fen", True),
        ("creditor_name", ""),
        ("creditor_name", "演" * 141),
        ("creditor_name", "演示\x00公司"),
        ("creditor_name", "演示\n公司"),
        ("creditor_name", "演示\ud800公司"),
        ("creditor_name", " 演示公司"),
        ("creditor_account", "6222 0000"),
        ("creditor_account", "1" * 35),
        ("purpose", "用" * 36),
        ("remittance", "附" * 141),
        ("currency", "USD"),
    ],
)
def test_no_payment_that_no_bank_would_take(field: str, value: Any) -> None:
    with pytest.raises(InvalidPayment) as raised:
        instruction(**{field: value})
    assert raised.value.details["field"] == field


def test_an_identifier_stands_once_in_a_batch() -> None:
    with pytest.raises(MessageDisagrees, match="ORDER-1 stands twice"):
        batch(instruction(1), instruction(1))


ORDER = to_pain001(batch())
ANSWER = to_pain002(
    StatusReport(
        message_id="STS-1",
        created=payments.MOMENT,
        original_message_id="BATCH-1",
        group_status="PART",
        transactions=(
            TransactionReport(end_to_end_id="ORDER-1", status="ACSC", amount_fen=1_000_00),
            TransactionReport(end_to_end_id="ORDER-2", status="RJCT", reason="AC04"),
        ),
    )
)


STATEMENT = to_camt053(
    Statement(
        statement_id="S-1",
        created=payments.MOMENT,
        account=payments.PAYER,
        day=payments.later(0),
        opening_fen=100,
        closing_fen=-200,
        entries=(
            payments.StatementEntry(
                reference="B1",
                day=payments.later(0),
                amount_fen=-700,
                kind=payments.EntryKind.PAYMENT,
                end_to_end_id="ORDER-1",
                counterparty_name="演示企业有限公司",
                counterparty_account="6222000000000001",
            ),
            payments.StatementEntry(
                reference="R1",
                day=payments.later(0),
                amount_fen=400,
                kind=payments.EntryKind.RETURN,
                end_to_end_id="ORDER-0",
                return_reason="AC04",
            ),
        ),
    )
)


def replaced(content: bytes, old: str, new: str) -> bytes:
    assert old.encode() in content
    return content.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize(
    ("content", "kind", "line", "field"),
    [
        (ORDER[:-80], UnreadableMessage, 7, None),
        (ORDER[: len(ORDER) // 2], UnreadableMessage, None, None),
        (b"", UnreadableMessage, 1, None),
        (b"%PDF-1.7", UnreadableMessage, 1, None),
        (ORDER + b"<more/>", UnreadableMessage, 11, None),
        (ANSWER, UnreadableMessage, 2, "Document"),
        (replaced(ORDER, "001.001.09", "001.001.03"), UnreadableMessage, 2, "Document"),
        (replaced(ORDER, "<PmtMtd>TRF</PmtMtd>", ""), UnreadableMessage, 5, "NbOfTxs"),
        (replaced(ORDER, "<Cdtr><Nm>", "<Cdtr><Bogus/><Nm>"), UnreadableMessage, 6, "Bogus"),
        (replaced(ORDER, "<EndToEndId>ORDER-2</EndToEndId>", ""), InvalidPayment, 7, "end_to_end_id"),
        (replaced(ORDER, ">1000.00</InstdAmt>", ">1000.001</InstdAmt>"), InvalidPayment, 6, "amount_fen"),
        (replaced(ORDER, 'Ccy="CNY"', 'Ccy="USD"'), InvalidPayment, 6, "currency"),
        (replaced(ORDER, "<Cd>CNAPS</Cd>", "<Cd>USABA</Cd>"), InvalidPayment, 6, "cnaps"),
        (replaced(ORDER, "<NbOfTxs>2", "<NbOfTxs>3"), MessageDisagrees, 6, "NbOfTxs"),
        (replaced(ORDER, "ORDER-2", "ORDER-1"), MessageDisagrees, None, "end_to_end_id"),
    ],
)
def test_bad_orders(content: bytes, kind: type[BankingError], line: int | None, field: str | None) -> None:
    error = refusal(from_pain001, content)
    assert isinstance(error, kind)
    if line is not None:
        assert error.details["line"] == line
    if field is not None:
        assert error.details["field"] == field


def test_other_encodings_and_prefixes() -> None:
    """Banks in China write GB18030 too, and any prefix they like."""
    text = (
        ORDER.decode()
        .replace("<", "<p:")
        .replace("<p:/", "</p:")
        .replace("<p:?", "<?")
        .replace("xmlns=", "xmlns:p=")
    )
    for encoding in ("UTF-8", "GB18030", "UTF-16"):
        assert from_pain001(text.replace("UTF-8", encoding, 1).encode(encoding)) == batch()


def test_a_plain_file_a_spreadsheet_has_saved() -> None:
    rows = to_order_file(batch()).decode("utf-8-sig").splitlines()
    saved = "\r\n".join([*(f"{row},," for row in rows), "," * 15, ""])
    assert from_order_file(saved.encode("gb18030")) == batch()


def test_the_sum_of_an_order_must_agree() -> None:
    content = ORDER.replace(b"<CtrlSum>2000.00", b"<CtrlSum>2000.01")
    assert refusal(from_pain001, content).details["field"] == "sum_fen"


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE Document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE Document SYSTEM "http://127.0.0.1:1/x.dtd">',
        '<!DOCTYPE Document [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
    ],
)
@pytest.mark.parametrize("read", [from_pain001, from_pain002, from_camt053])
def test_no_dtd_is_read(read: Callable[[bytes], Any], declared: str) -> None:
    content = replaced(ORDER, "?>\n", f"?>\n{declared}\n")
    error = refusal(read, content)
    assert isinstance(error, UnreadableMessage)
    assert "DTD" in error.message


def test_a_hundred_megabytes_are_not_read() -> None:
    huge = b" " * (100 << 20)
    for read in (from_pain001, from_pain002, from_camt053, from_order_file, from_answer_file):
        assert isinstance(refusal(read, huge), MessageTooLarge)
    with pytest.raises(MessageTooLarge):
        validate(io.BytesIO(ORDER), PAIN_001, longest=len(ORDER) - 1)
    validate(io.BytesIO(ORDER), PAIN_001)


@pytest.mark.parametrize(
    ("content", "kind", "field"),
    [
        (replaced(ANSWER, "<TxSts>RJCT", "<TxSts>ZZZZ"), UnknownStatus, "status"),
        (replaced(ANSWER, "<GrpSts>PART", "<GrpSts>BLCK"), UnknownStatus, "status"),
        (replaced(ANSWER, "<TxSts>RJCT</TxSts>", ""), InvalidPayment, "TxSts"),
        (
            replaced(ANSWER, "<OrgnlEndToEndId>ORDER-2</OrgnlEndToEndId>", ""),
            InvalidPayment,
            "OrgnlEndToEndId",
        ),
        (replaced(ANSWER, 'Ccy="CNY"', 'Ccy="EUR"'), InvalidPayment, "currency"),
        (replaced(ANSWER, "<OrgnlMsgId>BATCH-1</OrgnlMsgId>", ""), InvalidPayment, "original_message_id"),
    ],
)
def test_bad_answers(content: bytes, kind: type[BankingError], field: str) -> None:
    error = refusal(from_pain002, content)
    assert isinstance(error, kind)
    assert error.details["field"] == field


def test_what_a_bank_says_in_several_lines_is_heard() -> None:
    told = "<StsRsnInf><Rsn><Prtry>9013-X</Prtry></Rsn><AddtlInf> 账号\n不符 </AddtlInf><AddtlInf>请核对</AddtlInf></StsRsnInf>"
    content = replaced(ANSWER, "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>", told)
    (_, rejected) = from_pain002(content).transactions
    assert (rejected.reason, rejected.reason_text) == ("9013", "账号 不符 请核对")
    assert rejected.mended_by is Mender.UNKNOWN


def test_a_status_of_the_block_is_that_of_the_batch() -> None:
    content = replaced(ANSWER, "<GrpSts>PART</GrpSts>", "")
    content = replaced(content, "</OrgnlPmtInfId>", "</OrgnlPmtInfId><PmtInfSts>ACSP</PmtInfSts>")
    assert from_pain002(content).outcome is Outcome.ACCEPTED


def test_an_entry_of_several_payments_is_taken_apart() -> None:
    details = "".join(
        f'<TxDtls><Refs><EndToEndId>ORDER-{number}</EndToEndId></Refs><Amt Ccy="CNY">{amount}</Amt>'
        "<CdtDbtInd>DBIT</CdtDbtInd></TxDtls>"
        for number, amount in ((1, "3.00"), (2, "4.00"))
    )
    statement = Statement(
        statement_id="S", created=payments.MOMENT, account="23010001", day=payments.later(0), opening_fen=0, closing_fen=-700,
        entries=(payments.StatementEntry(reference="B1", day=payments.later(0), amount_fen=-700, kind=payments.EntryKind.PAYMENT),),
    )  # fmt: skip
    content = to_camt053(statement).decode()
    start, end = content.index("<TxDtls>"), content.index("</NtryDtls>")
    read = from_camt053((content[:start] + details + content[end:]).encode())
    assert [(each.end_to_end_id, each.amount_fen) for each in read.entries] == [
        ("ORDER-1", -300),
        ("ORDER-2", -400),
    ]


@pytest.mark.parametrize(
    ("content", "read", "message"),
    [(ORDER, from_pain001, PAIN_001), (ANSWER, from_pain002, PAIN_002), (STATEMENT, from_camt053, CAMT_053)],
)
def test_whatever_is_left_out_is_missed_or_optional(
    content: bytes, read: Callable[[bytes], Any], message: str
) -> None:
    """Without one of its elements a message is refused with our words, or is still valid."""
    number = len(list(etree.fromstring(content).iter()))
    assert number > 15
    for position in range(1, number):
        tree = etree.fromstring(content)
        element = list(tree.iter())[position]
        element.getparent().remove(element)
        without = etree.tostring(tree)
        try:
            read(without)
        except BankingError as error:
            assert error.message_zh
        else:
            against_iso(without, message)


def test_a_statement_that_does_not_add_up_is_refused() -> None:
    statement = Statement(
        statement_id="S", created=payments.MOMENT, account="23010001", day=payments.later(0), opening_fen=100, closing_fen=100
    )  # fmt: skip
    content = replaced(to_camt053(statement), "1.00", "2.00")
    assert isinstance(refusal(from_camt053, content), MessageDisagrees)
    without = to_camt053(statement).replace(b"CLBD", b"CLAV")
    assert refusal(from_camt053, without).details["field"] == "Bal"


def test_rows_of_a_plain_file_are_named_one_by_one() -> None:
    rows = to_order_file(batch(*(instruction(each) for each in range(1, 5)))).decode("utf-8-sig").splitlines()
    rows[3] = rows[3].replace("1000.00", "1000.001")
    rows[4] = rows[4].replace("CNY", "USD")
    rows[5] = rows[5].replace("ORDER-4", "ORDER-1")
    with pytest.raises(RowErrors) as raised:
        from_order_file("\r\n".join(rows).encode("gb18030"))
    told = [(each["line"], each["field"]) for each in raised.value.details["rows"]]
    assert told == [(4, "金额"), (5, "currency"), (6, "end_to_end_id")]
    assert raised.value.details["total"] == 3


def test_plain_files_that_are_none() -> None:
    good = to_order_file(batch()).decode("utf-8-sig")
    rows = good.splitlines()
    for content, field in (
        (good.replace("户名", "名称", 1), "户名"),
        ("\n".join([rows[0], *rows[2:]]), "记录类型"),
        ("\n".join(rows[:-1]), "笔数"),
        (good.replace("2000.00", "2000.01"), "sum_fen"),
        (good.replace("102261000018", "10226100001", 1), "cnaps"),
        ("", "记录类型"),
    ):
        assert refusal(from_order_file, content.encode()).details["field"] == field
    for broken in (b"\xff\xfe\x00a", b'"' + b"a" * 200_000, rows[0].encode() + b"\na,b"):
        assert isinstance(refusal(from_order_file, broken), UnreadableMessage)


def test_reasons_say_who_mends_them() -> None:
    assert {code: reason(code).mended_by for code in ("AC01", "AC04", "AC06", "BE01", "AM04", "DUPL", "NARR", "XX99", "")} == {
        "AC01": Mender.ENTERPRISE, "AC04": Mender.ENTERPRISE, "AC06": Mender.ENTERPRISE, "BE01": Mender.ENTERPRISE,
        "AM04": Mender.AGENCY, "DUPL": Mender.NOBODY, "NARR": Mender.UNKNOWN, "XX99": Mender.UNKNOWN, "": Mender.UNKNOWN,
    }  # fmt: skip
    assert all(each.name_zh and each.advice_zh and each.name for each in reasons().values())
    assert outcome("ACSC", level="group") is Outcome.SETTLED
    assert {each for each in Outcome if each.is_final} == {Outcome.SETTLED, Outcome.REJECTED}


def test_names_that_are_the_same_to_a_bank() -> None:
    assert same_name("演示（哈尔滨）有限公司", "演示(哈尔滨) 有限公司")
    assert not same_name("演示有限公司", "演示股份有限公司")


def test_a_report_that_cannot_be_read_is_kept() -> None:
    kept = channels.received("r1", b"<nonsense", channels.Format.XML)
    assert kept.report is None
    assert isinstance(kept.error, UnreadableMessage)
    assert kept.content == b"<nonsense"
