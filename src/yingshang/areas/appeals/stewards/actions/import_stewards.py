"""Stewards are assigned by a filled-in table, row by row, all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, Office, Scope, offices
from yingshang.kernel.documents.api import RowError, read_table
from yingshang.kernel.parties.api import PartySummary, parties_by_code
from yingshang.kernel.reference.api import find_region

from ...channels.errors import InvalidTable
from ...channels.tables import workbook_of
from ...desks import PLATFORM
from ...errors import InvalidStep
from ...models import Stewardship
from ..reach import MANAGE, STEWARD
from ..rules import assignment_rules
from ..telling import tell_stewards
from .keep_stewards import assign_steward, bounded_phone, note_stewardship, one_assignment_at_a_time

_MOST_TOLD = 200


@dataclass(frozen=True, slots=True)
class Assigned:
    """What a table came to: how many got a steward, how many had this very one already, and of how many whose steward
    stays another telephone number was kept.
    """

    new: int
    same: int
    phones: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    party: PartySummary
    office: Office
    tier: str
    phone: str


def empty_assignments() -> bytes:
    """The workbook to fill in."""
    return workbook_of(assignment_rules(), "服务管家")


@transaction.atomic
def import_stewards(*, actor: Actor, content: bytes, name: str, now: datetime) -> Assigned:
    """Assign the steward of every row; with one mistake nobody. A row that says what is so already changes nothing, so
    a table can be uploaded again.

    Raises NotAllowed, InvalidTable.
    """
    actor.require(MANAGE)
    rows, errors, more = _read(actor, content, name, now)
    if errors:
        raise _invalid(errors, more, name)
    one_assignment_at_a_time()
    held = {
        each.party.merged_into_id or each.party_id: each
        for each in Stewardship.objects.select_for_update(of=("self",))
        .filter(party__in=[row.party.id for row in rows], until__isnull=True)
        .select_related("party")
        .order_by("pk")
    }
    made: dict[int, list[int]] = {}
    phones = 0
    for row in rows:
        before = held.get(row.party.id)
        if before is not None and (before.steward_id, before.agency_id, before.tier) == (
            row.office.user_id,
            row.office.agency_id,
            row.tier,
        ):
            phones += _other_phone(before, row.phone, actor, now)
            continue
        number = assign_steward(
            actor=actor,
            party_id=row.party.id,
            steward_id=row.office.user_id,
            agency_id=row.office.agency_id,
            tier=row.tier,
            phone=row.phone,
            tell=False,
            now=now,
        )
        made.setdefault(row.office.user_id, []).append(number)
    for numbers in made.values():
        first = Stewardship.objects.select_related("party").get(pk=numbers[0])
        tell_stewards(first, "stewarding", now=now, enterprise=first.party.name, count=len(numbers))
    new = sum(len(numbers) for numbers in made.values())
    return Assigned(new, len(rows) - new - phones, phones)


def _other_phone(row: Stewardship, phone: str, actor: Actor, now: datetime) -> int:
    """Where the steward stays: the number of the table is kept, none in it changes nothing. How many."""
    if phone in ("", row.phone):
        return 0
    before, row.phone = row.phone, phone
    row.save(update_fields=["phone"])
    note_stewardship(
        row, "steward_phone", actor=actor, now=now, before={"phone": before}, after={"phone": phone}
    )
    return 1


def _read(actor: Actor, content: bytes, name: str, now: datetime) -> tuple[list[_Row], list[RowError], int]:
    rules = assignment_rules()
    table = read_table(content, name, rules.columns, limits=rules.limits)
    scope = actor.require(MANAGE)
    codes = {values["credit_code"] for values in table.rows if values["credit_code"]}
    known = parties_by_code(actor=PLATFORM, codes=codes)
    held: dict[str, list[Office]] = {}
    usernames = {values["steward"] for values in table.rows if values["steward"]}
    for each in offices(STEWARD, scope=scope, today=timezone.localdate(now), usernames=usernames):
        held.setdefault(each.username, []).append(each)
    titles = {each.code: each.name for each in rules.columns}
    rows: list[_Row] = []
    seen: dict[int, int] = {}
    for number, values in zip(table.numbers, table.rows, strict=True):
        party = known.get(values["credit_code"] or "")
        if values["credit_code"] and (party is None or not _covers(scope, party)):
            table.wrong(
                number,
                titles["credit_code"],
                f"no enterprise {values['credit_code']} within your reach",
                f"企业库中没有“{values['credit_code']}”，或者超出您的管理范围",
            )
        elif party is not None and seen.setdefault(party.id, number) != number:
            table.wrong(
                number,
                titles["credit_code"],
                f"the same enterprise as in row {seen[party.id]}; write each one once",
                f"与第 {seen[party.id]} 行是同一家企业，一家企业只写一行",
            )
        here = held.get(values["steward"] or "", [])
        if values["steward"] and len(here) != 1:
            table.wrong(
                number,
                titles["steward"],
                f"{values['steward']} holds the office of a steward in {len(here)} agencies within your reach",
                f"“{values['steward']}”在多个单位任职，请在页面上单独指定"
                if here
                else f"没有用户名为“{values['steward']}”的业务人员，或者超出您的管理范围",
            )
        try:
            phone = bounded_phone(values.get("phone") or "")
        except InvalidStep as error:
            phone = ""
            table.wrong(number, titles["phone"], error.message, error.message_zh)
        if party is not None and len(here) == 1:
            rows.append(_Row(party, here[0], values["tier"] or "", phone))
    errors = sorted(table.errors, key=lambda error: (error.row, error.column))
    return rows, errors[:_MOST_TOLD], table.more + len(errors[_MOST_TOLD:])


def _covers(scope: Scope, party: PartySummary) -> bool:
    place = find_region(party.region_code or "")
    return scope.covers("subtree", agency_id=0, region_path=place.path if place else "")


def _invalid(errors: list[RowError], more: int, name: str) -> InvalidTable:
    count = len(errors) + more
    return InvalidTable(
        f"{count} mistakes in {name}; mend them and upload it again, nothing was taken in",
        message_zh=f"“{name}”中有 {count} 处错误，请修改后重新上传；本次没有指定任何管家",
        field="file",
        errors=[
            {"row": each.row, "column": each.column, "message": each.message, "message_zh": each.message_zh}
            for each in errors
        ],
        more=more,
    )
