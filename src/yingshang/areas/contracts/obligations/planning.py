"""From rules to obligations: those of a contract are written out, with their days, amounts and rates.

Nothing here records an event: what calls it is an action that has one. Imports write thousands of contracts at once by
the same code (`plan_many`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.clock.api import Calendar, calendar_of_region
from yingshang.kernel.reference.api import code_of_path

from ..copying import Blank, copy_new
from ..errors import InvalidTerms
from ..models import Contract, Obligation, Performance, Supplement
from ..models.obligations import SIDES
from ..numbering import take_ids
from ..performing.coming_to import DONE, PARTIAL, Entry, entry_of, interest_within, put
from ..performing.coming_to import facts_of as standing_facts
from ..registering.rules import contract_rules
from .law import Applies, ContractFacts, applies, rate_of
from .rules import obligation_rules
from .terms import (
    OBLIGATION,
    Due,
    Terms,
    derive,
    even_parts,
    occurrences,
    read_terms,
    single,
    split_price,
)

SIGNED = "signed"
"""The event whose day every contract has."""
BATCH = 2000
_NOT_PRICE = Applies(False, "not_price")
_DAY_FIELDS = ("signed_on", "starts_on", "ends_on")


@dataclass(frozen=True, slots=True)
class Said:
    """Something that had been performed before the contract was written down here."""

    happened_on: date
    amount_fen: int | None = None
    side: str = "unit"
    what: str = "partial"
    note: str = ""


@dataclass(frozen=True, slots=True)
class ObligationRule:
    """One rule to be written out: who owes what, by which terms. `event_on` is the day of its event where known.

    `read_rule` makes it of what somebody wrote, and refuses what may not stand. One that is built by hand is taken at
    its word, by `read_rule` and by everything that writes it out: what comes from outside goes through `read_rule` as
    a mapping first.
    """

    side: str
    kind: str
    title: str
    terms: Terms
    amount_fen: int | None = None
    budget_reserved: bool | None = None
    event_on: date | None = None
    said: tuple[Said, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """What `read_rule` reads."""
        written: dict[str, Any] = {
            "side": self.side,
            "kind": self.kind,
            "title": self.title,
            "terms": self.terms.as_dict(),
        }
        if self.amount_fen is not None:
            written["amount_fen"] = self.amount_fen
        if self.budget_reserved is not None:
            written["budget_reserved"] = self.budget_reserved
        if self.event_on is not None:
            written["event_on"] = self.event_on.isoformat()
        return written


Written = Mapping[str, Any] | ObligationRule


def read_rule(written: Written, *, contract: Contract | None = None) -> ObligationRule:
    """A rule as a form, a template or a table writes it: {"side", "kind", "title", "terms", "amount_fen" or "share",
    "rate", "order", "budget_reserved", "event_on"}; `share`, `rate` and `order` may stand among the terms too. A day
    may be named by a field of the contract (starts_on, ends_on). An `ObligationRule` is given back as it is.

    Raises InvalidTerms, whose `field` names what.
    """
    if isinstance(written, ObligationRule):
        # It was read before.
        return written
    terms = dict(_named_days(written.get("terms"), contract))
    terms |= {key: written[key] for key in ("share", "rate", "order") if written.get(key)}
    rule = ObligationRule(
        side=str(written.get("side") or ""),
        kind=str(written.get("kind") or ""),
        title=str(written.get("title") or "").strip(),
        terms=read_terms(terms, events=_events()),
        amount_fen=_amount(written.get("amount_fen")),
        budget_reserved=written.get("budget_reserved"),
        event_on=_day(written.get("event_on")),
    )
    return _checked(rule)


def check_rules(rules: Iterable[Written], *, contract: Contract) -> list[tuple[int, InvalidTerms]]:
    """What is wrong with some rules, each with its place in them; nothing where all can be written out."""
    read: list[ObligationRule] = []
    found: list[tuple[int, InvalidTerms]] = []
    for place, each in enumerate(rules):
        try:
            read.append(read_rule(each, contract=contract))
        except InvalidTerms as error:
            found.append((place, error))
    if not found:
        try:
            _amounts(read, contract)
            for each in read:
                if each.terms.form == "every":
                    occurrences(each.terms)
        except InvalidTerms as error:
            found.append((0, error))
    return found


def propose_for(kind: str, contract: Contract) -> list[dict[str, Any]]:
    """What a class of contracts usually obliges to (`data/kinds.yaml`), as rules to be changed and taken. A day that
    the contract does not have is left empty; shares are left out where there is no price.
    """
    known = contract_rules().kinds.get(kind)
    proposed = []
    for written in known.obligations if known else ():
        rule = dict(written)
        rule["terms"] = dict(_named_days(rule["terms"], contract))
        if contract.amount_fen is None:
            rule.pop("share", None)
        proposed.append(rule)
    return proposed


def plan(
    contract: Contract,
    rules: Sequence[Written],
    *,
    actor: Actor,
    now: datetime,
    supplement: Supplement | None = None,
) -> list[Obligation]:
    """Write out rules as obligations of a contract, after those it has. The contract is locked and saved.

    Raises InvalidTerms.
    """
    from ..figures.cells import recount_contracts

    made = _Planner(now).write(contract, rules, list(contract.obligations.order_by("ordinal")), supplement)
    _create([made], actor=actor, now=now)
    recount_contracts([contract])
    return made.obligations


def replan(contract: Contract, rules: Sequence[Written], *, actor: Actor, now: datetime) -> list[Obligation]:
    """The same in the place of all obligations of a draft: nobody has relied on them. Raises InvalidTerms where
    something was performed already.
    """
    if Performance.objects.filter(obligation__contract=contract).exists():
        raise InvalidTerms(
            "something of this contract was performed already; change single obligations instead",
            message_zh="该合同已有履约记录，不能整体重排，请逐项变更",
            field="obligations",
        )
    contract.obligations.update(after=None)
    contract.obligations.all().delete()
    return plan(contract, rules, actor=actor, now=now)


def plan_many(
    planned: Sequence[tuple[Contract, Sequence[Written]]], *, actor: Actor, now: datetime
) -> list[Obligation]:
    """The obligations of many new contracts, in few statements; their figures are the caller's
    (`figures.cells.count_new`). Contracts that have their numbers but are not saved yet (they have to be before the
    transaction ends) get what they repeat of their obligations as well, so that they are written once.

    Raises InvalidTerms: who imports asks `check_rules` of each contract first.
    """
    planner = _Planner(now)
    made = [planner.write(contract, rules, [], None) for contract, rules in planned]
    _create(made, actor=actor, now=now)
    return [each for one in made for each in one.obligations]


@dataclass(slots=True)
class Made:
    """Obligations of a contract before they are saved, with what had been said of them."""

    contract: Contract
    obligations: list[Obligation]
    said: list[tuple[Obligation, Said]]


class _Planner:
    """Writes out rules; calendars are looked up once a region."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._calendars: dict[str, Calendar] = {}
        self._blank = Blank(Obligation)

    def write(
        self,
        contract: Contract,
        rules: Sequence[Written],
        there: Sequence[Obligation],
        supplement: Supplement | None,
    ) -> Made:
        read = [read_rule(each, contract=contract) for each in rules]
        most = contract_rules().most_obligations
        if len(read) + len(there) > most:
            raise InvalidTerms(
                f"a contract has {most} rules of obligations at most",
                message_zh=f"一份合同最多 {most} 条义务",
                field="obligations",
            )
        first = max((each.ordinal for each in there), default=0)
        rows: list[Obligation] = []
        terms: list[Terms] = []
        said: list[tuple[Obligation, Said]] = []
        # Of each rule the last obligation it was written out as: what follows it refers to that.
        by_number: dict[int, Obligation] = {each.ordinal: each for each in there}
        numbers: list[list[Obligation]] = []
        for rule, amount in zip(read, _amounts(read, contract), strict=True):
            single_ones = _singles(rule, amount)
            made = []
            for one, fen, title in single_ones:
                row = self._row(contract, rule, one, fen, title, first + len(rows) + 1)
                if supplement is not None:
                    row.supplement = supplement
                rows.append(row)
                terms.append(one)
                made.append(row)
            numbers.append(made)
            said += [(made[-1], each) for each in rule.said if made]
        for place, made in enumerate(numbers, first + 1):
            if made:
                by_number[place] = made[-1]
        _link(rows, there, by_number)
        known = _known_events(contract, there)
        for row, written in zip(rows, terms, strict=True):
            if row.event_on is None:
                row.event_on = row.after.performed_on if row.after is not None else known.get(row.event)
            self.derive(row, written, contract)
        return Made(contract, rows, said)

    def _row(
        self,
        contract: Contract,
        rule: ObligationRule,
        terms: Terms,
        fen: int | None,
        title: str,
        ordinal: int,
    ) -> Obligation:
        row = self._blank.row(
            agency_id=contract.agency_id,
            party_id=contract.party_id,
            region_path=contract.region_path,
            ordinal=ordinal,
            side=rule.side,
            kind=rule.kind,
            title=title[:200],
            terms=terms.as_dict(),
            event=terms.event,
            event_on=rule.event_on,
            amount_fen=fen,
            done_fen=0,
            open_fen=fen or 0,
            budget_reserved=rule.budget_reserved,
            demonstration=contract.demonstration,
        )
        row.contract = contract
        return row

    def derive(self, row: Obligation, terms: Terms, contract: Contract) -> None:
        """Its day, law and rate, and the state that follows, onto a row that nothing was performed of."""
        put_due(row, terms, contract, self._calendar(contract.region_path))
        row.state = "waiting" if row.due_on is None else "running"

    def _calendar(self, path: str) -> Calendar:
        if path not in self._calendars:
            self._calendars[path] = calendar_of(path)
        return self._calendars[path]


def link_events(rows: Sequence[Obligation], *, contract: Contract) -> None:
    """Of obligations whose terms were changed: the ones whose being done is their event, and its day where known."""
    there = list(contract.obligations.exclude(pk__in=[each.pk for each in rows]).order_by("ordinal"))
    _link(rows, there, {each.ordinal: each for each in there})
    known = _known_events(contract, there)
    for row in rows:
        if row.event_on is None:
            row.event_on = row.after.performed_on if row.after is not None else known.get(row.event)


def put_due(row: Obligation, terms: Terms, contract: Contract, calendar: Calendar) -> Due:
    """The day, the law and the rate of an obligation by its terms and its event, onto the row; not its state."""
    standing, rate = _NOT_PRICE, None
    if row.kind in _money_kinds():
        facts = facts_of(row, contract)
        standing = applies(facts)
        rate = rate_of(facts, agreed=terms.daily_rate, standing=standing)
    law = standing.law if standing.yes else None
    due = derive(terms, event_on=row.event_on, calendar=calendar, law=law, names=event_names())
    row.due_on, row.law_due_on, row.law = due.due_on, due.law_due_on, due.law
    row.derivation = due.derivation | ({"law_unknown": standing.why} if standing.yes is None else {})
    if due.agreed_on is not None and due.agreed_on != due.due_on:
        row.derivation["agreed_on"] = due.agreed_on.isoformat()
    if rate is not None:
        row.daily_rate, row.rate_source = rate.daily, rate.code
        if not rate.confirmed:
            row.derivation["rate_unconfirmed"] = True
    return due


def facts_of(row: Obligation, contract: Contract) -> ContractFacts:
    """What of an obligation and its contract decides on the law."""
    return ContractFacts(
        signed_on=contract.signed_on,
        counterparty_kind=contract.counterparty_kind,
        counterparty_size=contract.counterparty_size,
        contract_kind=contract.kind,
        side=row.side,
        obligation_kind=row.kind,
    )


def calendar_of(region_path: str) -> Calendar:
    """The calendar by which the units of a region work."""
    return calendar_of_region(code_of_path(region_path))


@cache
def event_names() -> Mapping[str, tuple[str, str]]:
    """The names of events in both languages."""
    return {code: (each.name, each.name_en) for code, each in contract_rules().events.items()}


@cache
def _money_kinds() -> frozenset[str]:
    return frozenset(code for code, each in contract_rules().obligation_kinds.items() if each.money)


def _events() -> Collection[str]:
    return contract_rules().events.keys()


def _known_events(contract: Contract, there: Sequence[Obligation]) -> dict[str, date]:
    """Events of a contract whose day is known: the signing, and what others of its obligations have been told of."""
    known = {
        each.event: each.event_on for each in there if each.event and each.event_on and not each.after_id
    }
    return {**known, SIGNED: contract.signed_on}


def _link(
    rows: Sequence[Obligation], there: Sequence[Obligation], by_number: Mapping[int, Obligation]
) -> None:
    """The obligations whose being done is the event of others."""
    everything = [*there, *rows]
    for row in rows:
        if row.event == OBLIGATION:
            before = by_number.get(int(row.terms["of"]))
            if before is None or before is row:
                raise InvalidTerms(
                    f"there is no obligation {row.terms['of']} before this one",
                    message_zh=f"没有序号为 {row.terms['of']} 的义务，请重新选择",
                    field="of",
                )
            row.after = before
            row.terms = {**row.terms, "of": before.ordinal}
        elif row.event and row.event_on is None:
            row.after = _done_by(row, everything)
    _ensure_no_circle(rows)


def _done_by(row: Obligation, everything: Sequence[Obligation]) -> Obligation | None:
    """The one obligation of the contract whose being done is this one's event; None where there are several."""
    known = contract_rules().events.get(row.event)
    if known is None or not known.done_by:
        return None
    found = [
        each
        for each in everything
        if each is not row
        and each.state not in ("dropped", "released")
        and (each.side, each.kind) == (known.done_by["side"], known.done_by["kind"])
    ]
    return found[0] if len(found) == 1 else None


def _ensure_no_circle(rows: Sequence[Obligation]) -> None:
    for row in rows:
        seen, at = 0, row.after
        while at is not None:
            seen += 1
            # What was read from the database is another instance of the same row.
            if at is row or (at.pk is not None and at.pk == row.pk) or seen > len(rows) + 1000:
                raise InvalidTerms(
                    f"obligation {row.ordinal} would wait for itself",
                    message_zh=f"第 {row.ordinal} 项义务会等待它自己，请更正先后顺序",
                    field="of",
                )
            at = at.after


def _singles(rule: ObligationRule, amount: int | None) -> list[tuple[Terms, int | None, str]]:
    """What a rule is written out as: terms, amount and title of each."""
    if rule.terms.form != "every":
        return [(rule.terms, amount, rule.title)]
    days = occurrences(rule.terms)
    if rule.terms.share is None or amount is None:
        parts: list[int | None] = [amount] * len(days)
    else:
        parts = list(even_parts(amount, len(days)))
    return [
        (single(rule.terms, day), fen, f"{rule.title}（第{number}期，共{len(days)}期）")
        for number, (day, fen) in enumerate(zip(days, parts, strict=True), 1)
    ]


def _amounts(rules: Sequence[ObligationRule], contract: Contract) -> list[int | None]:
    """The amount of each rule; of shares all together come to what they are of the price, to the fen."""
    found: list[int | None] = [each.amount_fen for each in rules]
    for side in SIDES:
        places = [
            place for place, each in enumerate(rules) if each.side == side and each.terms.share is not None
        ]
        if not places:
            continue
        if contract.amount_fen is None:
            raise InvalidTerms(
                "a share of a price needs a price; write amounts instead",
                message_zh="合同没有约定价款，不能按比例填写，请填写金额",
                field="share",
            )
        shares = [rules[place].terms.share or Decimal(0) for place in places]
        if sum(shares) > 1:
            raise InvalidTerms(
                f"the shares come to {sum(shares)}; they are 1 at most",
                message_zh=f"各项比例合计为 {sum(shares)}，不能超过 1",
                field="share",
            )
        for place, fen in zip(places, split_price(contract.amount_fen, shares), strict=True):
            found[place] = fen
    return found


def _checked(rule: ObligationRule) -> ObligationRule:
    rules, known = obligation_rules(), contract_rules()
    if rule.side not in SIDES:
        raise InvalidTerms(
            "say which side owes it: unit or counterparty", message_zh="请选择义务方", field="side"
        )
    kind = known.obligation_kinds.get(rule.kind)
    if kind is None:
        raise InvalidTerms(
            f"there is no kind of obligation {rule.kind!r}", message_zh="请选择义务类型", field="kind"
        )
    title = rule.title or kind.name
    if len(title) > rules.most_title:
        raise InvalidTerms(
            f"write at most {rules.most_title} characters",
            message_zh=f"内容最多 {rules.most_title} 字",
            field="title",
        )
    if not kind.money and (rule.amount_fen is not None or rule.terms.share is not None):
        raise InvalidTerms(
            f"{kind.name_en} has no amount; leave it out, or choose a payment",
            message_zh=f"“{kind.name}”没有金额，请删去金额，或者改为付款义务",
            field="amount",
        )
    if rule.amount_fen is not None and rule.terms.share is not None:
        raise InvalidTerms(
            "write an amount or a share of the price, not both",
            message_zh="金额和比例只填一项",
            field="amount",
        )
    if rule.amount_fen is not None and not 0 < rule.amount_fen <= known.largest_amount_fen:
        raise InvalidTerms(
            f"an amount is more than 0 and {known.largest_amount_fen / 100:,.2f} yuan at most",
            message_zh=f"金额应大于 0 且不超过 {known.largest_amount_fen / 100:,.2f} 元",
            field="amount",
        )
    return rule if title == rule.title else replace(rule, title=title)


def _named_days(terms: Any, contract: Contract | None) -> Mapping[str, Any]:
    """Terms with the days that fields of the contract name in their place."""
    if not isinstance(terms, Mapping):
        raise InvalidTerms("write by when", message_zh="请填写履行时间的约定", field="terms")
    found = {}
    for key, value in terms.items():
        if value in _DAY_FIELDS:
            day = getattr(contract, str(value)) if contract is not None else None
            value = day.isoformat() if day else ""
        # YAML 1.1 reads a bare `on` as true.
        found["on" if key is True else key] = value
    return found


def _amount(value: Any) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidTerms(
            "an amount is a whole number of fen", message_zh="金额应以分为单位的整数", field="amount"
        )
    return value


def _day(value: Any) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InvalidTerms(
            f"{value!r} is no day; write it like 2026-05-01",
            message_zh=f"“{value}”不是日期，请写成 2026-05-01 这样",
            field="event_on",
        ) from None


def _create(made: Sequence[Made], *, actor: Actor, now: datetime) -> None:
    rows = [each for one in made for each in one.obligations]
    if not rows:
        return
    # Those that follow others are written with them in one statement.
    for row, number in zip(rows, take_ids(Obligation, len(rows)), strict=True):
        row.pk = number
    for row in rows:
        # Their numbers are known only now.
        if row.after is not None:
            row.after = row.after
    said = _performances(made, actor=actor, now=now)
    planner = _Planner(now)
    today = timezone.localdate(now)
    for one in made:
        if one.said:
            _settle(one, said, planner, now=now)
        _stay_owed(one, today=today)
    copy_new(_counted(made))
    Performance.objects.bulk_create([each for some in said.values() for each in some], batch_size=BATCH)


def _settle(
    one: Made, said: Mapping[int, Sequence[Performance]], planner: _Planner, *, now: datetime
) -> None:
    """What had been performed before, onto the rows; then the days of those that follow."""
    for row in one.obligations:
        if row.pk in said:
            _put_said(row, said[row.pk], now=now)
    for row in one.obligations:
        if row.event_on is None and row.after is not None and row.after.performed_on is not None:
            row.event_on = row.after.performed_on
            planner.derive(row, read_terms(row.terms), one.contract)
            if row.pk in said:
                _put_said(row, said[row.pk], now=now)


def _put_said(row: Obligation, said: Sequence[Performance], *, now: datetime) -> None:
    """What was said of a row, onto it. A late payment is divided as one of a form is: what a table or a system sends
    closes no debt whose interest it leaves open.
    """
    facts, order = standing_facts(row), str(row.terms.get("order") or obligation_rules().order)
    before: list[Entry] = []
    for place, each in sorted(enumerate(said), key=lambda pair: (pair[1].happened_on, pair[0])):
        paid = each.amount_fen or 0
        late = row.due_on is not None and row.daily_rate is not None and each.happened_on > row.due_on
        each.interest_fen = (
            interest_within(facts, before, on=each.happened_on, amount_fen=paid, order=order)
            if paid and late and each.what in (DONE, PARTIAL)
            else 0
        )
        before.append(entry_of(each, place))
    put(row, before, now=now)


def _stay_owed(one: Made, *, today: date) -> None:
    """A new contract that its source says is over, and by which the unit is late with money, was ended and not
    completed: what is owed stays watched.
    """
    contract = one.contract
    if not contract._state.adding or contract.state != "completed":
        return
    if any(
        each.side == "unit" and each.open_fen and each.due_on and each.due_on < today
        for each in one.obligations
    ):
        contract.state = "terminated"


def _counted(made: Sequence[Made]) -> list[Obligation]:
    """The rows with how the figures will count them, where the contract is new as well: no row is changed again."""
    from ..figures.cells import mark_new

    for one in made:
        if one.contract._state.adding:
            mark_new(one.obligations, [one.contract])
    return [each for one in made for each in one.obligations]


def _performances(made: Sequence[Made], *, actor: Actor, now: datetime) -> dict[int, list[Performance]]:
    found: dict[int, list[Performance]] = {}
    for one in made:
        for row, said in one.said:
            found.setdefault(row.pk, []).append(
                Performance(
                    obligation=row,
                    side=said.side,
                    what=said.what,
                    happened_on=said.happened_on,
                    amount_fen=said.amount_fen,
                    note=said.note[:1000],
                    recorded_by_id=int(actor.identifier) if actor.kind == "user" else None,
                    recorded_by_name=actor.name[:120],
                    recorded_at=now,
                )
            )
    return found
