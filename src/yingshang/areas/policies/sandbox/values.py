"""What the sandbox answers: frozen values that go to pages as they are, and to the database as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .parameters import Dial


@dataclass(frozen=True, slots=True)
class Side:
    """One version over the population. Amounts in fen.

    `certain` is surely paid, `possible` what it could come to if every undecided turned out entitled; `amount_unknown`
    counts those whose amount has no known upper end, which are not in `possible` beyond what is sure. `errors` counts
    enterprises whose conditions, `amount_errors` those whose amount, cannot be computed.
    """

    entitled: int = 0
    undecided: int = 0
    refused: int = 0
    errors: int = 0
    certain: int = 0
    possible: int = 0
    amount_unknown: int = 0
    amount_errors: int = 0
    beyond_quota: int = 0


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group of a breakdown, before and after."""

    key: str
    label: str
    subjects: int
    entitled: int
    undecided: int
    certain: int
    possible: int
    base_entitled: int
    base_certain: int
    base_possible: int
    gain: int
    lose: int


@dataclass(frozen=True, slots=True)
class MissingFact:
    """A fact that is not known of undecided enterprises. `alone`: it is the only one, so it decides them."""

    column: str
    name: str
    agency: str
    open: int
    alone: int


@dataclass(frozen=True, slots=True)
class Example:
    """An enterprise by its credit code, why it is shown, and its amounts in fen before and after."""

    code: str
    reason: str
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an item with these figures comes to over a population.

    `base` is the version in force, number `base_number`; None if the item was never published. `within` says whether
    the budget holds: certainly, possibly or not; "" without one. `by` has a breakdown by region, industry, size,
    ownership and age.
    """

    subjects: int
    side: Side
    base: Side | None
    base_number: int | None
    gain: int
    lose: int
    up: int
    down: int
    budget: int | None
    within: str
    by: dict[str, tuple[GroupRow, ...]]
    missing: tuple[MissingFact, ...]
    errors: tuple[Example, ...]
    gained: tuple[Example, ...]
    lost: tuple[Example, ...]
    computed: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For keeping: everything but the enterprises, who are not part of a decision file."""
        return {**asdict(self), "errors": [], "gained": [], "lost": []}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Outcome:
        """What `as_dict` wrote."""
        return cls(
            **{
                **data,
                "side": Side(**data["side"]),
                "base": Side(**data["base"]) if data["base"] else None,
                "by": {name: tuple(GroupRow(**row) for row in rows) for name, rows in data["by"].items()},
                "missing": tuple(MissingFact(**each) for each in data["missing"]),
                "errors": (),
                "gained": (),
                "lost": (),
            }
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: figures and budget as typed; an empty day means the one the item suggests."""

    code: str
    number: int
    figures: tuple[tuple[str, str], ...] = ()
    budget: str = ""
    day: date | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What an item lets one move, before anything is computed.

    `written` are the numbers its text holds besides parameters. `revision` is that of the version; `open_number` the
    version that is being worked on, None if there is none.
    """

    code: str
    number: int
    state: str
    name: str
    numbers: tuple[tuple[int, str], ...]
    base_number: int | None
    day: date
    in_force: bool
    dials: tuple[Dial, ...]
    written: tuple[Dial, ...]
    figures: dict[str, Decimal]
    typed: dict[str, str]
    budget: int | None
    own_budget: int | None
    pays: bool
    region_path: str
    agency_id: int | None
    revision: int
    open_number: int | None
    refusals: dict[str, tuple[str, str]]
    problems: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome, or how far it is: `done` of `total`. `empty` says why there is none: snapshot, place."""

    setting: Setting
    outcome: Outcome | None
    places: tuple[str, ...]
    narrower: bool
    facts_at: datetime | None = None
    newer: bool = False
    empty: str = ""
    stage: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class TriedFigure:
    """A parameter in a scenario, as text: in force on the day ("" for none), and tried.

    `label` is what people call a number in the text of the item.
    """

    name: str
    unit: str
    present: str
    value: str
    label: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.label or self.name

    @property
    def changed(self) -> bool:
        return self.present != self.value


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """A saved scenario."""

    id: int
    code: str
    number: int
    item_name: str
    name: str
    day: date
    parameters: tuple[TriedFigure, ...]
    outcome: Outcome
    places: tuple[str, ...]
    facts_at: datetime
    created_at: datetime
    created_by_name: str
    document_id: int | None
    report_event: int | None
    removed: bool
