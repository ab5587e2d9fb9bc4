"""Situations of the pages for officials: a small city with a history, rows written as its imports would have."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from tests.kernel.access.factories import DAOLI, HARBIN, NANGANG, Person, arranged, region
from yingshang.kernel.parties.models import Coverage, FactImport, FactRecord, ImportReject, Party, Portrait
from yingshang.kernel.parties.names import search_vector
from yingshang.kernel.reference.api import make_credit_code

SIZES = ("微型", "小型", "中型", "大型")
INDUSTRIES = ("3911", "6510", "5112", "6210", "2710", "7340", "")
STATUSES = ("存续", "存续", "存续", "注销", "迁出")
TRADES = ("冰城装备制造", "松江软件", "雪乡食品", "北国物流", "龙江生物", "太阳岛文旅")

_numbers = count(70_000_001)


def session_of(who: Person) -> str:
    """The key of a session in which they have logged in."""
    session = SessionStore()
    session[SESSION_KEY] = str(who.id)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = who.user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def signed_in(who: Person) -> Client:
    """A browser of theirs, logged in."""
    client = Client()
    client.cookies["sessionid"] = session_of(who)
    return client


def fact_import(region_code: str = DAOLI, **values: Any) -> FactImport:
    """A finished import with a few rejected rows."""
    now = timezone.now()
    number = next(_numbers)
    given = {
        "file_name": f"演示数据{number}.csv",
        "content_hash": f"{number:064d}",
        "source": "市场监管局",
        "as_of": timezone.localdate() - timedelta(days=40),
        "state": FactImport.DONE,
        "started_by_name": "演示人员",
        "region": region(region_code),
        "started_at": now - timedelta(days=2),
        "finished_at": now - timedelta(days=2, minutes=-3),
        "rows_done": 120,
        "rows_total": 120,
        "created": 100,
        "changed": 12,
        "unchanged": 5,
        "rejected": 3,
        "demonstration": True,
        **values,
    }
    with arranged():
        made = FactImport.objects.create(**given)
        for row in range(given["rejected"] and 3):
            ImportReject.objects.create(
                fact_import=made,
                row=row + 4,
                subject="91230102MA1DEMO00X",
                reasons=[
                    {
                        "column": "fin.revenue.2025",
                        "value": "很多",
                        "code": "not_a_number",
                        "message": "'很多' is not a number",
                        "message_zh": "“很多”不是数字",
                    }
                ],
                values={"line": row + 5},
            )
    return made


def city(enterprises: int, *, places: tuple[str, ...] = (DAOLI, NANGANG)) -> list[Party]:
    """So many invented enterprises over some counties, each with facts of two sources."""
    now, today = timezone.now(), timezone.localdate()
    regions = [region(code) for code in places]
    delivered = fact_import(places[0], rejected=0)
    parties, portraits, records = [], [], []
    for number in range(enterprises):
        place = regions[number % len(regions)]
        code = make_credit_code("9", "1", place.code[:6], f"{next(_numbers):08d}")
        name = f"演示{TRADES[number % len(TRADES)]}{number:04d}有限公司"
        established = today - timedelta(days=37 * number % 700)
        parties.append(
            Party(
                kind=Party.ENTERPRISE,
                credit_code=code,
                name=name,
                region=place,
                industry=INDUSTRIES[number % len(INDUSTRIES)],
                size=SIZES[number % 7 % 4] if number % 5 else "",
                status=STATUSES[number % len(STATUSES)],
                established_on=established,
                contact_email=f"demo{number}@example.org",
                contact_phone=f"138{number:08d}",
                demonstration=True,
                search=None,
                created_at=now,
                updated_at=now,
            )
        )
    as_of = today - timedelta(days=400)
    with arranged():
        Party.objects.bulk_create(parties)
        for party in parties:
            vector = search_vector([party.name], [party.credit_code or ""])
            Party.objects.filter(pk=party.pk).extra(where=["true"]).update(search=vector)
            values = {"ent.status": party.status, "ent.registered_capital": "1000000.00"}
            revenue = {
                f"fin.revenue.{today.year - 1}": "2345678.90",
                f"fin.revenue.{today.year - 2}": "2000000.00",
            }
            for source, said, day in (
                ("市场监管局", values, as_of),
                ("税务局", revenue, today - timedelta(days=20)),
            ):
                records.append(
                    FactRecord(
                        party=party, as_of=day, received_at=now, fact_import=delivered, values={source: said}
                    )
                )
            portraits.append(
                Portrait(
                    party=party, values={**values, **revenue}, as_of=today - timedelta(days=20), revision=1
                )
            )
        FactRecord.objects.bulk_create(records)
        Portrait.objects.bulk_create(portraits)
        for place in regions:
            for source, day in (("市场监管局", as_of), ("税务局", today - timedelta(days=20))):
                Coverage.objects.create(
                    fact_import=delivered,
                    source=source,
                    region=place,
                    as_of=day,
                    parties=sum(party.region_id == place.code for party in parties),
                )
    return parties


def months_ago(months: int) -> date:
    """The first day of a month some months ago."""
    today = timezone.localdate()
    month = today.year * 12 + today.month - 1 - months
    return date(month // 12, month % 12 + 1, 1)


__all__ = ["DAOLI", "HARBIN", "NANGANG", "city", "fact_import", "months_ago", "session_of", "signed_in"]
