"""What is wrong with what was written down of a contract. Pure: forms, tables, systems and packages ask the same."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from yingshang.kernel.reference.api import check_credit_code

from .rules import ContractRules, contract_rules
from .values import ContractFields, OtherParty, Problem

_SIGNS = re.compile(r"[\W_]+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but for the ends of lines and tabs, and halves of signs."""


def check_fields(fields: ContractFields, *, today: date, rules: ContractRules | None = None) -> list[Problem]:
    """Everything that is wrong, each with its field and what to write instead; nothing where all is well."""
    rules = rules or contract_rules()
    found: list[Problem] = []
    found += _texts(fields, rules)
    found += _choices(fields, rules)
    found += _other_side(fields, rules)
    found += _price(fields, rules)
    found += _days(fields, today, rules)
    return found


def plain_name(name: str) -> str:
    """A name as it is compared: one width of letters, no signs, no case. 甲（集团）公司 is 甲(集团)公司."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", name).casefold())


def check_register(fields: ContractFields, registered_name: str | None) -> list[Problem]:
    """What does not agree with the register of parties: `registered_name` is what it calls the owner of the code, None
    where it has none. A mistyped code would show the contract to somebody else.
    """
    if registered_name is None or plain_name(registered_name) == plain_name(fields.counterparty_name):
        return []
    return [
        Problem(
            "counterparty_name",
            fields.counterparty_name,
            f"the code {fields.counterparty_code} is registered as {registered_name}; correct the code or the name",
            f"统一社会信用代码 {fields.counterparty_code} 登记的名称是“{registered_name}”，请核对代码或名称；"
            "签订后更名的，填写现在的名称，原名称写在备注里",
        )
    ]


def _texts(fields: ContractFields, rules: ContractRules) -> list[Problem]:
    found = []
    title = fields.title.strip()
    if len(title) < rules.least_title:
        found.append(
            Problem(
                "title",
                title,
                f"the title has {len(title)} characters; write at least {rules.least_title}, as on the contract",
                f"合同名称共 {len(title)} 字，请按合同文本填写，至少 {rules.least_title} 字",
            )
        )
    for name, value, most in (
        ("title", title, rules.most_title),
        ("reference", fields.reference, rules.most_reference),
        ("counterparty_name", fields.counterparty_name, rules.most_name),
        ("open_ended", fields.open_ended, rules.most_open_ended),
        ("note", fields.note, rules.most_note),
    ):
        if len(value.strip()) > most:
            found.append(
                Problem(
                    name,
                    value[:40],
                    f"{len(value.strip())} characters; write at most {most}",
                    f"共 {len(value.strip())} 字，最多 {most} 字",
                )
            )
        if _CONTROLS.search(value):
            found.append(Problem(name, "", "leave out control characters", "含有控制字符，请删除后再提交"))
    return found


def _choices(fields: ContractFields, rules: ContractRules) -> list[Problem]:
    found = []
    for name, value, known in (
        ("kind", fields.kind, rules.kinds),
        ("secrecy", fields.secrecy, rules.secrecy),
        ("counterparty_kind", fields.counterparty_kind, rules.counterparties),
        ("direction", fields.direction, rules.directions),
    ):
        if value not in known:
            codes = ", ".join(known)
            names = "、".join(each.name for each in known.values())
            found.append(
                Problem(name, value, f"{value!r} is not known; write one of {codes}", f"请选择：{names}")
            )
    if fields.counterparty_size and fields.counterparty_size not in rules.sizes:
        found.append(
            Problem(
                "counterparty_size",
                fields.counterparty_size,
                f"write one of {', '.join(rules.sizes)}, or leave it empty while it is not known",
                f"请选择：{'、'.join(each.name for each in rules.sizes.values())}；不清楚的留空",
            )
        )
    level = rules.secrecy.get(fields.secrecy)
    if level is not None and not level.taken:
        found.append(
            Problem(
                "secrecy",
                fields.secrecy,
                "contracts that are state secrets are not written down on this platform",
                f"涉及{level.name}的合同不得录入本平台，请按保密规定管理",
            )
        )
    return found


def _other_side(fields: ContractFields, rules: ContractRules) -> list[Problem]:
    found = []
    if not fields.counterparty_name.strip():
        found.append(
            Problem(
                "counterparty_name", "", "name the other side as on the contract", "请填写合同相对方的名称"
            )
        )
    code = fields.counterparty_code.strip()
    if code and fields.counterparty_kind == "person":
        found.append(
            Problem(
                "counterparty_code",
                "",
                "of a natural person no number is kept: leave it empty",
                "相对方是自然人的，不填写证件号码",
            )
        )
    elif code:
        found += _code("counterparty_code", code)
    elif fields.counterparty_kind == "enterprise":
        found.append(
            Problem(
                "counterparty_code",
                "",
                "give the unified social credit code: by it the enterprise sees its contract; "
                "of a party without one choose another kind of party",
                "请填写统一社会信用代码，企业凭它看到自己的合同；没有代码的，请选择其他相对方类型",
            )
        )
    if fields.counterparty_size and fields.counterparty_kind != "enterprise":
        found.append(
            Problem(
                "counterparty_size",
                fields.counterparty_size,
                "only enterprises have a size: leave it empty",
                "只有企业有规模，请留空",
            )
        )
    if len(fields.others) > rules.most_others:
        found.append(
            Problem(
                "others",
                str(len(fields.others)),
                f"name {rules.most_others} further parties at most, the rest in the note",
                f"其他当事人最多 {rules.most_others} 个，其余写在备注里",
            )
        )
    for each in fields.others[: rules.most_others]:
        found += _further(each, rules)
    return found


def _further(party: OtherParty, rules: ContractRules) -> list[Problem]:
    if not party.name.strip() or len(party.name) > rules.most_name:
        return [
            Problem(
                "others",
                party.name[:40],
                f"give each further party a name of at most {rules.most_name} characters",
                f"请填写每个其他当事人的名称，最多 {rules.most_name} 字",
            )
        ]
    return _code("others", party.code.strip()) if party.code.strip() else []


def _code(field: str, code: str) -> list[Problem]:
    report = check_credit_code(code)
    return [
        Problem(
            field,
            code,
            f"{code}: {each.message}; copy it from the business licence",
            f"统一社会信用代码{each.message_zh}，请对照营业执照填写",
        )
        for each in report.errors[:1]
    ]


def _price(fields: ContractFields, rules: ContractRules) -> list[Problem]:
    found = []
    currency = fields.currency.strip().upper() or rules.currency
    if currency != rules.currency:
        found.append(
            Problem(
                "currency",
                fields.currency,
                f"the register keeps {rules.currency}: write the amount in yuan, and in the note the price in "
                f"{currency} with the day and rate it was converted at",
                f"登记金额一律为人民币：请按折算后的人民币填写金额，并在备注里写明原币种（{currency}）金额、"
                "折算日期和汇率",
            )
        )
    amount = fields.amount_fen
    if amount is not None and amount < 0:
        found.append(
            Problem(
                "amount_fen",
                _yuan(amount),
                f"{_yuan(amount)} yuan is less than nothing: write the price as a positive amount, and who pays it "
                "under direction; a reduction is a supplement",
                f"金额不能为负数（{_yuan(amount)} 元）：请填写正数，由谁付款在“价款方向”里选择；减少价款请登记补充协议",
            )
        )
    if amount is not None and amount > rules.largest_amount_fen:
        found.append(
            Problem(
                "amount_fen",
                _yuan(amount),
                f"{_yuan(amount)} yuan is more than {_yuan(rules.largest_amount_fen)}; amounts are in yuan",
                f"金额 {_yuan(amount)} 元超过上限，请核对单位：这里填写的是元",
            )
        )
    if amount and fields.direction == "none":
        found.append(
            Problem(
                "direction",
                fields.direction,
                "there is a price: say who pays it",
                "填写了合同金额，请选择由哪一方付款",
            )
        )
    return found


def _days(fields: ContractFields, today: date, rules: ContractRules) -> list[Problem]:
    found = []
    signed, starts, ends = fields.signed_on, fields.starts_on, fields.ends_on
    if signed is None:
        found.append(
            Problem("signed_on", "", "give the day it was signed", "请填写签订日期，未签订的合同不登记")
        )
    elif signed > today:
        found.append(
            Problem(
                "signed_on",
                str(signed),
                f"{signed} is later than today, {today}: register it once it is signed",
                f"签订日期 {signed} 晚于今天（{today}），请在签订后登记",
            )
        )
    elif signed < rules.signed_after:
        found.append(
            Problem(
                "signed_on",
                str(signed),
                f"{signed} is before {rules.signed_after}; check the year",
                f"签订日期 {signed} 早于 {rules.signed_after}，请核对年份",
            )
        )
    if ends is None and not fields.open_ended.strip():
        found.append(
            Problem(
                "ends_on",
                "",
                "give the day it ends; where it has no end, say why under open_ended",
                "请填写终止日期；确无固定期限的，在“无固定期限说明”里写明原因",
            )
        )
    if ends is not None and fields.open_ended.strip():
        found.append(
            Problem(
                "open_ended",
                fields.open_ended[:40],
                f"it ends on {ends}: leave one of the two empty",
                f"已填写终止日期 {ends}，无固定期限说明请留空",
            )
        )
    first = starts or signed
    if ends is not None and first is not None and ends < first:
        found.append(
            Problem(
                "ends_on",
                str(ends),
                f"{ends} is before it begins, on {first}",
                f"终止日期 {ends} 早于起始日期或签订日期（{first}），请核对",
            )
        )
    for name, day in (("starts_on", starts), ("ends_on", ends)):
        if day is not None and day.year > today.year + rules.ends_within_years:
            found.append(
                Problem(
                    name, str(day), f"{day} is too far ahead; check the year", f"日期 {day} 过远，请核对年份"
                )
            )
        if day is not None and day < rules.signed_after:
            found.append(
                Problem(
                    name,
                    str(day),
                    f"{day} is before {rules.signed_after}; check the year",
                    f"日期 {day} 早于 {rules.signed_after}，请核对年份",
                )
            )
    return found


def _yuan(fen: int) -> str:
    sign, whole = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{whole // 100:,}.{whole % 100:02d}"
