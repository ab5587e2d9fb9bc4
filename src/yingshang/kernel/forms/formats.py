"""Formats of texts: what a date, an amount, a credit code, an identity number look like. Pure.

`tidy` turns what people type into what is kept (full-width digits, commas of thousands, 2026年1月5日); `check` says
whether what is kept is right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from yingshang.kernel.reference.api import (
    UnknownIndustry,
    check_credit_code,
    find_region,
    get_industry,
)

MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its names, its check, what to say when it does not hold, and whether it is about a person."""

    code: str
    name: str
    name_en: str
    check: Callable[[str], bool]
    message: str
    message_zh: str
    personal: bool = False


def tidy(format_code: str, text: str) -> str:
    """What is kept of what was typed. What cannot be made sense of stays as it is, for `check` to refuse."""
    text = text.strip()
    if format_code in ("", "uri"):
        return text
    plain = unicodedata.normalize("NFKC", text).strip()
    match format_code:
        case "money" | "decimal":
            return _number(plain, places=2 if format_code == "money" else None)
        case "date":
            return _day(plain)
        case "credit-code":
            return plain.replace(" ", "").replace("-", "").upper()
        case "identity-number":
            return plain.replace(" ", "").upper()
        case "phone":
            return plain.replace(" ", "")
        case _:
            return plain


def _number(text: str, places: int | None) -> str:
    bare = re.sub(r"[,\s¥元]", "", text)
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", bare):
        return text
    number = Decimal(bare)
    if places is None or -int(number.as_tuple().exponent) > places:
        return format(number, "f")
    return format(number.quantize(Decimal(1).scaleb(-places)), "f") if len(bare) < 40 else text


def _day(text: str) -> str:
    found = re.fullmatch(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?", text)
    return f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}" if found else text


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_number(places: int | None) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        if not re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", text):
            return False
        whole, _, fraction = text.lstrip("-").partition(".")
        return len(whole) <= MOST_DIGITS and len(fraction) <= (10 if places is None else places)

    return check


def _is_identity_number(text: str) -> bool:
    try:
        ric.validate(text)
    except ValidationError:
        return False
    return len(text) == 18


def _is_industry(text: str) -> bool:
    try:
        get_industry(text)
    except UnknownIndustry:
        return False
    return True


def _fits(pattern: str) -> Callable[[str], bool]:
    expression = re.compile(pattern, re.ASCII)
    return lambda text: len(text) <= 300 and expression.fullmatch(text) is not None


FORMATS: dict[str, Format] = {
    each.code: each
    for each in (
        Format(
            "date",
            "日期",
            "Date",
            _is_date,
            "Write a day of the calendar, such as 2026-11-22.",
            "请填写日历上有的日期，如 2026-11-22。",
        ),
        Format(
            "money",
            "金额（元）",
            "Amount in yuan",
            _is_number(2),
            "Write an amount in yuan with at most two decimal places, such as 1234.50.",
            "请填写以元为单位的金额，最多两位小数，如 1234.50。",
        ),
        Format(
            "decimal",
            "小数",
            "Decimal number",
            _is_number(None),
            "Write a number, such as 12.5.",
            "请填写数字，如 12.5。",
        ),
        Format(
            "credit-code",
            "统一社会信用代码",
            "Unified social credit code",
            lambda text: check_credit_code(text).is_valid,
            "This is no unified social credit code: 18 digits and letters, the last one a check character.",
            "统一社会信用代码不正确：应为 18 位，末位为校验码，请对照营业执照核对。",
        ),
        Format(
            "identity-number",
            "居民身份证号码",
            "Identity number",
            _is_identity_number,
            "This is no identity number: the division, the day of birth or the check character is wrong.",
            "身份证号码不正确：地区、出生日期或校验码有误。",
            personal=True,
        ),
        Format(
            "phone",
            "电话号码",
            "Telephone number",
            _fits(r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?|400-?[0-9]{3}-?[0-9]{4}"),
            "Write a mobile number of 11 digits, or a fixed line with its area code, such as 0451-12345678.",
            "请填写 11 位手机号码，或带区号的固定电话，如 0451-12345678。",
            personal=True,
        ),
        Format(
            "email",
            "电子邮箱",
            "E-mail address",
            _fits(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,5}"),
            "Write an e-mail address, such as name@example.org.",
            "请填写电子邮箱，如 name@example.org。",
            personal=True,
        ),
        Format(
            "region",
            "行政区划代码",
            "Division code",
            lambda text: find_region(text) is not None,
            "This is no division of GB/T 2260: write its six digits, such as 230102.",
            "不是 GB/T 2260 中的区划：请填写六位代码，如 230102。",
        ),
        Format(
            "industry",
            "行业代码",
            "Industry code",
            _is_industry,
            "This is no industry of GB/T 4754-2017: write its code, such as 3311.",
            "不是 GB/T 4754-2017 中的行业：请填写代码，如 3311。",
        ),
        Format(
            "uri",
            "网址",
            "Web address",
            _fits(r"https?://[^\s<>\"']{3,280}"),
            "Write a web address that begins with http:// or https://.",
            "请填写以 http:// 或 https:// 开头的网址。",
        ),
    )
}
"""Every format a text of a form may have; any other is refused when the form is saved."""


def comparable(format_code: str, text: str) -> Decimal | date | None:
    """The amount or day a text stands for, for bounds; None when it stands for none."""
    try:
        if format_code in ("money", "decimal"):
            return Decimal(text)
        if format_code == "date":
            return date.fromisoformat(text)
    except (InvalidOperation, ValueError):
        pass
    return None
