"""One subject against every item: what a window or a portal waits for."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.peers import Counts, openfisca_items, zen
from bench.policies import DAY, policy_files
from bench.workload import Workload, programs_of
from yingshang.rules.columns import compile_programs
from yingshang.rules.columns.facts import facts_of_row
from yingshang.rules.policy.change import least_changes
from yingshang.rules.policy.compile import compile_items
from yingshang.rules.policy.decide import ConditionResult, Entitlement, RowEvaluator
from yingshang.rules.policy.document import load_policies

SUBJECTS = 31
PEER_SUBJECTS = 5


@dataclass(frozen=True, slots=True)
class Subject:
    """Median milliseconds for one subject; `processor` is the processor's time of `decided` and `read` together."""

    items: int
    reasons: int
    subjects: int
    decided: float
    read: float
    processor: float
    slowest: float
    refused: int
    changes: float
    peers: dict[str, float]


def measure_subject(workload: Workload, skip: set[str]) -> Subject:
    """Through the policy documents, for the first subjects of the table."""
    found = load_policies(policy_files(workload))
    compiled = compile_items(found.items, found.catalogue, DAY)
    if problems := [*found.problems, *compiled.problems]:
        raise SystemExit(f"the policies of the bench do not compile: {problems[0]}")
    evaluator = RowEvaluator(compiled.programs, found.catalogue)
    rows = workload.table.slice(0, SUBJECTS).combine_chunks()
    batch = rows.to_batches()[0]
    decided, read, processor, refused, changes = [], [], [], [], []
    counts = np.zeros((len(workload.items), 2), np.int64)
    reasons = 0
    for row in range(batch.num_rows):
        facts = facts_of_row(batch, row)
        before, started = time.thread_time(), time.perf_counter()
        decisions = evaluator.decide_all(facts)
        between = time.perf_counter()
        reasons = sum(_touch(each.reason) for each in decisions)
        ended = time.perf_counter()
        processor.append(time.thread_time() - before)
        decided.append(between - started)
        read.append(ended - between)
        negative = [each for each in decisions if each.outcome is Entitlement.REFUSED]
        started = time.perf_counter()
        for each in negative:
            least_changes(each, facts, found.catalogue)
        changes.append(time.perf_counter() - started)
        refused.append(len(negative))
        counts += [
            [each.outcome is Entitlement.ENTITLED, each.outcome is not Entitlement.REFUSED]
            for each in decisions
        ]
    result = compile_programs(programs_of(workload)).evaluate(rows, threads=1)
    if not np.array_equal(counts, [[each.entitled, each.entitled + each.undecided] for each in result.items]):
        raise SystemExit("the row evaluator counts otherwise than the column evaluator")
    return Subject(
        items=len(workload.items),
        reasons=reasons,
        subjects=batch.num_rows,
        decided=_milliseconds(decided),
        read=_milliseconds(read),
        processor=_milliseconds(processor),
        slowest=max(map(sum, zip(decided, read, strict=True))) * 1e3,
        refused=round(statistics.median(refused)),
        changes=_milliseconds(changes),
        peers=_peers(workload, skip),
    )


def _touch(result: ConditionResult) -> int:
    """Reads what a page would show of a reason; how many conditions and groups there were."""
    shown: list[object] = [
        result.id,
        result.outcome,
        result.clause.text,
        result.clause.clause,
        result.missing,
    ]
    for fact in result.facts:
        shown += fact.name, fact.value, fact.unit, fact.agency
    return bool(shown) + sum(map(_touch, result.parts))


def _peers(workload: Workload, skip: set[str]) -> dict[str, float]:
    """The engines that could serve a single request, outcomes only."""
    engines: dict[str, Callable[[Workload], Callable[[], Counts]]] = {
        "zen-engine": zen,
        "OpenFisca-core": openfisca_items,
    }
    found = {}
    for name, prepare in engines.items():
        if name in skip:
            continue
        seconds = []
        try:
            for row in range(PEER_SUBJECTS):
                run = prepare(dataclasses.replace(workload, table=workload.table.slice(row, 1)))
                run()
                started = time.perf_counter()
                run()
                seconds.append(time.perf_counter() - started)
        except ImportError:
            continue
        found[name] = _milliseconds(seconds)
    return found


def _milliseconds(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1e3
