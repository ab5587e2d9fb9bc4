"""A form of a hundred fields: checked, read, judged, prefilled, kept while it is typed, submitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from bench.kernel import Figure
from yingshang.kernel.access.api import Actor, MandateGrant, create_user, system_actor
from yingshang.kernel.forms.api import (
    build_form,
    check_form,
    create_form,
    get_form,
    prefill,
    publish_form,
    save_draft,
    save_form_draft,
    submit,
    validate,
)
from yingshang.kernel.forms.patterns import LONGEST_TEXT, compiled, matches
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.models import Party
from yingshang.kernel.reference.api import make_credit_code

ACTOR = system_actor("bench")
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
FIELDS = 100


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of forms."""
    rounds = 20 if quick else 300
    schema, layout, data = _form()
    create_form(actor=ACTOR, code="bench", name="测量", name_en="Measured", region_path="23", now=NOW)
    save_form_draft(actor=ACTOR, code="bench", schema=schema, layout=layout, now=NOW)
    publish_form(actor=ACTOR, code="bench", now=NOW)
    party_id, clerk = _clerk()
    version = get_form("bench")
    what = f"form of {FIELDS} fields"
    yield _each(f"a {what} checked before it is saved", rounds, lambda _: check_form(schema, layout))
    yield _each(f"a {what} read from the database", rounds, lambda _: get_form("bench"))
    yield _each(f"a {what} built and rendered", rounds, lambda _: str(build_form(version, initial=data)))
    yield _each("its data judged by the schema", rounds, lambda _: validate(version, data))
    yield _each(
        "its fields prefilled from facts and the last submissions",
        rounds,
        lambda _: prefill(actor=clerk, form=version, party_id=party_id, now=NOW),
    )
    yield _each(
        "a draft saved while typing",
        rounds,
        lambda number: save_draft(
            actor=clerk,
            form_code="bench",
            subject="typing",
            party_id=party_id,
            data={**data, "f000": f"文字 {number}"},
            now=NOW,
        ),
    )
    yield _each(
        "a submission, with its event",
        rounds,
        lambda number: submit(
            actor=clerk, form_code="bench", party_id=party_id, subject=f"s{number}", data=data, now=NOW
        ),
    )
    pattern = "^[a-z]{0,40}[a-z0-9]{0,40}$"
    compiled(pattern)
    text = "a" * (LONGEST_TEXT - 1) + "!"
    yield _each("the slowest text for an allowed pattern", rounds, lambda _: matches(pattern, text))


def _each(what: str, rounds: int, once: Callable[[int], Any]) -> Figure:
    once(-1)
    began = perf_counter()
    for number in range(rounds):
        once(number)
    return Figure(what, (perf_counter() - began) / rounds * 1000, "ms")


def _form() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    kinds: tuple[tuple[dict[str, Any], Any], ...] = (
        ({"type": "string", "maxLength": 60, "x-last": True}, "文字"),
        ({"type": "string", "format": "money", "x-minimum": "0"}, "1234.50"),
        ({"type": "string", "format": "date"}, "2026-11-23"),
        ({"type": "integer", "minimum": 0, "x-fact": "emp.insured_count"}, 42),
        ({"type": "string", "enum": ["a", "b"], "x-labels-en": {"a": "A", "b": "B"}}, "a"),
    )
    properties, data = {}, {}
    for number in range(FIELDS):
        piece, value = kinds[number % len(kinds)]
        properties[f"f{number:03d}"] = {**piece, "title": f"字段{number}", "x-title-en": f"Field {number}"}
        data[f"f{number:03d}"] = value
    rules = [
        {
            "if": {"required": [f"f{n + 4:03d}"], "properties": {f"f{n + 4:03d}": {"const": "a"}}},
            "then": {"required": [f"f{n:03d}"]},
        }
        for n in range(0, FIELDS, 5)
    ]
    schema = {"type": "object", "required": list(properties)[:40], "properties": properties, "allOf": rules}
    names = list(properties)
    sections = [
        {
            "code": f"s{start}",
            "name": f"部分{start}",
            "name_en": f"Section {start}",
            "fields": [{"field": name} for name in names[start : start + 20]],
        }
        for start in range(0, FIELDS, 20)
    ]
    return schema, {"sections": sections}, data


def _clerk() -> tuple[int, Actor]:
    user_id = create_user(
        actor=ACTOR,
        username="clerk",
        name="测量人员",
        email="clerk@example.org",
        agency_id=None,
        password=None,
        now=NOW,
    )
    with transaction.atomic():
        party = Party.objects.create(
            kind=Party.ENTERPRISE,
            credit_code=make_credit_code("9", "1", "230102", "00000001"),
            name="测量企业",
            created_at=NOW,
            updated_at=NOW,
        )
        record(actor=ACTOR, action="parties.measured", target=Target("party", str(party.pk)), now=NOW)
    powers = frozenset({"forms.fill_own", "parties.view_own"})
    return party.pk, Actor("user", str(user_id), "测量人员", mandates=(MandateGrant(party.pk, powers),))
