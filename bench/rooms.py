"""Runs the measurements of a package, module by module, into their section of docs/performance.md.

A module has the name of its room and one function, `measure(quick)`, which yields figures. Every room gets a process
and a database of its own, so that what one leaves behind does not weigh on the next.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.machine import Machine
from bench.report import PAGE, replace_section
from yingshang.operations.environment import embedded_database


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement: what was measured, how much it came to, and what was aimed for, if something was."""

    what: str
    value: float
    unit: str
    aim: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rooms:
    """A package of measurements, and the section it writes."""

    package: str
    heading: str
    folder: Path
    description: str

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(file.stem for file in self.folder.glob("*.py") if not file.stem.startswith("_")))


def run(rooms: Rooms) -> None:
    """Parses the arguments, measures, writes the section."""
    parser = argparse.ArgumentParser(prog=f"python -m {rooms.package}", description=rooms.description)
    parser.add_argument(
        "rooms", nargs="*", default=rooms.names, metavar="ROOM", help=f"of {', '.join(rooms.names)}"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a small part; prints, and leaves the page alone"
    )
    parser.add_argument("--in-process", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for room in options.rooms:
        if room not in rooms.names:
            parser.error(f"no measurements of {room!r}; there are {', '.join(rooms.names)}")
    if options.in_process:
        _measure_here(rooms, options.rooms[0], options.quick, Path(options.in_process))
        return
    machine = Machine()
    found = {room: _measure(rooms, room, options.quick) for room in options.rooms}
    text = _section(rooms, found, machine.others())
    if options.quick or set(found) != set(rooms.names):
        print(text)
    else:
        replace_section(PAGE, rooms.heading, text)
        print(f"» {PAGE}")


def _measure(rooms: Rooms, room: str, quick: bool) -> list[Figure]:
    print(f"» {room}", flush=True)
    with TemporaryDirectory(prefix="bench-") as folder:
        answer = Path(folder) / "figures.json"
        arguments = [room, "--in-process", str(answer), *(["--quick"] if quick else [])]
        try:
            subprocess.run([sys.executable, "-m", rooms.package, *arguments], check=True)
        finally:
            # Its data may lie elsewhere than below the folder: for root, where another account can read it.
            if database := embedded_database(Path(folder) / "platform"):
                database.destroy()
        return [Figure(**each) for each in json.loads(answer.read_text(encoding="utf-8"))]


def _measure_here(rooms: Rooms, room: str, quick: bool, answer: Path) -> None:
    from yingshang.operations.environment import platform

    directory = answer.parent / "platform"
    with platform(directory):
        import django

        django.setup()
        from yingshang.operations.setup import prepare_tables

        prepare_tables()
        figures = []
        for figure in importlib.import_module(f"{rooms.package}.{room}").measure(quick):
            figures.append(asdict(figure))
            print(f"  {figure.what}: {_number(figure.value)} {figure.unit}", flush=True)
    answer.write_text(json.dumps(figures), encoding="utf-8")


def _section(rooms: Rooms, found: dict[str, list[Figure]], others: float | None) -> str:
    busy = f" Other work took {others:.0%} of the processors." if others and others >= 0.02 else ""
    lines = [
        rooms.heading,
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
