"""Situations of the portal: an enterprise of which something is known, and the people who act for it."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

from tests.kernel.access.factories import SYSTEM, Person, enterprise
from yingshang.kernel.notices.api import Recipient, send
from yingshang.kernel.parties.api import import_facts
from yingshang.kernel.parties.models import Party

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
EARLIER = datetime(2025, 11, 3, 2, 0, tzinfo=UTC)


def delivered(party: Party, folder: Path, facts: dict[str, str], *, as_of: date, now: datetime) -> None:
    """A file with one row about the party, imported."""
    path = folder / f"{party.pk}-{as_of}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["统一社会信用代码", "名称", *facts])
        writer.writerow([party.credit_code, party.name, *facts.values()])
    summary = import_facts(actor=SYSTEM, path=path, as_of=as_of, now=now, demonstration=True)
    assert summary.rejected == 0, summary


def known_enterprise(folder: Path, name: str = "演示冰雪装备有限公司") -> Party:
    """An enterprise with facts of several sources, two statements on one of them, one fact that is stale."""
    party = enterprise(name=name)
    delivered(
        party,
        folder,
        {
            "ent.status": "存续",
            "emp.total": "118",
            "emp.insured_count": "96",
            "ent.registered_capital": "5000000",
        },
        as_of=date(2025, 10, 31),
        now=EARLIER,
    )
    delivered(
        party,
        folder,
        {
            "emp.insured_count": "104",
            "ent.is_legal_person": "true",
            "ent.established": "2016-05-18",
            "ent.abnormal_list": "false",
            "eval.score": "71.5",
            "owner.person_type": "其他",
        },
        as_of=date(2026, 11, 1),
        now=NOW,
    )
    return party


def announced(who: Person, title: str, *, link: str = "") -> None:
    """A message in somebody's inbox."""
    send(
        actor=SYSTEM,
        to=Recipient(user_id=who.id),
        template="notices.announcement",
        context={"title": title, "text": f"{title}的内容。"},
        channels=("in_app",),
        link=link,
        now=NOW,
    )
