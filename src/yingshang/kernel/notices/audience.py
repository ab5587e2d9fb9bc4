"""Whom a mass message is for: enterprises of the sender's scope by what is known of them, a list, or who has not
read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.db.models import Exists, OuterRef, QuerySet

from yingshang.kernel.access.api import Actor
from yingshang.kernel.parties.api import (
    FactCondition,
    PartySummary,
    count_parties,
    parties_after,
    parties_by_code,
)
from yingshang.kernel.reference.api import SubjectsFile, find_region, is_valid_credit_code, open_subjects
from yingshang.rules.errors import DomainError, SubjectsError

from .errors import InvalidCampaign, InvalidList
from .models import Campaign, CampaignRecipient, Delivery, Message

SEND = "notices.send_mass"
MOST_ROWS = 100_000
CODE_COLUMNS = ("统一社会信用代码", "社会信用代码", "信用代码", "credit_code")
PROBLEMS = ("invalid", "duplicate", "unknown")
"""Why a row of a list is nobody: no credit code, one that stood there before, or no enterprise of the sender's
scope.
"""
OUT_OF_REACH = "out_of_reach"
"""Why an enterprise is not written to that was in the audience: the sender's scope does not take it in any more."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Enterprises by region (and below), industry (likewise), size, registration status, and facts, all of which
    hold.
    """

    region: str = ""
    industry: str = ""
    size: str = ""
    status: str = ""
    facts: tuple[FactCondition, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Audience:
        """As the database keeps it."""
        facts = tuple(FactCondition(*each) for each in data.get("facts", ()))
        return cls(
            **{name: data.get(name, "") for name in ("region", "industry", "size", "status")}, facts=facts
        )

    def as_dict(self) -> dict[str, Any]:
        """What is set, for the database."""
        told: dict[str, Any] = {
            name: value for name in ("region", "industry", "size", "status") if (value := getattr(self, name))
        }
        if self.facts:
            told["facts"] = [[each.column, each.operator, each.value] for each in self.facts]
        return told

    def filters(self) -> dict[str, Any]:
        """As arguments for the register."""
        return {
            "region": self.region or None,
            "industry": self.industry or None,
            "size": self.size or None,
            "status": self.status or None,
            "facts": self.facts,
        }


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a list, before it was looked up."""

    row: int
    text: str


def check_audience(actor: Actor, audience: Audience) -> int:
    """How many enterprises it takes in. Raises InvalidCampaign, and what the register raises."""
    if audience.region and find_region(audience.region) is None:
        raise InvalidCampaign(
            f"no region {audience.region}", message_zh=f"没有区划“{audience.region}”", field="region"
        )
    return count_parties(actor=actor, also=SEND, **audience.filters())


def next_parties(actor: Actor, campaign: Campaign, after_id: int, limit: int) -> list[tuple[int, str]]:
    """The next enterprises of a campaign's audience, as number and region."""
    if "unread_of" in campaign.audience:
        return _unread(actor, int(campaign.audience["unread_of"]), after_id, limit)
    found = parties_after(
        actor=actor,
        after_id=after_id,
        limit=limit,
        also=SEND,
        **Audience.from_dict(campaign.audience).filters(),
    )
    return [(each.id, each.region_code or "") for each in found]


def look_up(actor: Actor, rows: list[ListRow]) -> list[CampaignRecipient]:
    """The rows of a list as recipients: each an enterprise of the actor's scope, or the reason why it is none."""
    codes = [row.text.strip().upper() for row in rows]
    parties: dict[str, PartySummary] = {}
    valid = [code for code in dict.fromkeys(codes) if is_valid_credit_code(code)]
    for start in range(0, len(valid), 5_000):
        parties |= parties_by_code(actor=actor, codes=valid[start : start + 5_000], also=SEND)
    seen: set[int] = set()
    recipients = []
    for row, code in zip(rows, codes, strict=True):
        party = parties.get(code)
        problem = ""
        if not is_valid_credit_code(code):
            problem = "invalid"
        elif party is None:
            problem = "unknown"
        elif party.id in seen:
            problem = "duplicate"
        else:
            seen.add(party.id)
        recipients.append(
            CampaignRecipient(
                party_id=None if problem or party is None else party.id,
                region_code="" if problem or party is None else party.region_code or "",
                state=CampaignRecipient.REJECTED if problem else CampaignRecipient.WAITING,
                row=row.row,
                text=row.text[:60],
                problem=problem,
            )
        )
    return recipients


def rows_of_text(text: str) -> list[ListRow]:
    """One code a line; empty lines are passed over. Raises InvalidList."""
    rows = [
        ListRow(number, line.strip().strip(",;，；"))
        for number, line in enumerate(text.replace("\0", "").splitlines(), 1)
        if line.strip()
    ]
    return _not_too_many(rows)


def rows_of_file(file: BinaryIO, name: str) -> list[ListRow]:
    """The codes of a CSV file or workbook, with the rows where they stand. Raises InvalidList."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list{Path(name).suffix.lower()}"
        path.write_bytes(file.read())
        try:
            subjects = _open(path)
            good = [
                str(code)
                for batch in subjects.batches(columns=())
                for code in batch.column(subjects.id_column).to_pylist()
            ]
            # The header is row 1. What was rejected has its number; the others are what stands between.
            refused = {each.row: str(each.subject or "") for each in subjects.rejects.kept}
            total = subjects.rows_read
        except DomainError as error:
            raise InvalidList(error.message, message_zh=error.message_zh, field="file") from error
    codes = iter(good)
    rows = []
    for number in range(1, total + 1):
        rows.append(ListRow(number + 1, refused[number] if number in refused else next(codes, "")))
    return _not_too_many(rows)


def _open(path: Path) -> SubjectsFile:
    """By the first column we know for one of credit codes."""
    try:
        return open_subjects(path)
    except SubjectsError as error:
        for column in CODE_COLUMNS:
            if column in error.details.get("suggestions", ()):
                return open_subjects(path, id_column=column)
        raise


def _not_too_many(rows: list[ListRow]) -> list[ListRow]:
    if not rows:
        raise InvalidList("the list is empty", message_zh="名单是空的", field="codes")
    if len(rows) > MOST_ROWS:
        raise InvalidList(
            f"the list has {len(rows)} rows; at most {MOST_ROWS}",
            message_zh=f"名单有{len(rows)}行，最多{MOST_ROWS}行",
            field="codes",
        )
    return rows


def _unread(actor: Actor, campaign_id: int, after_id: int, limit: int) -> list[tuple[int, str]]:
    rows = unread_recipients(actor, campaign_id).filter(party_id__gt=after_id).order_by("party_id")
    return [(int(party), region) for party, region in rows.values_list("party_id", "region_code")[:limit]]


def in_reach(actor: Actor, rows: QuerySet[CampaignRecipient]) -> QuerySet[CampaignRecipient]:
    """Those whose enterprise the actor may see and send to today, whoever sent to it before. Raises NotAllowed."""
    for permission in ("parties.view", SEND):
        rows = actor.require(permission).filter(rows, region="party__region__path", party="party")
    return rows


def unread_recipients(actor: Actor, campaign_id: int) -> QuerySet[CampaignRecipient]:
    """The enterprises in the actor's reach that got a mass message of which nobody there has read it."""
    read = Message.objects.filter(
        campaign_id=campaign_id, party=OuterRef("party"), delivery__state=Delivery.READ
    )
    return in_reach(
        actor,
        CampaignRecipient.objects.filter(
            ~Exists(read), campaign_id=campaign_id, state=CampaignRecipient.WRITTEN, party__isnull=False
        ),
    )
