"""`make bench`: the column evaluator and its peers on one workload, into docs/performance.md.

Every figure is the best of several repeats in one run on one machine, and every peer has to arrive at the same counts.
In the comparison reading files is not part of it: the table is in memory, in Arrow, with strings as dictionaries;
everything from there on is (conversion of decimals, ranking, planes, combination, counting). Reading has its own table.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from bench.loading import measure_loading
from bench.machine import Machine
from bench.peers import PEERS, Counts, Peer
from bench.report import AREAS, KERNEL, PAGE, Figures, PeerFigure, Point, section, write
from bench.subject import measure_subject
from bench.workload import Workload, make_items, make_table, make_tests, programs_of
from yingshang.rules.columns import ColumnResult, compile_programs

PEER_REPEATS = 3


def main() -> None:
    """Parses the arguments, measures, writes the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the rows; prints, and leaves the page alone"
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument(
        "--skip", nargs="*", default=[], metavar="PEER", help="peers to leave out, such as DuckDB"
    )
    parser.add_argument("--memory-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    rows = options.rows // 10 if options.quick else options.rows
    if options.memory_only:
        print(_peak_after_one_run(rows, options.threads))
        return
    figures = measure(rows, options.repeats, options.threads, set(options.skip))
    text = write(figures)
    if options.quick:
        print(text)
    else:
        others = [section(PAGE, heading) for heading in (KERNEL, AREAS)]
        PAGE.write_text("\n".join([text, *others]).rstrip("\n") + "\n", encoding="utf-8")
        print(f"» {PAGE}")


def measure(rows: int, repeats: int, threads: int, skip: set[str]) -> Figures:
    """Every figure of the page."""
    machine = Machine()
    # So that the bench ends the same day: 20 seconds for a million rows.
    budget = rows / 50_000
    # First, because a child inherits the peak of the process it was forked from.
    peak = _peak_in_a_process_of_its_own(rows, threads)
    pool = make_tests(450)
    items = make_items(5_000, pool)
    whole = Workload(make_table(rows), pool, items)
    many = dataclasses.replace(whole, items=items[:1_500])
    subject = measure_subject(many, skip)
    say(f"one subject: {subject.items} items, {subject.decided + subject.read:.1f} ms")
    loading = measure_loading(many, min(repeats, 2))
    for file in loading.files:
        say(f"reading {file.kind}: {file.rows} rows: {file.seconds:.2f} s")
    curve = []
    peers: list[PeerFigure] = []
    for count in (300, 1_500, 5_000):
        workload = dataclasses.replace(whole, items=items[:count])
        curve.append(_point(workload, repeats, threads))
        for peer in PEERS:
            if peer.engine not in skip and count in peer.items:
                peers += _against(peer, workload, repeats, threads, budget)
    order = [(peer.engine, peer.form) for peer in PEERS]
    peers.sort(key=lambda each: (order.index((each.engine, each.form)), each.items))
    by_rows = [
        _point(Workload(whole.table.slice(0, rows // part), pool, items[:1_500]), repeats, threads)
        for part in (10, 4, 2)
    ]
    by_tests = []
    for size in (100, 200, 800, 1_600):
        more = make_tests(size)
        by_tests.append(_point(Workload(whole.table, more, make_items(1_500, more)), repeats, threads))
    formulas = _point(many, repeats, threads, formulas=0.3)
    return Figures(
        machine=f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        python=f"Python {platform.python_version()}, NumPy {np.__version__}, PyArrow {pa.__version__}",
        others=machine.others(),
        threads=threads,
        repeats=repeats,
        curve=curve,
        by_rows=by_rows,
        by_tests=by_tests,
        formulas=formulas,
        peers=peers,
        subject=subject,
        loading=loading,
        peak_gigabytes=peak,
    )


def _best(run: Callable[[], float], repeats: int, budget: float = float("inf")) -> float:
    """The least of some runs; no further one is begun when `budget` seconds are spent."""
    best = spent = run()
    for _ in range(repeats - 1):
        if spent >= budget:
            break
        seconds = run()
        best, spent = min(best, seconds), spent + seconds
    return best


def _point(workload: Workload, repeats: int, threads: int, formulas: float = 0.0) -> Point:
    """One measurement of the column evaluator."""
    started = time.perf_counter()
    plan = compile_programs(programs_of(workload, formulas=formulas))
    plan.bind(workload.table.schema)
    compiled = time.perf_counter() - started
    results: list[ColumnResult] = []
    processor: list[float] = []

    def run() -> float:
        started, before = time.perf_counter(), time.process_time()
        results[:] = [plan.evaluate(workload.table, threads=threads)]
        processor.append(time.process_time() - before)
        return time.perf_counter() - started

    seconds = _best(run, repeats)
    found = results[0]
    decisions = found.rows * len(found.items)
    say(f"columns: {len(found.items)} items, {workload.used} conditions, {found.rows} rows: {seconds:.3f} s")
    return Point(
        rows=found.rows,
        items=len(found.items),
        tests=workload.used,
        seconds=seconds,
        processor_seconds=min(processor),
        compile_seconds=compiled,
        entitled=sum(each.entitled for each in found.items) / decisions,
        undecided=sum(each.undecided for each in found.items) / decisions,
    )


def _against(peer: Peer, workload: Workload, repeats: int, threads: int, budget: float) -> list[PeerFigure]:
    """A peer on the same rows and items, next to the column evaluator; nothing if it is not installed."""
    rows = min(peer.rows, workload.table.num_rows)
    workload = dataclasses.replace(workload, table=workload.table.slice(0, rows))
    try:
        run = peer.prepare(workload)
    except ImportError:
        say(f"{peer.engine} is not installed: left out")
        return []
    counts: list[Counts] = []

    def timed() -> float:
        started = time.perf_counter()
        counts[:] = [run()]
        return time.perf_counter() - started

    seconds = _best(timed, min(repeats, PEER_REPEATS), budget)
    result = compile_programs(programs_of(workload)).evaluate(workload.table, threads=threads)
    ours = np.array([[each.entitled, each.entitled + each.undecided] for each in result.items], np.int64)
    if not np.array_equal(ours, counts[0]):
        wrong = int((ours != counts[0]).any(axis=1).sum())
        raise SystemExit(f"{peer.engine} ({peer.form}) counts otherwise for {wrong} of {len(ours)} items")
    say(f"{peer.engine} ({peer.form}): {len(ours)} items, {rows} rows: {seconds:.3f} s, the same counts")
    return [PeerFigure(peer.engine, peer.form, peer.means, rows, len(ours), seconds)]


def _peak_after_one_run(rows: int, threads: int) -> float:
    """Gigabytes at the peak of a process that makes the table and evaluates 1,500 items, the table included."""
    pool = make_tests(450)
    workload = Workload(make_table(rows), pool, make_items(1_500, pool))
    compile_programs(programs_of(workload)).evaluate(workload.table, threads=threads)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def _peak_in_a_process_of_its_own(rows: int, threads: int) -> float:
    arguments = [
        sys.executable,
        "-m",
        "bench",
        "--memory-only",
        "--rows",
        str(rows),
        "--threads",
        str(threads),
    ]
    return float(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)


def say(text: str) -> None:
    """Progress, for the person who waits."""
    print("» " + text, flush=True)


if __name__ == "__main__":
    main()
