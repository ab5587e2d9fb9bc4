"""The policy sandbox: the first answer, and the answer after one figure was moved, over a large population.

    python -m bench.areas.sandbox [--quick] [--enterprises COUNT] [--city FILE]

Every example policy is asked on a day on which it is in force, over files as the snapshot has them. Then each of its
parameters and each number written into its conditions and amounts is moved, one after the other.
What a page adds to it (a few queries, a template) is measured by nobody here.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import pyarrow.parquet as pq

from bench.kernel import Figure
from yingshang.areas.policies.sandbox.engine import Asked, SandboxSession, columns_for
from yingshang.areas.policies.sandbox.numbers import dials_of_numbers, is_number, list_numbers, with_numbers
from yingshang.areas.policies.sandbox.parameters import dials_of
from yingshang.areas.policies.sandbox.population import Place, Population
from yingshang.cli.files import read_policies
from yingshang.kernel.reference.api import policy_catalogue, write_sample_city
from yingshang.rules.feel.temporal import Date
from yingshang.rules.policy.compile import Program, compile_item
from yingshang.rules.policy.document import Item

EXAMPLES = Path(__file__).parents[2] / "examples" / "policies"
TODAY = Date(2026, 11, 21)
BUCKET = 16_384
AIM = "2 s"


def measure(quick: bool, city: Path | None = None, enterprises: int | None = None) -> Iterator[Figure]:
    """The figures of the sandbox."""
    rows = enterprises or (50_000 if quick else 1_000_000)
    with TemporaryDirectory(prefix="bench-") as folder:
        if city is None:
            city = write_sample_city(
                Path(folder) / "city.parquet",
                enterprises=rows,
                seed=1,
                as_of=date(2026, 11, 21),
                region="230100",
            )
        files = _split(city, Path(folder))
        items = read_policies([EXAMPLES]).items
        firsts, moves = [], []
        slowest = (0.0, "")
        for item in items:
            first, moved, bound = _one(item, files)
            firsts.append(first)
            moves += moved
            slowest = max(slowest, (max(moved, default=0.0), item.id))
            print(
                f"  {item.id}: first {first:.2f} s; {len(moved)} moves {_spread(moved)}; {bound / 2**20:,.0f} MB",
                flush=True,
            )
        count = pq.read_metadata(city).num_rows
        what = f"over {count:,} enterprises, {len(items)} items"
        yield Figure(f"first answer {what}, median", median(firsts), "s")
        yield Figure(f"first answer {what}, slowest", max(firsts), "s")
        what = f"{what}, {len(moves)} moves"
        yield Figure(f"answer after one figure was moved {what}, median", median(moves), "s", AIM)
        yield Figure(
            "the share of such answers within the aim", sum(each < 2 for each in moves) / len(moves), ""
        )
        yield Figure(
            f"answer after one figure was moved {what}, slowest ({slowest[1]})", slowest[0], "s", AIM
        )


def _split(city: Path, folder: Path) -> tuple[Path, ...]:
    """Files as the snapshot has them."""
    found = []
    for number, batch in enumerate(pq.ParquetFile(city).iter_batches(BUCKET)):
        path = folder / f"part-{number:05d}-1.parquet"
        with pq.ParquetWriter(path, batch.schema, compression="zstd") as writer:
            writer.write_batch(batch)
        found.append(path)
    return tuple(found)


def _one(item: Item, files: tuple[Path, ...]) -> tuple[float, list[float], int]:
    """Seconds of the first answer and of those after, and the bytes that are kept."""
    day, program = _in_force(item)
    began = perf_counter()
    population = Population(files, Place(subtrees=("",)))
    batch = population.batch(columns_for([program]), lambda done, total: None)
    when = date(day.year, day.month, day.day)
    session = SandboxSession(batch, policy_catalogue(), when, program, 1, 6)
    session.ask(Asked(program, (), None))
    first = perf_counter() - began
    moved = []
    parameters = [(dial, factor) for dial in dials_of(program) for factor in ("0.9", "1.2")]
    written = [(dial, "1.2") for dial in dials_of_numbers(list_numbers(item))]
    for dial, factor in (*parameters, *written):
        if dial.value is None:
            continue
        figures = {dial.name: dial.value * Decimal(factor)}
        began = perf_counter()
        tried = with_numbers(item, figures)
        other = compile_item(tried, policy_catalogue(), day, {} if is_number(dial.name) else figures)
        session.ask(Asked(other, tuple(figures.items()), None))
        moved.append(perf_counter() - began)
    return first, moved, population.nbytes + session.nbytes


def _in_force(item: Item) -> tuple[Date, Program]:
    """A day on which the item is in force, and its program on that day."""
    first = (item.data.get("effective") or {}).get("from")
    for day in (
        TODAY,
        first,
        *(each.get("from") for one in item.data.get("parameters") or () for each in one.get("values") or ()),
    ):
        if isinstance(day, Date):
            program = compile_item(item, policy_catalogue(), day)
            if program.in_force and (
                not program.parameters or any(dial.value is not None for dial in dials_of(program))
            ):
                return day, program
    return TODAY, compile_item(item, policy_catalogue(), TODAY)


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "nothing to move"
    return f"{min(seconds):.2f} to {max(seconds):.2f} s, median {median(seconds):.2f} s"


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.areas.sandbox", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small population")
    parser.add_argument("--enterprises", type=int, help="how many enterprises the sample city has")
    parser.add_argument("--city", type=Path, help="a Parquet file of enterprises instead of the sample city")
    options = parser.parse_args()
    for each in measure(options.quick, options.city, options.enterprises):
        print(f"{each.what}: {each.value:.3g} {each.unit}")


if __name__ == "__main__":
    main()
