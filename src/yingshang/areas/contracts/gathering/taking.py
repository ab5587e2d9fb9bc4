"""Contracts taken in, a thousand in one transaction: looked up, checked, recognised, written, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, system_actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import PartySummary, parties_by_code

from ..copying import Blank, array_of, copy_new_found_by
from ..errors import InvalidTerms
from ..figures.cells import count_new
from ..models import Contract, ImportBatch
from ..numbering import contract_number, take_contract_ids
from ..obligations.planning import ObligationRule, Said, check_rules, plan_many, read_rule
from ..reach import HIDDEN_FROM_OWN
from ..registering.actions._steps import tidied, user_of
from ..registering.actions.write_contract import put_fields
from ..registering.checking import check_fields, check_register
from ..registering.duplicates import fingerprint_of, hold_units
from ..registering.quarters import clear_quarters
from ..registering.rules import contract_rules
from ..registering.values import ContractFields, Problem
from ..searching import CONFIG, said_of
from .files import keep_rejects
from .rules import gathering_rules
from .units import Unit, Units
from .values import Incoming, RowProblem, SaidPerformance

_COLUMNS = {"amount_fen": "amount"}
"""Fields of a contract that the table calls otherwise."""
_PLATFORM = system_actor("contracts")


@dataclass(slots=True)
class Taken:
    """What some contracts came to. `numbers` in the order they came in; nothing where one was not taken."""

    numbers: list[str | None] = field(default_factory=list)
    contracts: int = 0
    duplicates: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    rejects: list[tuple[Incoming, list[RowProblem]]] = field(default_factory=list)


@dataclass(slots=True)
class _Ready:
    """One that can be written, unless it is there already."""

    place: int
    incoming: Incoming
    unit: Unit
    fingerprint: str
    row: Contract
    rules: list[ObligationRule]
    told_apart: list[Contract | str] = field(default_factory=list)


class Taker:
    """Takes contracts in for one batch.

    What somebody uploads waits for its unit's reviewer; what a system sends, or the platform itself, was reviewed where
    it comes from and is in force at once.
    """

    def __init__(self, *, actor: Actor, batch: ImportBatch, now: datetime) -> None:
        self.actor, self.batch, self.now = actor, batch, now
        self.today = timezone.localdate(now)
        self.words = gathering_rules()
        self.units = Units(actor, self.words.column_name("unit"))
        self.reviewed = actor.kind != "user"
        self._blank = Blank(Contract)

    def take(self, incoming: Sequence[Incoming], *, seen: int) -> Taken:
        """Take some contracts in, with the batch's figures; one transaction, one event. `seen`: how many of the batch
        are dealt with once these are. Nothing is taken twice: what its unit has registered is a duplicate.
        """
        with transaction.atomic():
            taken = Taken(numbers=[None] * len(incoming))
            self._lock(seen - len(incoming))
            ready = self._new(self._ready(incoming, taken), taken)
            self._write(ready, taken)
            self._note(incoming, taken, seen)
            # Before the end of the transaction: cut off in between, they are written again under the same name.
            keep_rejects(self.batch.pk, seen - len(incoming), taken.rejects)
        return taken

    def _lock(self, done: int) -> None:
        """Two runs of one batch wait for each other; the second one would find that these are done."""
        self.batch = ImportBatch.objects.select_for_update().get(pk=self.batch.pk)
        if self.batch.done_count != done:
            raise RuntimeError(f"batch {self.batch.pk} has come to {self.batch.done_count}, not {done}")

    def _ready(self, incoming: Sequence[Incoming], taken: Taken) -> list[_Ready]:
        self.units.prepare(each.unit for each in incoming)
        codes = {each.fields.counterparty_code.strip().upper() for each in incoming} - {""}
        parties = parties_by_code(actor=_PLATFORM, codes=codes) if codes else {}
        ready = []
        for place, each in enumerate(incoming):
            # "无" is no number, neither of the unit nor of its system: by it two contracts would be taken for one.
            own = contract_rules().own_number(each.source_reference)
            if own != each.source_reference:
                each = replace(each, source_reference=own)
            problems = list(each.problems)
            unit = self.units.find(each.unit, each.row)
            if isinstance(unit, RowProblem):
                # A release that cannot be read has no unit; that is told already.
                problems += [] if each.problems and not each.unit else [unit]
            fields = tidied(each.fields)
            party = parties.get(fields.counterparty_code)
            told = {problem.column for problem in problems}
            for problem in self._wrong(fields, party):
                found = self._placed(problem, each.row)
                # A cell that could not be read was told of; that the field is empty now is no news.
                if found.column not in told:
                    problems.append(found)
            if problems or isinstance(unit, RowProblem):
                self._reject(each, problems, taken)
                continue
            row = self._row(each, fields, unit, party)
            rules, wrong = self._rules(each, row)
            if wrong:
                self._reject(each, wrong, taken)
                continue
            ready.append(_Ready(place, each, unit, row.fingerprint, row, rules))
        return ready

    def _wrong(self, fields: ContractFields, party: PartySummary | None) -> list[Problem]:
        return check_fields(fields, today=self.today) + check_register(fields, party.name if party else None)

    def _placed(self, problem: Problem, row: int) -> RowProblem:
        column = self.words.column_name(_COLUMNS.get(problem.field, problem.field))
        return RowProblem(row, column, problem.value, problem.message, problem.message_zh)

    def _row(
        self, each: Incoming, fields: ContractFields, unit: Unit, party: PartySummary | None
    ) -> Contract:
        row = self._blank.row(
            agency_id=unit.id,
            region_path=unit.region_path,
            source=self.batch.source,
            source_reference=each.source_reference[:160],
            ocid=each.ocid,
            # A natural person's name is kept encrypted, and nowhere else.
            release={} if fields.counterparty_kind == "person" else _kept(each),
            batch_id=self.batch.pk,
            registered_by_id=user_of(self.actor),
            registered_by_name=self.actor.name[:120],
            registered_at=self.now,
        )
        mark = fingerprint_of(unit.id, fields)
        put_fields(row, fields, party_id=party.id if party else None, fingerprint=mark)
        if not self.reviewed:
            row.state, row.submitted_at = "submitted", self.now
        else:
            row.state, row.reviewed_by_name, row.reviewed_at = "in_force", self.actor.name[:120], self.now
            if each.over:
                row.state, row.state_before, row.ended_at = "completed", "in_force", self.now
        return row

    def _rules(self, each: Incoming, row: Contract) -> tuple[list[ObligationRule], list[RowProblem]]:
        try:
            rules = [read_rule(rule, contract=row) for rule in each.rules]
            found = check_rules(rules, contract=row)
        except InvalidTerms:
            # Read once more for all that is wrong.
            rules, found = [], check_rules(each.rules, contract=row)
        if found:
            column = self.words.column_name("what")
            return [], [
                RowProblem(
                    each.row, column, str(each.rules[place].get("title", "")), error.message, error.message_zh
                )
                for place, error in found
            ]
        for said in each.performances:
            rule = rules[said.rule]
            if rule.side == "unit" and said.side == "counterparty" and said.what in ("done", "partial"):
                # That it has been paid the other side says itself: nobody says it for them in a file.
                continue
            if wrong := self._unlikely(said):
                return [], [RowProblem(each.row, self.words.column_name("what"), rule.title, *wrong)]
            rules[said.rule] = replace(
                rule,
                said=(*rule.said, Said(said.happened_on, said.amount_fen, said.side, said.what, said.note)),
            )
        return rules, []

    def _unlikely(self, said: SaidPerformance) -> tuple[str, str] | None:
        """What was said to have happened, and cannot have."""
        if said.happened_on > self.today:
            return (
                f"{said.happened_on} is later than today, {self.today}: what was performed lies before",
                f"履约日期 {said.happened_on} 晚于今天（{self.today}），请核对",
            )
        if (said.amount_fen or 0) > contract_rules().largest_amount_fen:
            return "the amount is too large; it is in fen", "履约金额超过上限，请核对单位"
        return None

    def _reject(self, each: Incoming, problems: list[RowProblem], taken: Taken) -> None:
        taken.problems += problems
        taken.rejects.append((each, problems))

    def _new(self, ready: list[_Ready], taken: Taken) -> list[_Ready]:
        """Those that are not registered yet. What came in before by the same reference of its source is the same;
        so is what agrees in unit, other side, price and day, unless both have numbers of their own and these differ.
        """
        # Nobody else writes down for these units until all of it is there.
        hold_units({each.unit.id for each in ready})
        there = _There(ready)
        fresh = []
        for each in ready:
            number = there.known(each)
            if number is None:
                fresh.append(each)
                continue
            taken.duplicates += 1
            taken.numbers[each.place] = number
            told = RowProblem(
                each.incoming.row,
                self.words.column_name("title"),
                each.row.title,
                f"registered already as {number or 'an earlier row of this batch'}",
                f"已登记（{number}），未重复登记" if number else "与本批次前面的一份相同，未重复登记",
            )
            taken.rejects.append((each.incoming, [told]))
        return fresh

    def _write(self, ready: list[_Ready], taken: Taken) -> None:
        if not ready:
            return
        for each, number in zip(ready, take_contract_ids(len(ready)), strict=True):
            each.row.pk = number
            each.row.number = contract_number(number, each.row.signed_on.year)
            taken.numbers[each.place] = each.row.number
        for each in ready:
            each.row.not_same_as = [
                other if isinstance(other, str) else other.number for other in each.told_apart
            ]
            for other in each.told_apart:
                if isinstance(other, Contract):
                    other.not_same_as = [*other.not_same_as, each.row.number]
        rows = [each.row for each in ready]
        obligations = plan_many([(each.row, each.rules) for each in ready], actor=self.actor, now=self.now)
        copy_new_found_by(rows, [said_of(each) for each in rows], vector="words", config=CONFIG)
        count_new(obligations, rows)
        # What waits for its reviewer takes back that there was none once it is registered.
        clear_quarters([each for each in rows if each.state not in HIDDEN_FROM_OWN], now=self.now)
        taken.contracts = len(rows)

    def _note(self, incoming: Sequence[Incoming], taken: Taken, seen: int) -> None:
        batch = self.batch
        room = self.words.most_problems - len(batch.problems)
        batch.problems = batch.problems + [each.as_dict() for each in taken.problems[: max(room, 0)]]
        batch.done_count = seen
        batch.contract_count += taken.contracts
        batch.duplicate_count += taken.duplicates
        batch.problem_count += len(taken.problems)
        batch.save(
            update_fields=["problems", "done_count", "contract_count", "duplicate_count", "problem_count"]
        )
        numbers = [each for each in taken.numbers if each]
        record(
            actor=self.actor,
            action="contracts.gathered",
            target=target_of_batch(batch),
            now=self.now,
            after={
                "seen": seen,
                "contracts": taken.contracts,
                "duplicates": taken.duplicates,
                "problems": len(taken.problems),
                "first": numbers[0] if numbers else "",
                "last": numbers[-1] if numbers else "",
            },
        )


class _There:
    """What the units have registered already of some contracts that come in, in three queries, each by an index of its
    own: asked together, all contracts of the units would be read. And what came before in the same thousand.
    """

    def __init__(self, ready: Sequence[_Ready]) -> None:
        self._sources = _numbers_by("source_reference", ready)
        self._numbers = _numbers_by("reference", ready)
        self._prints: dict[str, list[tuple[str, Contract | str]]] = {}
        # A fingerprint says whose it is.
        alike = Contract.objects.filter(fingerprint__in={each.fingerprint for each in ready})
        for mark, reference, number in alike.exclude(state="void").values_list(
            "fingerprint", "reference", "number"
        ):
            self._prints.setdefault(mark, []).append((contract_rules().own_number(reference), number))

    def known(self, each: _Ready) -> str | None:
        """The number it is registered under; "" for an earlier one of the same thousand, None for a new one."""
        unit, row = each.unit.id, each.row
        for known, name in ((self._sources, row.source_reference), (self._numbers, row.reference)):
            if name and (unit, name) in known:
                return known[unit, name]
        alike = self._prints.setdefault(each.fingerprint, [])
        for reference, other in alike:
            if not (reference and row.reference):
                return other if isinstance(other, str) else ""
        # Both have numbers of their own, and these differ: somebody has told them apart.
        each.told_apart = [other for _, other in alike]
        alike.append((row.reference, row))
        for known, name in ((self._sources, row.source_reference), (self._numbers, row.reference)):
            if name:
                known[unit, name] = ""
        return None


def _numbers_by(column: str, ready: Sequence[_Ready]) -> dict[tuple[int, str], str]:
    """The numbers under which these are registered by their units, by what their source or their unit calls them
    (`source_reference`, of one kind of source; `reference`). Looked up one by one in the index of the column, whatever
    the units have besides.
    """
    named = [(each.unit.id, name) for each in ready if (name := getattr(each.row, column))]
    if not named:
        return {}
    agencies, names = zip(*named, strict=True)
    of_source = "AND source = %(source)s" if column == "source_reference" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT agency_id, {column}, number
            FROM contracts_contract JOIN unnest(%(agencies)s::bigint[], %(names)s::text[]) AS new(agency, name)
                 ON agency_id = agency AND {column} = name
            WHERE {column} <> '' AND state <> 'void' {of_source}
            ORDER BY id DESC
            """,
            {"agencies": array_of(agencies), "names": array_of(names), "source": ready[0].row.source},
        )
        return {(agency, name): number for agency, name, number in cursor.fetchall()}


def target_of_batch(batch: ImportBatch) -> Target:
    """The batch as audit events name it."""
    return Target(
        "contract_batch",
        str(batch.pk),
        batch.name[:200],
        region_path=batch.region_path,
        agency_id=batch.agency_id,
    )


def _kept(each: Incoming) -> dict[str, Any]:
    """What is kept of a release: itself, and how it calls the obligations that came of it."""
    if not each.release:
        return {}
    names = {str(place): rule["source"] for place, rule in enumerate(each.rules, 1) if rule.get("source")}
    return {"release": each.release, "obligations": names}
