"""Unified social credit codes, checked for anybody."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from yingshang.kernel.access.api import open_to_everybody
from yingshang.kernel.reference.api import check_credit_code, parse_credit_code

from ..problems import is_english

router = Router(tags=["主体 · Parties"])


class FindingOut(Schema):
    """One thing that is wrong, or worth a look, about a code. `position` counts from 1."""

    code: str
    severity: str
    position: int
    detail: str


class PartsOut(Schema):
    """A valid code taken apart."""

    department: str
    department_name: str
    category: str
    category_name: str
    division: str
    organisation: str


class CreditCodeOut(Schema):
    """What a check of the digits found. It says nothing on whether such an enterprise is registered."""

    value: str
    valid: bool
    findings: list[FindingOut]
    parts: PartsOut | None


@router.get(
    "/credit-codes/{code}", response=CreditCodeOut, summary="校验统一社会信用代码 · Check a credit code"
)
@open_to_everybody
def check_one_credit_code(request: HttpRequest, code: str) -> dict[str, Any]:
    """Whether a code is well-formed by GB 32100, with every reason why not."""
    report = check_credit_code(code[:100])
    return {
        "value": report.value,
        "valid": report.is_valid,
        "findings": [
            {
                "code": each.code,
                "severity": each.severity,
                "position": each.position,
                "detail": each.message if is_english() else each.message_zh,
            }
            for each in report.findings
        ],
        "parts": parse_credit_code(report.value) if report.is_valid else None,
    }
