"""The rules of the ladder: `data/ladder.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.clock.api import InvalidTerm, Term
from yingshang.kernel.documents.api import Series
from yingshang.kernel.reference.api import parse_yaml

from ..errors import InvalidRules

FILE = "data/ladder.yaml"


@dataclass(frozen=True, slots=True)
class Timed:
    """How long a step may take, and by which ladder somebody is told."""

    term: Term
    ladder: str


@dataclass(frozen=True, slots=True)
class Named:
    """A code with its name in both languages."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Body:
    """A body that cases are transferred to, the kinds of agency it may be, and what is usually proposed to it."""

    code: str
    name: str
    name_en: str
    kinds: tuple[str, ...]
    proposal: str


@dataclass(frozen=True, slots=True)
class LadderRules:
    """What `data/ladder.yaml` says."""

    ladder: str
    watch_days: int
    supervising_kinds: tuple[str, ...]
    # After how many days they are told again where it stays so.
    tell_again_days: int
    # Of who is told where nobody supervises the permission, and the page.
    unsupervised: tuple[tuple[str, str], ...]
    # What the numbers of notices, cases and transfers are of.
    notices: Series
    cases: Series
    transfers: Series
    demand: str
    notice: Timed
    confirmation: Timed
    agreement: Timed
    case: Timed
    transfer: Timed
    steps: Mapping[str, Named]
    bodies: Mapping[str, Body]


@cache
def rules() -> LadderRules:
    """The rules as they are written. Raises InvalidRules."""
    written = parse_yaml((files("yingshang.areas.contracts") / FILE).read_text(encoding="utf-8"))
    return read_rules(written)


def read_rules(written: Any) -> LadderRules:
    """Rules as people write them. Raises InvalidRules."""
    try:
        return LadderRules(
            ladder=str(written["ladder"]),
            watch_days=_days(written["watch_days"]),
            supervising_kinds=tuple(written["supervising_kinds"]),
            tell_again_days=_days(written["tell_again_days"]),
            unsupervised=tuple(
                (str(each["permission"]), str(each["link"])) for each in written["unsupervised"]
            ),
            notices=Series.from_dict("contract_supervision", written["series"]["notices"]),
            cases=Series.from_dict("contract_case", written["series"]["cases"]),
            transfers=Series.from_dict("contract_transfer", written["series"]["transfers"]),
            demand=str(written["demand"]),
            notice=_timed(written["notice"]),
            confirmation=_timed(written["confirmation"]),
            agreement=_timed(written["agreement"]),
            case=_timed(written["case"]),
            transfer=_timed(written["transfer"]),
            steps={row["code"]: Named(row["code"], row["name"], row["name_en"]) for row in written["steps"]},
            bodies={
                row["code"]: Body(
                    row["code"], row["name"], row["name_en"], tuple(row["kinds"]), str(row["proposal"])
                )
                for row in written["bodies"]
            },
        )
    except (KeyError, TypeError, ValueError, InvalidTerm) as error:
        raise InvalidRules(
            f"{FILE}: {type(error).__name__}: {error}",
            message_zh=f"{FILE} 不能读取：{error}",
            file=FILE,
        ) from error


def _days(written: Any) -> int:
    if isinstance(written, bool) or not isinstance(written, int) or not 1 <= written <= 365:
        raise ValueError(f"{written!r}: days are a whole number from 1 to 365")
    return written


def _timed(written: Any) -> Timed:
    return Timed(Term.from_dict(written["term"]), str(written["ladder"]))
