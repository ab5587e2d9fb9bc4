"""What has been said of obligations is worked out and kept: sums, states, days of those that follow, figures, clocks.

Nothing here records an event: what calls it is an action that has one, and holds the contract locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from ..errors import InvalidTerms
from ..figures.cells import recount, recount_contracts
from ..ladder.clocks import follow
from ..lifecycle import CONTRACT, OBLIGATION
from ..models import Contract, Obligation, Performance, Supplement
from ..obligations.planning import calendar_of, link_events, put_due, read_rule
from ..obligations.terms import Terms, read_terms
from ..own.block import ensure_unblocked
from .coming_to import ENDED, Entry, Outcome, entry_of, move, put

KEPT = (
    "title",
    "terms",
    "event",
    "event_on",
    "after",
    "derivation",
    "due_on",
    "law_due_on",
    "law",
    "amount_fen",
    "done_fen",
    "open_fen",
    "unit_said_fen",
    "counterparty_said_fen",
    "daily_rate",
    "rate_source",
    "accrued_fen",
    "accrued_until",
    "state",
    "state_before",
    "disagreed",
    "disputed",
    "performed_on",
    "confirmed_at",
    "confirmed_by",
    "budget_reserved",
    "supplement",
    "ended_at",
)
"""What is written here of an obligation; clocks and figures write their own columns."""


def apply(obligations: Obligation | Iterable[Obligation], *, now: datetime) -> list[Obligation]:
    """Work out some obligations of one contract, and those that follow them; all that was written. The contract
    (`obligation.contract`) is locked. Raises NotPossibleNow.
    """
    first = [obligations] if isinstance(obligations, Obligation) else list(obligations)
    if not first:
        return []
    contract = first[0].contract
    waiting, touched = list(first), {each.pk: each for each in first}
    while waiting:
        row = waiting.pop(0)
        row.contract = contract
        put(row, entries_of(row), now=now)
        row.save(update_fields=KEPT)
        followers = (
            Obligation.objects.select_for_update(of=("self",)).filter(after=row).exclude(state__in=ENDED)
        )
        for follower in followers.order_by("pk"):
            follower = touched.get(follower.pk, follower)
            follower.contract = contract
            if _follow(follower, row):
                touched[follower.pk] = follower
                waiting.append(follower)
    _reopen(contract, now=now)
    tell_figures_and_clocks(list(touched.values()), contract, now=now)
    return list(touched.values())


def begin(row: Obligation, event_on: date | None) -> None:
    """The event of an obligation happened on a day, or has not: its day and state, on the row."""
    row.event_on = event_on
    rederive(row, read_terms(row.terms))


def rederive(row: Obligation, terms: Terms) -> None:
    """Day, law and rate by its terms, and whether it waits, on the row."""
    put_due(row, terms, row.contract, calendar_of(row.contract.region_path))
    if row.state == "waiting" and row.due_on is not None:
        row.state_before, row.state = row.state, OBLIGATION.after(row.state, "begun")
    elif row.state == "running" and row.due_on is None:
        row.state_before, row.state = row.state, OBLIGATION.after(row.state, "unbegun")


def change(
    row: Obligation, changes: Mapping[str, Any], *, supplement: Supplement | None = None, now: datetime
) -> list[Obligation]:
    """Change what was agreed: of title, amount_fen, terms, budget_reserved what is named. Raises NotPossibleNow,
    InvalidTerms.
    """
    OBLIGATION.after(row.state, "changed")
    written = {
        "side": row.side,
        "kind": row.kind,
        "title": row.title,
        "amount_fen": row.amount_fen,
        "budget_reserved": row.budget_reserved,
        "terms": {key: value for key, value in row.terms.items() if key != "share"},
        **changes,
    }
    rule = read_rule(written, contract=row.contract)
    if rule.terms.form == "every" or rule.terms.share is not None:
        raise InvalidTerms(
            "a single obligation is changed to a day or an event and an amount; write further ones for the rest",
            message_zh="变更单项义务请填写日期或者事件，以及金额；周期履行的请另行新增",
            field="terms",
        )
    row.title, row.amount_fen, row.budget_reserved = rule.title, rule.amount_fen, rule.budget_reserved
    if row.amount_fen is not None and row.amount_fen < row.done_fen:
        raise InvalidTerms(
            f"{row.done_fen / 100:,.2f} yuan of it have been performed; it cannot become less",
            message_zh=f"已履行 {row.done_fen / 100:,.2f} 元，变更后的金额不能低于它",
            field="amount_fen",
        )
    if rule.terms.as_dict() != row.terms:
        event_before = (row.event, row.terms.get("of"))
        row.terms, row.event = rule.terms.as_dict(), rule.terms.event
        if (row.event, row.terms.get("of")) != event_before:
            row.event_on, row.after = rule.event_on, None
            link_events([row], contract=row.contract)
    if supplement is not None:
        row.supplement = supplement
    rederive(row, rule.terms)
    return apply(row, now=now)


def end(
    row: Obligation,
    *,
    released: bool = False,
    supplement: Supplement | None = None,
    now: datetime,
) -> list[Obligation]:
    """An obligation is dropped, or released by who is owed; those that followed it wait for an event that somebody
    tells. Not while the other side's appeal says that it was not done. Raises NotPossibleNow, Blocked.
    """
    event = "released" if released else "dropped"
    before, row.state = row.state, OBLIGATION.after(row.state, event)
    ensure_unblocked(row)
    row.state_before, row.ended_at = before, now
    if supplement is not None:
        row.supplement = supplement
    row.save(update_fields=KEPT)
    tell_figures_and_clocks([row], row.contract, now=now)
    return [row]


def end_all(contract: Contract, *, now: datetime) -> list[Obligation]:
    """All open obligations of a contract are dropped: it was registered in error. The contract is locked."""
    rows = list(contract.obligations.select_for_update(of=("self",)).filter(state__in=OBLIGATION.open_states))
    for row in rows:
        row.contract = contract
        row.state_before, row.state, row.ended_at = row.state, OBLIGATION.after(row.state, "dropped"), now
        row.save(update_fields=KEPT)
    tell_figures_and_clocks(rows, contract, now=now)
    return rows


def entries_of(row: Obligation) -> list[Entry]:
    """What has been said of it and stands, in the order of saying."""
    said = Performance.objects.filter(obligation=row, state="valid").order_by("pk")
    return [entry_of(each, each.pk) for each in said]


def confirm_by_supervisor(row: Obligation, *, on: date, now: datetime) -> Outcome:
    """A supervisor has held an obligation to be performed on a day, whatever is said: onto the row, to be applied."""
    row.confirmed_by, row.confirmed_at = "supervisor", now
    row.performed_on = row.performed_on or on
    return put(row, entries_of(row), now=now)


def tell_figures_and_clocks(rows: Sequence[Obligation], contract: Contract, *, now: datetime) -> None:
    """Sums and clocks go with what was changed."""
    recount(rows)
    recount_contracts([contract])
    follow(rows, now=now)


def _follow(follower: Obligation, row: Obligation) -> bool:
    """Whether the day of what follows moves because of what was done, or undone."""
    on = row.performed_on if row.state == "performed" else None
    if follower.event_on == on:
        return False
    if on is None and follower.state not in ("waiting", "running"):
        # Part of it is done: it has begun, and cannot wait again.
        return False
    begin(follower, on)
    return True


def _reopen(contract: Contract, *, now: datetime) -> None:
    """A contract that was completed is in force again where something of it turns out to be open."""
    if contract.state != "completed":
        return
    if contract.obligations.filter(state__in=OBLIGATION.open_states).exists():
        contract.state_before = contract.state
        contract.state, contract.ended_at = CONTRACT.after(contract.state, "reopened"), None
        contract.save(update_fields=["state", "state_before", "ended_at"])


__all__ = [
    "apply",
    "begin",
    "change",
    "confirm_by_supervisor",
    "end",
    "end_all",
    "entries_of",
    "move",
    "rederive",
    "tell_figures_and_clocks",
]
