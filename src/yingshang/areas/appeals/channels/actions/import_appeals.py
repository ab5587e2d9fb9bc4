"""A table of another channel is handed in, row by row, all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from yingshang.kernel.access.api import Actor
from yingshang.kernel.documents.api import RowError
from yingshang.kernel.parties.api import PartySummary
from yingshang.rules.errors import DomainError

from ...actions.submit_appeal import Reporter, Submitted, submit_appeal
from ..errors import InvalidTable
from ..reach import REGISTER, covers, enterprises, no_enterprise
from ..tables import AppealRow, AppealTable, column_name, read_appeals

MOST_TOLD = 200


@dataclass(frozen=True, slots=True)
class ImportedAppeals:
    """What a table came to. `again` counts the rows that had been handed in before."""

    appeals: tuple[Submitted, ...]
    again: int


def check_appeals(*, actor: Actor, content: bytes, name: str, region_code: str = "") -> AppealTable:
    """The rows of a table and everything that is wrong with them for this actor, without taking anything in.

    `region_code` counts for rows that name neither a region nor an enterprise. Raises NotAllowed.
    """
    actor.require(REGISTER)
    table, _ = _checked(actor, content, name, region_code)
    return table


@transaction.atomic
def import_appeals(
    *, actor: Actor, content: bytes, name: str, region_code: str = "", now: datetime
) -> ImportedAppeals:
    """Hand in every row of a table; with one mistake none. Rows that were handed in before are not taken in twice: by
    their channel and number there, or by their words and sender; so a table can be uploaded again.

    Needs `appeals.register`. Raises NotAllowed, InvalidTable.
    """
    actor.require(REGISTER)
    table, known = _checked(actor, content, name, region_code)
    if table.errors:
        raise _invalid(table, name)
    done: list[Submitted] = []
    errors: list[RowError] = []
    for row in table.rows:
        try:
            done.append(_submit(actor, row, known.get(row.credit_code), now=now))
        except DomainError as error:
            errors.append(RowError(row.row, "", error.message, error.message_zh))
    if errors:
        raise _invalid(replace(table, errors=tuple(errors[:MOST_TOLD]), more=len(errors[MOST_TOLD:])), name)
    return ImportedAppeals(tuple(done), sum(each.again for each in done))


def _checked(
    actor: Actor, content: bytes, name: str, region_code: str
) -> tuple[AppealTable, dict[str, PartySummary]]:
    table = read_appeals(content, name)
    known = enterprises(actor, {row.credit_code for row in table.rows if row.credit_code})
    rows: list[AppealRow] = []
    errors = list(table.errors)
    for row in table.rows:
        party = known.get(row.credit_code)
        if row.credit_code and party is None:
            refused = no_enterprise(row.credit_code)
            errors.append(RowError(row.row, column_name("credit_code"), refused.message, refused.message_zh))
        region = row.region_code or ((party.region_code or "") if party else "") or region_code
        if not region:
            errors.append(
                RowError(
                    row.row,
                    column_name("region"),
                    "name the division it is about: its six digits, such as 230102",
                    "请填写诉求所在地区的六位代码，如 230102",
                )
            )
        elif not covers(actor, region):
            errors.append(
                RowError(
                    row.row,
                    column_name("region"),
                    f"{region} is beyond your reach",
                    f"{region} 超出您的登记范围，请交给当地登记",
                )
            )
        rows.append(replace(row, region_code=region))
    errors.sort(key=lambda error: error.row)
    more = table.more + len(errors[MOST_TOLD:])
    return AppealTable(tuple(rows), tuple(errors[:MOST_TOLD]), more), known


def _submit(actor: Actor, row: AppealRow, party: PartySummary | None, *, now: datetime) -> Submitted:
    nobody = party is None and not (row.name or row.phone or row.mail)
    return submit_appeal(
        actor=actor,
        title=row.title,
        body=row.body,
        region_code=row.region_code,
        channel="excel",
        party_id=party.id if party else None,
        anonymous=nobody,
        reporter=Reporter(row.name, row.phone, row.mail),
        urgency=row.urgency,
        reference=f"{row.source}/{row.reference}",
        now=now,
    )


def _invalid(table: AppealTable, name: str) -> InvalidTable:
    count = len(table.errors) + table.more
    return InvalidTable(
        f"{count} mistakes in {name}; mend them and upload it again, nothing was taken in",
        message_zh=f"“{name}”中有 {count} 处错误，请修改后重新上传；本次没有登记任何一件",
        field="file",
        errors=[
            {"row": each.row, "column": each.column, "message": each.message, "message_zh": each.message_zh}
            for each in table.errors
        ],
        more=table.more,
    )
