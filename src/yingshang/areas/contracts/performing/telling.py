"""Each side is told what the other says."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from yingshang.kernel.access.api import Actor, officials_who_may, system_actor
from yingshang.kernel.notices.api import Recipient, send_where_possible

from ..ladder._steps import told
from ..models import Correction, Obligation, Performance
from ..reach import HEAD, REGISTER, REVIEW
from ..registering.actions._steps import of_unit, shown_title
from .coming_to import UNIT

PLATFORM = system_actor("contracts")
_TEMPLATES = {
    "done": "said_done",
    "partial": "said_part",
    "not_received": "said_not_received",
    "disputed": "said_disputed",
    "settled": "said_settled",
}


def tell_other_side(
    row: Obligation, entry: Performance, *, actor: Actor, withdrawn: bool = False, now: datetime
) -> None:
    """The other side has said something: the enterprise, or who registers in the unit. That nobody can be reached stops
    no action.
    """
    if entry.side == UNIT:
        to = [] if row.party_id is None else [Recipient(party_id=row.party_id)]
        link = f"/contracts/{row.contract_id}/"
    else:
        people = officials_who_may(REGISTER, agency_id=row.agency_id, today=timezone.localdate(now))
        to, link = [Recipient(user_id=each) for each in people], f"/desk/contracts/{row.contract_id}/"
    if not to:
        return
    amount = "" if entry.amount_fen is None else f"{entry.amount_fen / 100:,.2f}"
    send_where_possible(
        actor=PLATFORM,
        to=to,
        template=f"contracts.{'said_withdrawn' if withdrawn else _TEMPLATES[entry.what]}",
        context={
            "number": row.contract.number,
            # Outside its page what is not open is told by its number.
            "title": shown_title(row.contract),
            "obligation": told(row)["title"],
            "side": row.contract.agency.name if entry.side == UNIT else row.contract.counterparty_name,
            "day": entry.happened_on,
            "amount": amount,
            "note": entry.note,
        },
        link=link,
        now=now,
    )


def tell_corrected(
    row: Obligation, correction: Correction, *, before: tuple[str, str], after: tuple[str, str]
) -> None:
    """Both sides are told that a supervisor has corrected what an obligation is counted from, and why."""
    contract, now = row.contract, correction.made_at
    people = [user for each in (REGISTER, REVIEW, HEAD) for user in of_unit(contract, each, now=now)]
    unit = [Recipient(user_id=each) for each in dict.fromkeys(people)]
    other = [] if row.party_id is None else [Recipient(party_id=row.party_id)]
    for to, place, title in (
        (unit, "/desk/contracts", told(row)["title"]),
        # It is its own contract.
        (other, "/contracts", row.title),
    ):
        if not to:
            continue
        send_where_possible(
            actor=PLATFORM,
            to=to,
            template="contracts.obligation_corrected",
            context={
                "number": contract.number,
                "obligation": title,
                "by": correction.agency_name,
                "before": before[0],
                "before_en": before[1],
                "after": after[0],
                "after_en": after[1],
                "due_before": _day(correction.before["due_on"]),
                "due_after": _day(correction.after["due_on"]),
                "reason": correction.reason,
            },
            link=f"{place}/{contract.pk}/#obligation-{row.pk}",
            now=now,
        )


def _day(written: str | None) -> date | str:
    return "" if written is None else date.fromisoformat(written)
