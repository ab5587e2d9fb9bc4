"""The rules of a place: `data/terms.yaml`, with what a region sets for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from yingshang.kernel.clock.api import Term
from yingshang.kernel.reference.api import parse_yaml


@dataclass(frozen=True, slots=True)
class Named:
    """A code with its name in both languages, and the term that comes with it, if one does."""

    code: str
    name: str
    name_en: str
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class AppealRules:
    """What holds in a region."""

    difficulties: Mapping[str, Named]
    urgencies: Mapping[str, Named]
    channels: Mapping[str, Named]
    desk_kinds: tuple[str, ...]
    automatic_from: Decimal
    dispatch: Term
    bounce_within: Term
    bounces: int
    part: Term
    extensions: int
    extension_most: int
    reopen_days: int
    reopens: int
    reopened: Term
    silence_days: int
    notice: Term
    ladder: str
    step_ladder: str
    notice_ladder: str

    def term_of(self, difficulty: str) -> Term:
        """How long an appeal of this difficulty may take, from intake."""
        term = self.difficulties[difficulty].term
        assert term is not None
        return term

    def word_is_over(self, answered_at: datetime, disputed: int, now: datetime) -> bool:
        """Whether a supervisor may decide: who said it was silent for so long, or has not agreed before."""
        return bool(disputed) or now >= answered_at + timedelta(days=self.silence_days)


@cache
def rules_of(region_path: str = "") -> AppealRules:
    """The rules of a region: what the nearest division above it sets, row by row, and else what holds everywhere."""
    data = _data()
    merged = {key: value for key, value in data.items() if key not in {"metadata", "regions"}}
    own = [each for each in data.get("regions") or () if region_path.startswith(str(each["region"]))]
    for each in sorted(own, key=lambda row: len(str(row["region"]))):
        merged |= {key: value for key, value in each.items() if key not in {"region", "source"}}
    return AppealRules(
        difficulties=_named(merged["difficulties"], "term"),
        urgencies=_named(merged["urgencies"], "contact"),
        channels=_named(merged["channels"]),
        desk_kinds=tuple(merged["desk_kinds"]),
        automatic_from=Decimal(merged["automatic_from"]),
        dispatch=Term.from_dict(merged["dispatch"]),
        bounce_within=Term.from_dict(merged["bounce_within"]),
        bounces=int(merged["bounces"]),
        part=Term.from_dict(merged["part"]),
        extensions=int(merged["extensions"]),
        extension_most=Term.from_dict(merged["extension_most"]).amount,
        reopen_days=int(merged["reopen_days"]),
        reopens=int(merged["reopens"]),
        reopened=Term.from_dict(merged["reopened"]),
        silence_days=int(merged["silence_days"]),
        notice=Term.from_dict(merged["notice"]),
        ladder=str(merged["ladder"]),
        step_ladder=str(merged["step_ladder"]),
        notice_ladder=str(merged["notice_ladder"]),
    )


def _named(rows: Any, term: str = "") -> Mapping[str, Named]:
    return {
        each["code"]: Named(
            each["code"], each["name"], each["name_en"], Term.from_dict(each[term]) if term else None
        )
        for each in rows
    }


@cache
def _data() -> dict[str, Any]:
    return dict(parse_yaml((files(__package__) / "data/terms.yaml").read_text(encoding="utf-8")))
