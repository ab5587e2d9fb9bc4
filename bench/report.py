"""The figures of a run as docs/performance.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement of the column evaluator. `tests` counts the distinct conditions the items use."""

    rows: int
    items: int
    tests: int
    seconds: float
    processor_seconds: float
    compile_seconds: float
    entitled: float
    undecided: float

    @property
    def decisions_per_second(self) -> float:
        return self.rows * self.items / self.seconds


@dataclass(frozen=True, slots=True)
class PeerFigure:
    """One measurement of a peer, with the same counts as ours."""

    name: str
    form: str
    rows: int
    items: int
    seconds: float

    @property
    def decisions_per_second(self) -> float:
        return self.rows * self.items / self.seconds


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the page says. `by_rows` and `by_tests` have 1,500 items."""

    machine: str
    python: str
    load: float
    threads: int
    repeats: int
    curve: list[Point]
    by_rows: list[Point]
    by_tests: list[Point]
    formulas: Point
    peers: list[PeerFigure]
    peak_gigabytes: float


def write(figures: Figures) -> str:
    """The page."""
    main = next(each for each in figures.curve if each.items == 1_500)
    return f"""# Performance

Written by `make bench`; do not edit by hand. {figures.machine}; {figures.python};
{figures.threads} threads; the best of {figures.repeats} repeats, everything in one run.{_busy(figures)}
Other machines give other figures; the ratios hold better.

**{main.decisions_per_second / 1e9:.1f} billion decisions a second**: {main.rows:,} subjects × {main.items:,} items
in {main.seconds:.2f} s. A decision is one item for one subject, with entitled, undecided, refused and error all counted
({main.entitled:.1%} are entitled and {main.undecided:.1%} undecided here).

## What is measured

`bench/workload.py` makes the population and the items from a seed: 40 columns (12 of money to the fen, 5 ratios, 8
counts, 3 dates, 6 codes of 4 to 480 values, 6 yes-or-no), 15 % of the cells missing; items are conjunctions of 3 to 8
conditions on different columns, with thresholds as round and as shared as those of real policies.

The time begins with the table in memory in Arrow (decimals as decimal128, strings as dictionaries) and ends with the
counts and sums of every item. Converting decimals, comparing, packing, combining and counting are all in it;
reading a file and parsing policies are not. Peers get the table in the form they like best, untimed, and must arrive
at the same counts for every item, or the run fails.

## Items

Conditions are shared: {_growth(figures.curve)}

{_table(figures.curve)}

## Rows and conditions

1,500 items over fewer rows: time grows with the rows.

{_table([*figures.by_rows, main])}

1,500 items over pools of more or fewer distinct conditions: time grows with the conditions.

{_table(sorted([*figures.by_tests, main], key=lambda each: each.tests))}

## Amounts

A round sum costs nothing beside the count. With 30 % of the 1,500 items paying a share of the revenue with a cap,
rounded to the fen, for every entitled and undecided subject: {figures.formulas.seconds:.2f} s
({figures.formulas.decisions_per_second / 1e9:.2f} billion decisions a second).

## Memory

{figures.peak_gigabytes:.2f} GB at the peak of the whole process for {main.rows:,} subjects × 1,500 items, the table
itself included. Batches stream: the evaluator holds a few chunks of 131,072 rows.

## Beside other engines

{_peers(figures)}

Polars, DuckDB and OpenFisca-core are general engines: they were not made for this, and do much that the column
evaluator cannot. zen-engine decides one subject at a time, which is what a service does; it is here because people ask.

| engine | form |
|---|---|
{_forms(figures)}
"""


def _busy(figures: Figures) -> str:
    """A warning that the figures are too low, where they are."""
    if figures.load < 0.5:
        return ""
    return f" The machine was busy with other work (load {figures.load:.1f}): seconds are too many, for every engine."


def _growth(curve: list[Point]) -> str:
    first, last = curve[0], curve[-1]
    items, time = last.items / first.items, last.processor_seconds / first.processor_seconds
    return f"{items:.0f} times the items take {time:.1f} times the processor's time."


def _table(points: list[Point]) -> str:
    lines = [
        "| rows | items | distinct conditions | seconds | processor seconds | billion decisions a second |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {each.rows:,} | {each.items:,} | {each.tests:,} | {each.seconds:.3f} | {each.processor_seconds:.3f} "
        f"| {each.decisions_per_second / 1e9:.2f} |"
        for each in points
    ]
    return "\n".join(lines)


def _forms(figures: Figures) -> str:
    """What each engine was asked to do."""
    return "\n".join(dict.fromkeys(f"| {each.name} | {each.form} |" for each in figures.peers))


def _peers(figures: Figures) -> str:
    """A ratio is time a decision of the peer over ours, at the same number of items and a million rows."""
    if not figures.peers:
        return "No other engine was installed: `make bench` installs them."
    ours = {each.items: each for each in figures.curve}
    lines = ["| engine | rows | items | seconds | million decisions a second | the column evaluator is |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for each in figures.peers:
        ratio = ours[each.items].decisions_per_second / each.decisions_per_second
        shown = f"{ratio:,.1f}" if ratio < 20 else f"{ratio:,.0f}"
        lines.append(
            f"| {each.name} | {each.rows:,} | {each.items:,} | {each.seconds:.3f} "
            f"| {each.decisions_per_second / 1e6:,.3g} | {shown} × as fast |"
        )
    return "\n".join(lines)
