"""Unified social credit codes 统一社会信用代码 by GB 32100-2015.

Eighteen characters: registration department (1), category (1), division of the registering office by GB/T 2260 (6),
organisation code by GB 11714 with its own check character (9), check character (1). I, O, Z, S and V do not occur.

A code whose division is not in today's table may still be right: divisions are abolished, codes stay. That is why
it is a *warning* and does not make the code invalid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from stdnum.cn import uscc

from .errors import InvalidCreditCode
from .reference_data import load_json
from .regions import find_region

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of GB 32100, each standing for its position."""

LENGTH = 18

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# GB 11714 counts letters from A = 10 over the whole alphabet, unlike GB 32100, which skips five of them.
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class CreditCodeFinding:
    """One thing that is wrong (`error`) or worth a look (`warning`) about a code.

    `code` is one of: length, characters, department, category, division, unknown_division,
    organisation_check_character, check_character. `position` counts from 1.
    """

    code: str
    severity: Literal["error", "warning"]
    position: int
    message: str
    message_zh: str


@dataclass(frozen=True, slots=True)
class CreditCodeReport:
    """What a check found. `value` is the code without spaces and hyphens, in capitals."""

    value: str
    findings: tuple[CreditCodeFinding, ...]

    @property
    def is_valid(self) -> bool:
        """True when no finding is an error; warnings do not count."""
        return not self.errors

    @property
    def errors(self) -> tuple[CreditCodeFinding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[CreditCodeFinding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "warning")


@dataclass(frozen=True, slots=True)
class CreditCodeParts:
    """A valid code taken apart, with the names of its department and category."""

    department: str
    department_name: str
    category: str
    category_name: str
    division: str
    organisation: str
    check_character: str


@cache
def registration_departments() -> dict[str, tuple[str, dict[str, str]]]:
    """Department character → (name, category character → name), from GB 32100 table 1 and its amendment 1."""
    return {
        row["code"]: (row["name"], row["categories"])
        for row in load_json("credit_code_departments.json")["departments"]
    }


def check_credit_code(text: str) -> CreditCodeReport:
    """Every reason why `text` is not, or may not be, a unified social credit code. Never raises."""
    # Without signs there is nothing to be left out.
    value = text.upper() if text.isascii() and text.isalnum() else uscc.compact(text)
    if len(value) != LENGTH:
        return CreditCodeReport(
            value,
            (
                _error(
                    "length",
                    1,
                    f"must have {LENGTH} characters, has {len(value)}",
                    f"应为 {LENGTH} 位，现为 {len(value)} 位",
                ),
            ),
        )
    strange = [
        _error(
            "characters",
            position,
            f"character {character!r} is not used (I, O, Z, S, V and signs are not)",
            f"第 {position} 位“{character}”不是可用字符（不使用 I、O、Z、S、V 及符号）",
        )
        for position, character in enumerate(value, start=1)
        if character not in ALPHABET
    ]
    if strange:
        return CreditCodeReport(value, tuple(strange))
    findings = [*_check_department(value), *_check_division(value[2:8])]
    expected = organisation_check_character(value[8:16])
    if expected != value[16]:
        findings.append(
            _warning(
                "organisation_check_character",
                17,
                f"organisation code should end in {expected} by GB 11714",
                f"按 GB 11714，主体标识码末位应为 {expected}",
            )
        )
    expected = uscc.calc_check_digit(value[:17])
    if expected != value[17]:
        findings.append(
            _error(
                "check_character",
                18,
                f"check character should be {expected}: one character before it is probably mistyped",
                f"校验码应为 {expected}，前面可能有一位录错",
            )
        )
    return CreditCodeReport(value, tuple(findings))


def validate_credit_code(text: str) -> str:
    """The code without separators, in capitals. Raises InvalidCreditCode with every error; warnings pass."""
    report = check_credit_code(text)
    if report.is_valid:
        return report.value
    raise InvalidCreditCode(
        f"{text!r} is not a unified social credit code: " + "; ".join(item.message for item in report.errors),
        message_zh=f"“{text}”不是有效的统一社会信用代码："
        + "；".join(item.message_zh for item in report.errors),
        value=text,
        findings=[item.code for item in report.errors],
    )


def is_valid_credit_code(text: str) -> bool:
    """Whether `text` has no error by GB 32100. A code with warnings only is valid."""
    return check_credit_code(text).is_valid


def parse_credit_code(text: str) -> CreditCodeParts:
    """A code taken apart. Raises InvalidCreditCode."""
    value = validate_credit_code(text)
    name, categories = registration_departments()[value[0]]
    return CreditCodeParts(value[0], name, value[1], categories[value[1]], value[2:8], value[8:17], value[17])


def organisation_check_character(body: str) -> str:
    """The check character of an eight-character organisation code body, by GB 11714 (modulus 11, X for ten)."""
    total = sum(
        weight * organisation_alphabet_value(character)
        for weight, character in zip(_ORGANISATION_WEIGHTS, body, strict=True)
    )
    return "0123456789X0"[11 - total % 11]


def organisation_alphabet_value(character: str) -> int:
    """What a character counts for in GB 11714: digits themselves, A = 10 … Z = 35."""
    return _ORGANISATION_ALPHABET.index(character)


def make_credit_code(department: str, category: str, division: str, organisation_body: str) -> str:
    """The eighteen-character code of these parts, both check characters added.

    `organisation_body` is the eight characters of the organisation code before its check character.
    Raises InvalidCreditCode when a part has the wrong shape or the category does not belong to the department.
    """
    organisation = organisation_body.upper()
    if len(organisation) != 8 or any(character not in ALPHABET for character in organisation):
        raise InvalidCreditCode(
            f"organisation code body {organisation_body!r} must be eight characters of {ALPHABET}",
            message_zh=f"主体标识码“{organisation_body}”应为 8 位可用字符",
            value=organisation_body,
            findings=["characters"],
        )
    head = f"{department}{category}{division}{organisation}{organisation_check_character(organisation)}"
    if len(head) != LENGTH - 1 or any(character not in ALPHABET for character in head):
        raise InvalidCreditCode(
            f"{department!r}, {category!r}, {division!r} do not have the shape of one, one and six characters",
            message_zh=f"登记管理部门“{department}”、机构类别“{category}”、行政区划“{division}”的位数或字符不对",
            value=head,
            findings=["length"],
        )
    return validate_credit_code(head + uscc.calc_check_digit(head))


def _check_department(value: str) -> list[CreditCodeFinding]:
    department = registration_departments().get(value[0])
    if department is None:
        return [
            _error(
                "department",
                1,
                f"registration department {value[0]!r} is not in GB 32100",
                f"登记管理部门代码“{value[0]}”不在 GB 32100 所列之中",
            )
        ]
    name, categories = department
    if value[1] in categories:
        return []
    listed = "、".join(f"{code} {meaning}" for code, meaning in categories.items())
    return [
        _error(
            "category",
            2,
            f"category {value[1]!r} does not belong to department {value[0]}; it has {', '.join(categories)}",
            f"机构类别代码“{value[1]}”不属于登记管理部门“{name}”，可用的有：{listed}",
        )
    ]


def _check_division(division: str) -> list[CreditCodeFinding]:
    if not division.isdigit():
        return [_error("division", 3, "the division must be six digits", "行政区划码应为 6 位数字")]
    if find_region(division) is not None:
        return []
    return [
        _warning(
            "unknown_division",
            3,
            f"division {division} is not in today's GB/T 2260 table; it may have been abolished",
            f"行政区划码 {division} 不在现行 GB/T 2260 之中，可能是已撤销的区划",
        )
    ]


def _error(code: str, position: int, message: str, message_zh: str) -> CreditCodeFinding:
    return CreditCodeFinding(code, "error", position, message, message_zh)


def _warning(code: str, position: int, message: str, message_zh: str) -> CreditCodeFinding:
    return CreditCodeFinding(code, "warning", position, message, message_zh)
