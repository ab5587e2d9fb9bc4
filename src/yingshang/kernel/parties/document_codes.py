"""Document codes of agencies 机关代字: what the numbers of their official documents begin with, of one agency each.

After 《党政机关公文处理工作条例》 article 9 (5) a number is made of the code of the issuing agency, the year, and the
place in the series. Which code an agency has is for the agencies to say: none is shipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from django.db import connection
from django.utils import timezone

from .errors import InvalidAgency
from .models import Agency

LONGEST: Final = 10
_WRITTEN: Final = re.compile(rf"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffffA-Za-z]{{1,{LONGEST}}}")

UsedByOthers = Callable[[str, int | None, int], bool]

_rooms: dict[str, UsedByOthers] = {}


def register_document_numbers(room: str, used_by_others: UsedByOthers) -> None:
    """Have a room asked before an agency gets a code; called when Django starts. `used_by_others(code, agency, year)`:
    whether another agency has numbered a document with it in that year. Repeating replaces.
    """
    _rooms[room] = used_by_others


def document_codes_of(agency_ids: Collection[int]) -> dict[int, str]:
    """The document code of each of these agencies, "" where it has none. One query."""
    found = dict(Agency.objects.filter(pk__in=agency_ids).values_list("pk", "document_code"))
    return {agency: found.get(agency, "") for agency in agency_ids}


def free_document_code(text: str, *, agency_id: int | None = None, now: datetime) -> str:
    """A code as it was typed, for an agency that may have it; "" is none. Raises InvalidAgency."""
    code = text.strip()
    if not code:
        return ""
    if not _WRITTEN.fullmatch(code):
        raise InvalidAgency(
            f"a document code is 1 to {LONGEST} Chinese characters or letters, without digits, blanks and signs",
            message_zh=f"机关代字为1到{LONGEST}个汉字或者字母，不能有数字、空格和标点，例如“哈营商”",
            field="document_code",
            value=code,
        )
    _one_at_a_time()
    holder = _holder(code, agency_id)
    if holder is not None:
        raise InvalidAgency(
            f"{code} is the document code of {holder}; choose another one",
            message_zh=f"“{code}”已是“{holder}”的机关代字，请填写其他代字",
            field="document_code",
            value=code,
        )
    if _was_used(code, agency_id, now):
        raise InvalidAgency(
            f"another agency has numbered documents with {code} this year; it is free from next year on",
            message_zh=f"今年已有其他机构用“{code}”编过文号，为避免文号重复，明年起才能使用",
            field="document_code",
            value=code,
        )
    return code


def is_taken(code: str, *, agency_id: int, now: datetime) -> bool:
    """Whether numbers with this code could be those of another agency."""
    _one_at_a_time()
    return _holder(code, agency_id) is not None or _was_used(code, agency_id, now)


def _one_at_a_time() -> None:
    """So that of two who give the same code at once, the second is told who has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('parties.document_code', 0))")


def _holder(code: str, agency_id: int | None) -> str | None:
    rows = Agency.objects.filter(document_code__iexact=code, is_active=True)
    if agency_id is not None:
        rows = rows.exclude(pk=agency_id)
    return rows.values_list("name", flat=True).first()


def _was_used(code: str, agency_id: int | None, now: datetime) -> bool:
    year = timezone.localdate(now).year
    return any(used_by_others(code, agency_id, year) for used_by_others in _rooms.values())
