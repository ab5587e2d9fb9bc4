"""`make bench`, second half: the rooms of the kernel, into their section of docs/performance.md.

Every room gets a process and a database of its own, so that what one leaves behind does not weigh on the next.
"""

from __future__ import annotations

import argparse
import importlib
import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.kernel import Figure
from bench.machine import Machine
from bench.report import KERNEL, PAGE, replace_section

ROOMS = tuple(
    sorted(file.stem for file in Path(__file__).parent.glob("*.py") if not file.stem.startswith("_"))
)


def main() -> None:
    """Parses the arguments, measures, writes the section."""
    parser = argparse.ArgumentParser(prog="python -m bench.kernel", description=__doc__)
    parser.add_argument("rooms", nargs="*", default=ROOMS, metavar="ROOM", help=f"of {', '.join(ROOMS)}")
    parser.add_argument(
        "--quick", action="store_true", help="a small part; prints, and leaves the page alone"
    )
    parser.add_argument("--in-process", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for room in options.rooms:
        if room not in ROOMS:
            parser.error(f"no measurements of {room!r}; there are {', '.join(ROOMS)}")
    if options.in_process:
        _measure_here(options.rooms[0], options.quick, Path(options.in_process))
        return
    machine = Machine()
    found = {room: _measure(room, options.quick) for room in options.rooms}
    text = _section(found, machine.others())
    if options.quick or set(found) != set(ROOMS):
        print(text)
    else:
        replace_section(PAGE, KERNEL, text)
        print(f"» {PAGE}")


def _measure(room: str, quick: bool) -> list[Figure]:
    print(f"» {room}", flush=True)
    with TemporaryDirectory(prefix="bench-") as folder:
        answer = Path(folder) / "figures.json"
        arguments = [room, "--in-process", str(answer), *(["--quick"] if quick else [])]
        subprocess.run([sys.executable, "-m", "bench.kernel", *arguments], check=True)
        return [Figure(**each) for each in json.loads(answer.read_text(encoding="utf-8"))]


def _measure_here(room: str, quick: bool, answer: Path) -> None:
    from yingshang.operations.environment import platform

    directory = answer.parent / "platform"
    with platform(directory):
        import django

        django.setup()
        from yingshang.operations.setup import prepare_tables

        prepare_tables()
        figures = []
        for figure in importlib.import_module(f"bench.kernel.{room}").measure(quick):
            figures.append(asdict(figure))
            print(f"  {figure.what}: {_number(figure.value)} {figure.unit}", flush=True)
    answer.write_text(json.dumps(figures), encoding="utf-8")
    shutil.rmtree(directory, ignore_errors=True)


def _section(found: dict[str, list[Figure]], others: float | None) -> str:
    busy = f" Other work took {others:.0%} of the processors." if others and others >= 0.02 else ""
    lines = [
        KERNEL,
        "",
        "Each room on an empty database of its own, with the embedded server as it ships (commits reach the disk),",
        f"the database on the same two cores.{busy}",
        "",
        "| room | what | figure | aim |",
        "|---|---|---:|---:|",
    ]
    for room, figures in found.items():
        for each in figures:
            what = f"{each.what} ({each.note})" if each.note else each.what
            lines.append(f"| {room} | {what} | {_number(each.value)} {each.unit} | {each.aim or '–'} |")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
