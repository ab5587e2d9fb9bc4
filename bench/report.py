"""The figures of a run as docs/performance.md."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.loading import Loading
from bench.subject import Subject

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
KERNEL = "## The rooms of the kernel"
"""The heading of the section that `python -m bench.kernel` writes."""

AREAS = "## The areas"
"""The heading of the section that `python -m bench.areas` writes."""


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

    engine: str
    form: str
    means: str
    rows: int
    items: int
    seconds: float

    @property
    def decisions_per_second(self) -> float:
        return self.rows * self.items / self.seconds


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the page says. `by_rows` and `by_tests` have 1,500 items.

    `others` is the share of the processors that other work took while these figures were taken; None if unknown.
    """

    machine: str
    python: str
    others: float | None
    threads: int
    repeats: int
    curve: list[Point]
    by_rows: list[Point]
    by_tests: list[Point]
    formulas: Point
    peers: list[PeerFigure]
    subject: Subject
    loading: Loading
    peak_gigabytes: float


def write(figures: Figures) -> str:
    """The page."""
    main = next(each for each in figures.curve if each.items == 1_500)
    return f"""# Performance

Written by `make bench`; do not edit by hand. {figures.machine}; {figures.python};
{figures.threads} threads; the best of {figures.repeats} repeats, everything in one run.
{_busy(figures)}
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

Every ratio is of measured seconds a decision, each engine on the rows and items of its line, the column evaluator at
the same number of items over {main.rows:,} rows. Nothing is extrapolated, but that zen-engine runs over few rows.
Polars, DuckDB and OpenFisca-core are general engines: they were not made for this, and do much that the column
evaluator cannot. zen-engine decides one subject at a time, which is what a service does; it is here because people ask.
Other engines run up to three times, but no further once they have taken 20 seconds: the column evaluator runs
{figures.repeats} times.

| engine | form | what it is |
|---|---|---|
{_forms(figures)}

## One subject

{_subject(figures.subject)}

## Reading

{_loading(figures.loading)}
"""


def _busy(figures: Figures) -> str:
    """A warning that the figures are too low, where they are."""
    if figures.others is None:
        return "Whether the machine had other work meanwhile is not known here."
    if figures.others < 0.03:
        return "The machine had nothing else to do."
    return (
        f"**The machine was busy: {figures.others:.0%} of its processors went to other work.** "
        "Seconds are too many, for every engine."
    )


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
    return "\n".join(
        dict.fromkeys(f"| {each.engine} | {each.form} | {each.means} |" for each in figures.peers)
    )


def _subject(subject: Subject) -> str:
    """One subject against every item, beside engines that could serve a request."""
    total = subject.decided + subject.read
    lines = [
        f"One subject against {subject.items:,} items written as policy files, the median of {subject.subjects} "
        "subjects, on one thread.",
        f"To decide every item with its reason and to read all {subject.reasons:,} conditions and groups of the "
        "reasons,",
        f"with their facts, clauses and what is missing: **{total:.1f} ms** (the aim is 30 ms; the slowest subject "
        f"{subject.slowest:.0f} ms).",
        "",
        "| what | ms |",
        "|---|---:|",
        f"| deciding, with reasons and amounts | {subject.decided:.1f} |",
        f"| reading every reason | {subject.read:.1f} |",
        f"| both, processor's time | {subject.processor:.1f} |",
        f"| besides: the least changes for the {subject.refused:,} refused | {subject.changes:.1f} |",
    ]
    lines += [f"| {name}, outcomes without reasons | {each:.1f} |" for name, each in subject.peers.items()]
    return "\n".join(lines)


def _loading(loading: Loading) -> str:
    """What is read before anything can be decided."""
    lines = [
        "As `yingshang match` reads it: every cell typed and checked, bad rows set apart.",
        "",
        "| file | rows | columns | MB | seconds |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {each.kind} | {each.rows:,} | {each.columns} | {each.megabytes:,.0f} | {each.seconds:.2f} |"
        for each in loading.files
    ]
    lines += [
        "",
        f"| {loading.items:,} policies, a file each | seconds |",
        "|---|---:|",
        f"| YAML to checked items | {loading.parse:.2f} |",
        f"| items to programs as of a day | {loading.programs:.2f} |",
        f"| programs to the row evaluator | {loading.row_plan:.3f} |",
        f"| programs to the column evaluator | {loading.column_plan:.3f} |",
    ]
    return "\n".join(lines)


def _peers(figures: Figures) -> str:
    """A ratio is time a decision of the peer over ours, at the same number of items and all rows."""
    if not figures.peers:
        return "No other engine was installed: `make bench` installs them."
    ours = {each.items: each for each in figures.curve}
    lines = [
        "| engine | form | rows | items | seconds | million decisions a second | the column evaluator is |"
    ]
    lines.append("|---|---|---:|---:|---:|---:|---:|")
    for each in figures.peers:
        ratio = ours[each.items].decisions_per_second / each.decisions_per_second
        shown = f"{ratio:,.1f}" if ratio < 20 else f"{ratio:,.0f}"
        lines.append(
            f"| {each.engine} | {each.form} | {each.rows:,} | {each.items:,} | {each.seconds:.3f} "
            f"| {each.decisions_per_second / 1e6:,.3g} | {shown} × as fast |"
        )
    return "\n".join(lines)


def section(page: Path, heading: str) -> str:
    """A section of a page with its heading, up to the next heading of its level; empty where there is none."""
    lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith("## ")] + [len(lines)]
    for first, end in pairwise(starts):
        if lines[first].strip() == heading:
            return "".join(lines[first:end])
    return ""


def replace_section(page: Path, heading: str, text: str) -> None:
    """Puts `text`, which begins with its heading, in the place of that section, or at the end."""
    before = page.read_text(encoding="utf-8")
    old = section(page, heading)
    after = before.replace(old, text + "\n") if old else before.rstrip("\n") + "\n\n" + text
    page.write_text(after.rstrip("\n") + "\n", encoding="utf-8")
