"""Who should deal with an appeal: a proposal with the agency there is, and whether the platform may act on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from yingshang.kernel.access.api import agencies_that_may
from yingshang.kernel.parties.api import AgencyRow, agencies_at
from yingshang.kernel.reference.api import Region, ancestors_of, code_of_path, find_region, region_path

from ..models import Appeal
from ..rules import rules_of
from .current import model_in_use
from .learned import Model
from .parameters import settings
from .places import NamedPlace, places_in, within_home
from .proposals import Proposal, propose
from .topics import kinds_within, topics

_CERTAIN_PLACE = 1.0
"""A place of this weight was named as such, not as part of the name of a company."""


@dataclass(frozen=True, slots=True)
class DispatchProposal:
    """What is proposed for an appeal. `agency` would deal with it, `others` would help or are the next to ask.

    `region_code` is where the agency was looked for: `place` says by which word, where the text names another place
    than the appeal was handed in for. `sure`: so sure, and such proposals were so often right among the cases held
    out, that the rules of the place let the platform dispatch by itself, to the agency that leads; never by the
    catalogue alone, and not where the text names another place.
    """

    proposal: Proposal
    agency: AgencyRow | None
    others: tuple[AgencyRow, ...]
    region_code: str
    place: NamedPlace | None
    model_number: int
    sure: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for `Appeal.proposal`."""
        said = self.proposal
        return {
            "topics": [[code, round(share, 4)] for code, share in said.topics],
            "topic": said.topic,
            "confidence": round(said.confidence, 4),
            "kinds": list(said.agency_kinds),
            "agency": self.agency.id if self.agency else None,
            "agency_name": self.agency.name if self.agency else "",
            "others": [[each.id, each.name] for each in self.others],
            "region": self.region_code,
            "region_name": region_path(self.region_code),
            "place": self.place.word if self.place else "",
            "difficulty": said.difficulty,
            "urgency": said.urgency,
            "reasons": [[each.word, round(each.weight, 3), each.source] for each in said.reasons],
            "model": self.model_number,
            "sure": self.sure,
        }


def propose_for(appeal: Appeal, *, today: date) -> DispatchProposal:
    """From its masked words: topic, agency, difficulty and urgency, with reasons. At most four queries."""
    number, model = model_in_use()
    text = f"{appeal.title}\n{appeal.text}"
    said = propose(text, model=model)
    own = _region_of(appeal.region_path)
    place = _place(text, own)
    code = place.code if place is not None else own.code
    agency, others, staffed = _agencies(said, code, today)
    rules = rules_of(appeal.region_path)
    least = float(rules.automatic_from)
    sure = (
        model is not None
        and agency is not None
        and staffed
        and agency.kind == kinds_within(topics()[said.topic], code)[0]
        and place is None
        and said.confidence >= least
        and _proven(model, least)
    )
    return DispatchProposal(said, agency, others, code, place, number, sure)


def _proven(model: Model, least: float) -> bool:
    """Whether held-out proposals so sure were right as often as they claimed, and were many enough to tell."""
    bands = [band for band in model.figures.get("bands", ()) if band["least"] >= least - 1e-9]
    count = sum(int(band["count"]) for band in bands)
    right = sum(float(band["right"]) * int(band["count"]) for band in bands)
    return count >= settings().learned.least_measured and right >= least * count


def _region_of(path: str) -> Region:
    return find_region(code_of_path(path)) or _country()


def _country() -> Region:
    found = find_region("000000")
    assert found is not None
    return found


def _place(text: str, own: Region) -> NamedPlace | None:
    """A county or smaller place of the same prefecture that the text names, unless what was chosen lies within it."""
    return next(
        (
            place
            for place in places_in(text, home=own.code)
            if place.weight >= _CERTAIN_PLACE
            and len(place.path) >= 6
            and within_home(place, own.code)
            and not own.path.startswith(place.path)
        ),
        None,
    )


def _agencies(
    said: Proposal, region_code: str, today: date
) -> tuple[AgencyRow | None, tuple[AgencyRow, ...], bool]:
    """The nearest agency for the first topic, where somebody answers appeals before an empty one; the next to ask."""
    if not said.topics:
        return None, (), False
    above = [each.code for each in ancestors_of(region_code)]
    first = kinds_within(topics()[said.topic], region_code)
    kinds = tuple(dict.fromkeys((*first, *said.agency_kinds)))
    rows = agencies_at(kinds=kinds, region_codes=above)
    path = _path_of(region_code)
    staffed = {each.agency_id for each in agencies_that_may("appeals.answer", region_path=path, today=today)}
    nearest = {kind: _nearest(rows, kind, above, staffed) for kind in kinds}
    found = [row for kind in first if (row := nearest[kind]) is not None]
    agency = next((row for row in found if row.id in staffed), found[0] if found else None)
    others = [row for row in nearest.values() if row is not None and row != agency]
    return agency, tuple(others[: settings().topics_kept]), agency is not None and agency.id in staffed


def _path_of(region_code: str) -> str:
    """The path of a region, as agencies above it are looked for."""
    return next(iter(ancestors_of(region_code))).path


def _nearest(
    rows: Iterable[AgencyRow], kind: str, above: Sequence[str], staffed: set[int]
) -> AgencyRow | None:
    """Of a kind the nearest where somebody sits; else the nearest."""
    own = sorted((row for row in rows if row.kind == kind), key=lambda row: above.index(row.region_code))
    return next((row for row in own if row.id in staffed), own[0] if own else None)
