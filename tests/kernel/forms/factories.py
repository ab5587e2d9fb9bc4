"""Situations of forms: a form that asks for everything, the objection that comes with the platform."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tests.kernel.access.factories import HARBIN, NOW, SYSTEM, Person, clerk_of, enterprise, region
from tests.kernel.parties.factories import a_party
from yingshang.kernel.forms.api import (
    FormVersionView,
    create_form,
    load_defaults,
    publish_form,
    save_form_draft,
)
from yingshang.kernel.parties.models import Party

POWERS = ("parties.view_own", "forms.fill_own")

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["name", "purpose", "amount"],
    "properties": {
        "name": {
            "type": "string",
            "title": "企业名称",
            "x-title-en": "Name",
            "x-fact": "party.name",
            "maxLength": 80,
        },
        "code": {
            "type": "string",
            "title": "代码",
            "x-title-en": "Code",
            "format": "credit-code",
            "x-fact": "party.credit_code",
        },
        "staff": {
            "type": "integer",
            "title": "参保人数",
            "x-title-en": "Insured staff",
            "minimum": 0,
            "x-fact": "emp.insured_count",
        },
        "purpose": {
            "type": "string",
            "title": "用途",
            "x-title-en": "Purpose",
            "enum": ["loan", "other"],
            "x-labels": {"loan": "贷款", "other": "其他"},
            "x-labels-en": {"loan": "A loan", "other": "Something else"},
        },
        "bank": {"type": "string", "title": "银行", "x-title-en": "Bank", "x-last": True, "maxLength": 60},
        "branch": {"type": "string", "title": "支行", "x-title-en": "Branch", "maxLength": 60},
        "amount": {
            "type": "string",
            "title": "金额",
            "x-title-en": "Amount",
            "format": "money",
            "x-minimum": "0.01",
            "x-maximum": "1000000",
        },
        "wanted_on": {
            "type": "string",
            "title": "日期",
            "x-title-en": "Day",
            "format": "date",
            "x-minimum": "today",
        },
        "number": {
            "type": "string",
            "title": "编号",
            "x-title-en": "Number",
            "pattern": "^[A-Z]{2}-[0-9]{4}$",
            "x-message": "编号形如 AB-1234。",
            "x-message-en": "A number is like AB-1234.",
        },
        "person": {
            "type": "string",
            "title": "经办人身份证",
            "x-title-en": "Identity number",
            "format": "identity-number",
        },
        "phone": {
            "type": "string",
            "title": "电话",
            "x-title-en": "Telephone",
            "format": "phone",
            "x-last": True,
        },
        "employs": {"type": "boolean", "title": "是否用工", "x-title-en": "Employs people"},
        "agreed": {"type": "boolean", "title": "承诺属实", "x-title-en": "This is true", "const": True},
        "tags": {
            "type": "array",
            "title": "类别",
            "x-title-en": "Kinds",
            "items": {
                "type": "string",
                "enum": ["a", "b", "c"],
                "x-labels": {"a": "甲", "b": "乙", "c": "丙"},
                "x-labels-en": {"a": "A", "b": "B", "c": "C"},
            },
            "maxItems": 2,
        },
        "lines": {
            "type": "array",
            "title": "明细",
            "x-title-en": "Lines",
            "maxItems": 3,
            "items": {
                "type": "object",
                "required": ["what", "cost"],
                "properties": {
                    "what": {"type": "string", "title": "名目", "x-title-en": "What", "maxLength": 40},
                    "cost": {
                        "type": "string",
                        "title": "费用",
                        "x-title-en": "Cost",
                        "format": "money",
                        "x-minimum": "0",
                    },
                },
            },
        },
        "note": {"type": "string", "title": "说明", "x-title-en": "Note", "maxLength": 500},
        "papers": {
            "type": "array",
            "title": "材料",
            "x-title-en": "Papers",
            "x-file": {"types": ["pdf", "png"], "max_bytes": 1000000, "max_files": 2},
        },
    },
    "dependentRequired": {"branch": ["bank"]},
    "allOf": [
        {
            "if": {"required": ["purpose"], "properties": {"purpose": {"const": "loan"}}},
            "then": {"required": ["bank"]},
        }
    ],
}


def a_schema(**properties: Any) -> dict[str, Any]:
    """The large schema, or one of these properties only."""
    if not properties:
        return deepcopy(SCHEMA)
    return {
        "type": "object",
        "properties": {name: {"title": name, **each} for name, each in properties.items()},
    }


def a_layout(schema: dict[str, Any], **conditions: str) -> dict[str, Any]:
    """Everything in one section, in the order of the schema, some of it under a condition."""
    return {
        "sections": [
            {
                "code": "main",
                "name": "内容",
                "name_en": "Content",
                "fields": [
                    {"field": name, **({"when": conditions[name]} if name in conditions else {})}
                    for name in schema.get("properties", {})
                ],
            }
        ]
    }


def a_form(
    code: str = "loan",
    schema: dict[str, Any] | None = None,
    layout: dict[str, Any] | None = None,
    **conditions: str,
) -> FormVersionView:
    """A published form of the platform."""
    schema = schema or a_schema()
    create_form(actor=SYSTEM, code=code, name="演示表单", name_en="A form", region_path="2301", now=NOW)
    save_form_draft(
        actor=SYSTEM, code=code, schema=schema, layout=layout or a_layout(schema, **conditions), now=NOW
    )
    return publish_form(actor=SYSTEM, code=code, now=NOW)


def defaults() -> tuple[str, ...]:
    """The forms that come with the platform."""
    region(HARBIN)
    return load_defaults(actor=SYSTEM, region_path="2301", now=NOW)


def an_enterprise(**facts: Any) -> tuple[Party, Person]:
    """An enterprise, with facts when they are given, and a clerk who may fill in its forms."""
    party = a_party(facts=facts) if facts else enterprise()
    return party, clerk_of(party, POWERS)
