"""When two contracts of a unit are the same, or may be."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from datetime import date, timedelta

from django.db import connection
from django.db.models import Q

from yingshang.kernel.access.api import lookup_hash

from ..errors import DuplicateContract
from ..models import Contract
from .checking import plain_name
from .rules import contract_rules
from .values import Alike, ContractFields

_SPACE = 0x636F6E74 << 32
"""Keeps these locks apart from others of the platform ("cont")."""


def fingerprint_of(agency_id: int, fields: ContractFields) -> str:
    """Unit, other side, price and day: by it the same contract is recognised when it comes another way."""
    if fields.counterparty_kind == "person":
        # Not to be guessed from names by who only reads the table.
        other = f"person:{lookup_hash(plain_name(fields.counterparty_name))}"
    else:
        other = fields.counterparty_code.strip().upper() or plain_name(fields.counterparty_name)
    amount = "" if fields.amount_fen is None else str(fields.amount_fen)
    said = "|".join((str(agency_id), other, amount, fields.direction, str(fields.signed_on or "")))
    return hashlib.sha256(said.encode()).hexdigest()


def hold_units(agencies: Iterable[int]) -> None:
    """Until the transaction ends nobody else writes down a contract of these units: the second one, which may bring the
    same, waits, and then finds the first. Always in the same order, so that no two wait for each other.
    """
    keys = [_SPACE | each for each in sorted(set(agencies))]
    if keys:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def look_alikes(
    *,
    agency_id: int,
    fields: ContractFields,
    fingerprint: str = "",
    not_same_as: Collection[str] = (),
    but: int | None = None,
) -> tuple[Alike, ...]:
    """The unit's contracts that are the same, first, or may be: the same number of its own, the same price within some
    days, or a title much the same on the same day. Those somebody has looked at (`not_same_as`) are left out. One
    query.
    """
    rules = contract_rules()
    fingerprint = fingerprint or fingerprint_of(agency_id, fields)
    condition = Q(fingerprint=fingerprint)
    reference = rules.own_number(fields.reference)
    if reference:
        condition |= Q(reference=reference)
    if fields.signed_on is not None:
        apart = timedelta(days=rules.alike_days)
        near = Q(signed_on__gte=fields.signed_on - apart, signed_on__lte=fields.signed_on + apart)
        code = fields.counterparty_code.strip().upper()
        side = Q(counterparty_code=code) if code else Q(counterparty_name=fields.counterparty_name.strip())
        condition |= near & side
    rows = Contract.objects.filter(condition, agency=agency_id).exclude(state="void")
    found = []
    for row in rows.exclude(number__in=list(not_same_as)).exclude(pk=but or 0).order_by("pk")[:200]:
        why = _why(row, fields, fingerprint, reference)
        if why:
            same = "fingerprint" in why or "reference" in why
            found.append(
                Alike(
                    row.pk,
                    row.number,
                    row.title,
                    row.reference,
                    row.counterparty_name,
                    row.amount_fen,
                    row.signed_on,
                    row.state,
                    same,
                    tuple(why),
                )
            )
    found.sort(key=lambda each: (not each.same, -len(each.why), each.id))
    return tuple(found[: rules.most_alike])


def ensure_new(
    *, agency_id: int, fields: ContractFields, not_same_as: Collection[str] = (), but: int | None = None
) -> str:
    """That the unit has not registered it yet; its fingerprint; nobody else writes down for the unit until the
    transaction ends. Raises DuplicateContract, whose `numbers` may be given as `not_same_as` once somebody has looked.
    """
    fingerprint = fingerprint_of(agency_id, fields)
    hold_units([agency_id])
    alike = look_alikes(
        agency_id=agency_id, fields=fields, fingerprint=fingerprint, not_same_as=not_same_as, but=but
    )
    same = [each for each in alike if each.same]
    if same:
        numbers = [each.number for each in same]
        raise DuplicateContract(
            f"{', '.join(numbers)} is the same contract; if it is another one, say so",
            message_zh=f"该合同已登记（{'、'.join(numbers)}）；确认不是同一份的，请勾选“不是同一份合同”后再保存",
            field="title",
            numbers=numbers,
        )
    return fingerprint


def titles_alike(one: str, other: str) -> float:
    """Which share of their runs of two characters two titles have in common."""
    first, second = _runs(one), _runs(other)
    together = len(first | second)
    return len(first & second) / together if together else 0.0


def _why(row: Contract, fields: ContractFields, fingerprint: str, reference: str) -> list[str]:
    rules = contract_rules()
    why = []
    if row.fingerprint == fingerprint:
        why.append("fingerprint")
    if reference and row.reference == reference:
        why.append("reference")
    if not why and row.amount_fen == fields.amount_fen and fields.amount_fen is not None:
        why.append("price")
    on_the_day: date | None = fields.signed_on
    if row.signed_on == on_the_day and titles_alike(row.title, fields.title) >= rules.alike_titles:
        why.append("title")
    return why


def _runs(text: str) -> set[str]:
    plain = plain_name(text)
    return {plain[place : place + 2] for place in range(len(plain) - 1)}
