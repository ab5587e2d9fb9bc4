"""An enterprise says that it was not paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from yingshang.areas.appeals.api import Link, submit_appeal
from yingshang.areas.contracts import api as contracts
from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import code_of_path

from .errors import NotOwed
from .following import APPEAL, LABEL
from .kinds import CONTRACT, OBLIGATION
from .wording import wording, words_of

_SPACE = 0x61727265
"""Keeps these locks apart from others of the platform ("arre")."""


@dataclass(frozen=True, slots=True)
class Reported:
    """The appeal it became. `again`: one about the same obligation was open already, and stays the only one."""

    appeal_id: int
    number: str
    again: bool = False


@transaction.atomic
def report_not_paid(*, actor: Actor, obligation_id: int, note: str = "", now: datetime) -> Reported:
    """Say that what a unit owes was not received: an appeal to where the unit is, tied to the obligation, and the
    enterprise's word beside the unit's. Until it has ended nobody strikes the obligation off.

    Needs `contracts.state_own` and `appeals.file_own`. Raises NotAllowed, ObligationNotFound, NotOwed, InvalidText,
    NobodyToAsk.
    """
    actor.require("contracts.state_own")
    today = timezone.localdate(now)
    _one_at_a_time(obligation_id)
    one = contracts.my_obligation(actor=actor, obligation_id=obligation_id, today=today)
    open_one = next((each for each in one.obligation.blocks if each.kind == APPEAL), None)
    if open_one is not None:
        return Reported(int(open_one.reference), open_one.label.removeprefix(LABEL), again=True)
    ensure_owed(one)
    _ensure_bearable(note)
    words = words_of(one, note)
    # The appeal first, then its contract: who says something about it otherwise takes them in this order, too.
    done = submit_appeal(
        actor=actor,
        title=words.title,
        body=words.body,
        region_code=code_of_path(one.region_path),
        party_id=one.contract.party_id,
        links=[Link(OBLIGATION, str(obligation_id)), Link(CONTRACT, str(one.contract.id))],
        now=now,
    )
    if not done.again:
        contracts.record_own(
            actor=actor,
            obligation_id=obligation_id,
            what="not_received",
            happened_on=today,
            note=f"诉求 {done.number}",
            now=now,
        )
    return Reported(done.id, done.number, again=done.again)


def ensure_owed(one: contracts.OwnOne) -> None:
    """That money is waited for in vain: it is late, or said to be paid. Raises NotOwed."""
    if "not_paid" in one.obligation.may or (one.obligation.blocks and "not_received" in one.obligation.may):
        return
    due = one.obligation.due_on
    raise NotOwed(
        f"{one.obligation.title}: nothing is late and the unit does not say it paid; "
        + (
            f"it is due on {due}, wait until then"
            if due
            else "it waits for its event, ask the unit when that was"
        ),
        message_zh=f"“{one.obligation.title}”"
        + (
            f"于{due:%Y-%m-%d}到期，到期后仍未收到的可以反映"
            if due
            else "的付款条件尚未成就，请先与付款单位核对"
        ),
        field="obligation",
        value=one.obligation.id,
    )


def _one_at_a_time(obligation_id: int) -> None:
    """Who says it twice at once says it once; before any other lock, and held by nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [(_SPACE << 32) ^ obligation_id])


def _ensure_bearable(note: str) -> None:
    longest = wording()["longest_note"]
    if len(note.strip()) > longest:
        raise NotOwed(
            f"the note has {len(note):,} characters; write at most {longest}, the rest can be added to the appeal",
            message_zh=f"补充说明共 {len(note):,} 字，最多 {longest} 字，其余内容可在诉求中补充",
            field="note",
        )
