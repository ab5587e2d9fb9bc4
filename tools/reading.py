"""How well the reader of documents reads: precision and recall on the marked clauses, as docs/reading.md shows them.

.venv/bin/python tools/reading.py            writes docs/reading.md's figures anew
.venv/bin/python tools/reading.py --misses   lists what was missed and what was wrongly proposed, development only
.venv/bin/python tools/reading.py --check    fails when the page does not agree
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from yingshang.areas.policies.reading.proposals import KINDS, Proposal
from yingshang.areas.policies.reading.reader import read_document
from yingshang.areas.policies.sentences import split_sentences
from yingshang.kernel.reference.api import policy_catalogue

ROOT = Path(__file__).resolve().parent.parent
MARKS = ROOT / "tests" / "areas" / "policies" / "data" / "marked_clauses.yaml"
EXAMPLES = ROOT / "examples" / "policies"
PAGE = ROOT / "docs" / "reading.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
PARTS = ("development", "held-out")


@dataclass
class Score:
    """Marks and proposals of one kind: how many there are, how many agree."""

    marked: int = 0
    proposed: int = 0
    right: int = 0
    figure_right: int = 0

    def row(self) -> list[str]:
        return [
            str(self.marked),
            str(self.proposed),
            str(self.right),
            _share(self.right, self.proposed),
            _share(self.right, self.marked),
            _share(self.figure_right, self.marked),
        ]


@dataclass
class Measured:
    """The scores of one part, by kind and by how sure the reader was; and what did not agree."""

    kinds: dict[str, Score] = field(default_factory=dict)
    sure: dict[str, Score] = field(default_factory=dict)
    texts: int = 0
    whole: int = 0
    misses: list[str] = field(default_factory=list)


def measure(part: str) -> Measured:
    """The reader on every marked text of a part."""
    data: dict[str, Any] = yaml.safe_load(MARKS.read_text(encoding="utf-8"))
    catalogue = policy_catalogue()
    result = Measured(
        {kind: Score() for kind in KINDS}, {name: Score() for name in ("high", "medium", "low")}
    )
    for code, item in data["items"].items():
        if item["part"] != part:
            continue
        region = _region(code)
        for each in item["texts"]:
            proposals = read_document(split_sentences(each["text"]), catalogue, region=region)
            _score(result, code, each, list(proposals))
    return result


def _score(result: Measured, code: str, each: dict[str, Any], proposals: list[Proposal]) -> None:
    marks = [tuple(mark.split(" ", 1)) for mark in each["marks"]]
    proposals = list(_once(proposals))
    wanted = Counter((kind, canonical(statement)) for kind, statement in marks)
    figures = Counter((kind, figure(statement)) for kind, statement in marks)
    seen = Counter((one.kind, canonical(one.statement)) for one in proposals)
    seen_figures = Counter((one.kind, figure(one.statement)) for one in proposals)
    for kind, _ in marks:
        result.kinds[kind].marked += 1
    for (kind, _), count in (wanted & seen).items():
        result.kinds[kind].right += count
    for (kind, _), count in (figures & seen_figures).items():
        result.kinds[kind].figure_right += count
    left = Counter(wanted)
    for one in proposals:
        key = (one.kind, canonical(one.statement))
        result.kinds[one.kind].proposed += 1
        result.sure[one.confidence].proposed += 1
        if left[key] > 0:
            left[key] -= 1
            result.sure[one.confidence].right += 1
        else:
            result.misses.append(
                f"{code} {each['at']} proposed {one.kind} {one.statement} [{one.rule}] in {each['text']}"
            )
    result.misses += [
        f"{code} {each['at']} missed {kind} {statement} in {each['text']}"
        for (kind, statement), count in left.items()
        if count > 0
    ]
    result.texts += 1
    result.whole += wanted == seen


def _once(proposals: list[Proposal]) -> Iterator[Proposal]:
    """A condition that two sentences of a text repeat is one; two amounts alike are two."""
    seen: set[tuple[str, str]] = set()
    for one in proposals:
        key = (one.kind, canonical(one.statement))
        if one.kind in ("amount", "cap", "band") or key not in seen:
            seen.add(key)
            yield one


def canonical(statement: str) -> str:
    """A statement with its numbers in one form and its lists in one order."""
    head, sep, tail = statement.partition(" in ")
    if sep and not tail.startswith(("[", "(")):
        return f"{head} in {', '.join(sorted(each.strip() for each in tail.split(',')))}"
    head, sep, tail = statement.partition(" contains ")
    if sep:
        return f"{head} contains {', '.join(sorted(each.strip() for each in tail.split(',')))}"
    if re.fullmatch(r"[A-T\d, ]+", statement):
        return ", ".join(sorted(each.strip() for each in statement.split(",")))
    return re.sub(r"\d+(?:\.\d+)?(?![\d\-])", _number, statement)


def figure(statement: str) -> str:
    """The comparison and the figure of a statement, whatever fact it is said of."""
    statement = canonical(statement)
    statement = re.sub(r" \* .*$", "", statement)
    statement = re.sub(r"/.*$", "", statement)
    return re.sub(r"^[a-z?][\w.?]* (?=[<>=]|in|contains)", "", statement)


def _number(match: re.Match[str]) -> str:
    try:
        written = format(Decimal(match[0]).normalize(), "f")
    except InvalidOperation:
        return match[0]
    return written


def _region(code: str) -> str:
    data = next(yaml.safe_load_all((EXAMPLES / f"{code}.yaml").read_text(encoding="utf-8")))
    return str(data.get("region") or "")


def figures() -> str:
    """The tables of the page."""
    lines: list[str] = []
    for part in PARTS:
        result = measure(part)
        lines += [f"### {_TITLES[part]}", ""]
        lines += [
            f"{result.texts} texts. In {result.whole} of them everything marked was proposed and nothing else.",
            "",
            *_table(
                ["kind", "marked", "proposed", "right", "precision", "recall", "recall of the figure alone"],
                [
                    [kind, *score.row()]
                    for kind, score in result.kinds.items()
                    if score.marked or score.proposed
                ]
                + [["**all**", *_total(result).row()]],
            ),
            "",
            *_table(
                ["the reader said", "proposed", "right", "precision"],
                [
                    [name, str(score.proposed), str(score.right), _share(score.right, score.proposed)]
                    for name, score in result.sure.items()
                ],
            ),
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


_TITLES = {"development": "Development items", "held-out": "Held-out items"}


def _total(result: Measured) -> Score:
    total = Score()
    for score in result.kinds.values():
        total.marked += score.marked
        total.proposed += score.proposed
        total.right += score.right
        total.figure_right += score.figure_right
    return total


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "|".join("---" if not at else "---:" for at in range(len(head))) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "—"


def page_figures(page: str) -> str:
    """What the page says now."""
    return page.partition(BEGIN)[2].partition(END)[0].strip() + "\n"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.misses:
        print("\n".join(measure("development").misses))
        return 0
    written = figures()
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else f"{BEGIN}\n{END}\n"
    if chosen.check:
        if page_figures(page) != written:
            print("docs/reading.md does not agree; run: .venv/bin/python tools/reading.py", file=sys.stderr)
            return 1
        return 0
    head, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n\n{written}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
