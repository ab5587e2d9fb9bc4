"""`make bench`: the column evaluator and its peers on one workload, into docs/performance.md.

Every figure is the best of several repeats in one run on one machine, and every peer has to arrive at the same counts.
Reading files is not part of it: the table is in memory, in Arrow, with strings as dictionaries; everything from there
on is (conversion of decimals, ranking, planes, combination, counting).
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
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.peers import PEERS, Counts, Peer
from bench.report import Figures, PeerFigure, Point, write
from bench.workload import Workload, make_items, make_table, make_tests, programs_of
from yingshang.rules.columns import ColumnResult, compile_programs

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"


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
        PAGE.write_text(text, encoding="utf-8")
        print(f"» {PAGE}")


def measure(rows: int, repeats: int, threads: int, skip: set[str]) -> Figures:
    """Every figure of the page."""
    load = os.getloadavg()[0]
    # First, because a child inherits the peak of the process it was forked from.
    peak = _peak_in_a_process_of_its_own(rows, threads)
    pool = make_tests(450)
    items = make_items(5_000, pool)
    whole = Workload(make_table(rows), pool, items)
    curve = []
    peers: list[PeerFigure] = []
    for count in (300, 1_500, 5_000):
        workload = dataclasses.replace(whole, items=items[:count])
        curve.append(_point(workload, repeats, threads))
        for peer in PEERS:
            if peer.name not in skip and count <= peer.items and (peer.each or count == peer.items):
                peers += _against(peer, workload, repeats, threads)
    by_rows = [
        _point(Workload(whole.table.slice(0, rows // part), pool, items[:1_500]), repeats, threads)
        for part in (10, 4, 2)
    ]
    by_tests = []
    for size in (100, 200, 800, 1_600):
        more = make_tests(size)
        by_tests.append(_point(Workload(whole.table, more, make_items(1_500, more)), repeats, threads))
    formulas = _point(dataclasses.replace(whole, items=items[:1_500]), repeats, threads, formulas=0.3)
    return Figures(
        machine=f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        python=f"Python {platform.python_version()}, NumPy {np.__version__}, PyArrow {pa.__version__}",
        load=load,
        threads=threads,
        repeats=repeats,
        curve=curve,
        by_rows=by_rows,
        by_tests=by_tests,
        formulas=formulas,
        peers=peers,
        peak_gigabytes=peak,
    )


def _best(run: Callable[[], float], repeats: int) -> float:
    return min(run() for _ in range(repeats))


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


def _against(peer: Peer, workload: Workload, repeats: int, threads: int) -> list[PeerFigure]:
    """A peer on the same rows and items, next to the column evaluator; nothing if it is not installed."""
    rows = min(peer.rows, workload.table.num_rows)
    workload = dataclasses.replace(workload, table=workload.table.slice(0, rows))
    try:
        run = peer.prepare(workload)
    except ImportError:
        say(f"{peer.name} is not installed: left out")
        return []
    counts: list[Counts] = []

    def timed() -> float:
        started = time.perf_counter()
        counts[:] = [run()]
        return time.perf_counter() - started

    seconds = _best(timed, 1 if peer.slow else min(repeats, 3))
    result = compile_programs(programs_of(workload)).evaluate(workload.table, threads=threads)
    ours = np.array([[each.entitled, each.entitled + each.undecided] for each in result.items], np.int64)
    if not np.array_equal(ours, counts[0]):
        wrong = int((ours != counts[0]).any(axis=1).sum())
        raise SystemExit(f"{peer.name} counts otherwise for {wrong} of {len(ours)} items")
    say(f"{peer.name}: {len(ours)} items, {rows} rows: {seconds:.3f} s, the same counts")
    return [PeerFigure(peer.name, peer.form, rows, len(ours), seconds)]


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
