"""Reads of experts, scorings and field checks. Until all scores are in, officials see neither single ones nor who
gives them; an expert sees their own sheets, and never who else was drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, agencies_that_may, colleagues, mask

from ..errors import ExpertNotFound, FieldCheckNotFound
from ..lifecycle import FIELD_CHECK, SCORING, SEAT
from ..models import Claim, Expert, FieldCheck, ItemTerms, PanelClaim, ScoreSheet, ScoringPanel, ScoringSeat
from ..reach import load_seen
from ..selectors import material_view
from ..values import MaterialView
from .drawing import SCORE, order_of
from .rules import Criterion, excluded_words
from .steps import EXPERTS, REVIEW, VIEW, no_scoring, own_seats, rules_of

MOST = 100


@dataclass(frozen=True, slots=True)
class ExpertView:
    """An expert of the register; the contact is masked. `seats` are those of scorings that are over."""

    id: int
    number: str
    name: str
    agency_name: str
    region_path: str
    fields: tuple[str, ...]
    employer_name: str
    employer_code: str
    contact: str
    active: bool
    seats: int


@dataclass(frozen=True, slots=True)
class PossibleExpert:
    """Somebody who holds the role of an expert and is not in the register."""

    agency_id: int
    agency_name: str
    user_id: int
    name: str


@dataclass(frozen=True, slots=True)
class ScoredClaim:
    """A claim that a panel scores, with its result once all are in."""

    claim_id: int
    number: str
    party_name: str
    active: bool
    result: Decimal | None


@dataclass(frozen=True, slots=True)
class ScoringSummary:
    """A panel: how many claims it scores, how many seats are done of how many, and until when."""

    id: int
    number: str
    item_code: str
    item_name: str
    state: str
    claims: int
    done: int
    seats: int
    due_on: date | None
    drawn_at: datetime
    drawn_by_name: str


@dataclass(frozen=True, slots=True)
class SheetView:
    """What one expert gave one claim: (criterion, points, remark), and the total."""

    claim_id: int
    points: tuple[tuple[str, str, str], ...]
    remark: str
    total: Decimal
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class SeatView:
    """A seat of a panel. `expert`, `employer` and `sheets` are empty until all scores are in."""

    id: int
    place: int
    state: str
    due_on: date
    late: bool
    reason: str
    expert: str
    employer: str
    sheets: tuple[SheetView, ...]


@dataclass(frozen=True, slots=True)
class ScoringDetail:
    """A panel with its seats. `secret`, `pool`, `order` and `passed` are told once it has ended: then anybody can draw
    it again.
    """

    summary: ScoringSummary
    criteria: tuple[Criterion, ...]
    result: str
    claims: tuple[ScoredClaim, ...]
    seats: tuple[SeatView, ...]
    commitment: str
    checkpoint_size: int
    checkpoint_root: str
    secret: str
    pool: tuple[str, ...]
    order: tuple[str, ...]
    passed: tuple[tuple[str, str], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ScorableClaim:
    """A claim for which experts can be drawn."""

    claim_id: int
    number: str
    party_name: str
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnScoring:
    """A panel as one of its experts sees it in the list."""

    panel_id: int
    number: str
    item_name: str
    state: str
    due_on: date
    late: bool
    claims: int
    done: int


@dataclass(frozen=True, slots=True)
class OwnClaim:
    """A claim to score: what was handed in with it, and one's own sheet if there is one."""

    claim_id: int
    number: str
    party_name: str
    materials: tuple[MaterialView, ...]
    sheet: SheetView | None


@dataclass(frozen=True, slots=True)
class OwnScoringDetail:
    """What an expert scores by, and what."""

    summary: OwnScoring
    criteria: tuple[Criterion, ...]
    claims: tuple[OwnClaim, ...]
    may_score: bool


@dataclass(frozen=True, slots=True)
class FieldPhotoView:
    """A photo of a visit."""

    id: int
    document_id: int
    name: str
    sha256: str
    placed: bool


@dataclass(frozen=True, slots=True)
class FieldCheckView:
    """A field check. `findings` are (code, point, what was found)."""

    id: int
    number: str
    claim_id: int
    claim_number: str
    item_name: str
    party_name: str
    state: str
    assigned_name: str
    mine: bool
    ordered_at: datetime
    ordered_by_name: str
    due_on: date
    late: bool
    photos_asked: int
    visited_on: date | None
    place: str
    findings: tuple[tuple[str, str, str], ...]
    conclusion: str
    summary: str
    latitude: Decimal | None
    longitude: Decimal | None
    recorded_at: datetime | None
    recorded_by_name: str
    answer: str
    answered_at: datetime | None
    answered_by_name: str
    reason: str
    photos: tuple[FieldPhotoView, ...]
    may_answer: bool

    @property
    def to_be_answered(self) -> bool:
        """Whether what was found stands before an approval."""
        return self.state == "recorded" and self.conclusion == "not_as_claimed"


@dataclass(frozen=True, slots=True)
class Assessments:
    """What experts and visits say of a claim, beside its decision. `scoring`, `field_check`: the terms have rules."""

    scored: ScoringDetail | None
    checks: tuple[FieldCheckView, ...]
    scoring: bool
    field_check: bool
    may_draw: bool
    may_order: bool


# --- words ------------------------------------------------------------------------------------------------------------


def scoring_states() -> dict[str, tuple[str, str, str]]:
    """State of a panel → its Chinese name, its English name, how a page colours it."""
    return {code: (each.name, each.name_en, each.tone) for code, each in SCORING.states.items()}


def seat_states() -> dict[str, tuple[str, str, str]]:
    """The same of a seat."""
    return {code: (each.name, each.name_en, each.tone) for code, each in SEAT.states.items()}


def field_check_states() -> dict[str, tuple[str, str, str]]:
    """The same of a field check."""
    return {code: (each.name, each.name_en, each.tone) for code, each in FIELD_CHECK.states.items()}


# --- the register -----------------------------------------------------------------------------------------------------


def experts(
    *, actor: Actor, text: str = "", active: bool | None = None, offset: int = 0, limit: int = 50
) -> tuple[tuple[ExpertView, ...], int]:
    """The experts within the actor's reach, newest first, and how many there are. Needs `claims.manage_experts`."""
    rows = _experts(actor)
    if active is not None:
        rows = rows.filter(active=active)
    for word in text.split():
        rows = rows.filter(
            Q(name__icontains=word) | Q(number__icontains=word) | Q(employer_name__icontains=word)
        )
    return tuple(_expert(each) for each in rows[offset : offset + limit]), rows.count()


def get_expert(*, actor: Actor, expert_id: int) -> ExpertView:
    """One of them. Raises ExpertNotFound."""
    row = _experts(actor).filter(pk=expert_id).first()
    if row is None:
        raise ExpertNotFound(
            f"no expert {expert_id}", message_zh="专家库中没有此人，或者您不能管理", value=expert_id
        )
    return _expert(row)


def possible_experts(*, actor: Actor, today: date) -> tuple[PossibleExpert, ...]:
    """Who could be put into the register: those who hold the role in an agency of the actor's own place."""
    scope = actor.require(EXPERTS)
    known = set(Expert.objects.values_list("user_id", flat=True))
    found = []
    for path in sorted(scope.subtrees | scope.regions):
        for desk in agencies_that_may(SCORE, region_path=path, today=today):
            if desk.region_path == path:
                found += [
                    PossibleExpert(desk.agency_id, desk.name, each.user_id, each.name)
                    for each in colleagues(SCORE, agency_id=desk.agency_id, today=today)
                    if each.user_id not in known
                ]
    return tuple(found)


def _experts(actor: Actor) -> QuerySet[Expert]:
    # Seats of a scoring that is under way are not counted: the register would tell who was drawn.
    told = Count("seats", filter=Q(seats__panel__state="completed"))
    rows = Expert.objects.select_related("agency").annotate(seats_count=told).order_by("-pk")
    return actor.require(EXPERTS).filter(rows, region="region_path")


def _expert(row: Expert) -> ExpertView:
    return ExpertView(
        row.pk,
        row.number,
        row.name,
        row.agency.name,
        row.region_path,
        tuple(row.fields),
        row.employer_name,
        row.employer_code,
        mask(row.contact),
        row.active,
        int(getattr(row, "seats_count", 0)),
    )


# --- scorings, for officials ------------------------------------------------------------------------------------------


def scorings(*, actor: Actor, claim_id: int | None = None) -> tuple[ScoringSummary, ...]:
    """The newest panels within the actor's reach. Needs `claims.view`. Two queries."""
    rows = actor.require(VIEW).filter(ScoringPanel.objects.all(), region="region_path")
    if claim_id is not None:
        rows = rows.filter(claims__claim=claim_id)
    return tuple(_summary(row) for row in rows.prefetch_related("claims", "seats")[:MOST])


def scorable(*, actor: Actor, item_code: str) -> tuple[ScorableClaim, ...]:
    """The claims of an item for which experts can be drawn. Needs `claims.review`."""
    scope = actor.require(REVIEW)
    terms = ItemTerms.objects.filter(item_code=item_code).first()
    if terms is None or not terms.scoring:
        return ()
    rows = scope.filter(Claim.objects.filter(item_code=item_code, state="reviewing"), region="region_path")
    rows = rows.exclude(pk__in=PanelClaim.objects.filter(active=True).values("claim"))
    found = rows.select_related("party__merged_into").order_by("submitted_at", "pk")[:MOST]
    return tuple(
        ScorableClaim(each.pk, each.number, each.enterprise.name, each.submitted_at) for each in found
    )


def get_scoring(*, actor: Actor, panel_id: int, now: datetime) -> ScoringDetail:
    """One panel. Needs `claims.view`. Raises ScoringNotFound."""
    rows = actor.require(VIEW).filter(ScoringPanel.objects.all(), region="region_path")
    row = rows.prefetch_related("claims__claim__party__merged_into").filter(pk=panel_id).first()
    if row is None:
        raise no_scoring(panel_id)
    return _detail(row, now)


def _summary(row: ScoringPanel) -> ScoringSummary:
    seats = [each for each in row.seats.all() if each.state in {"invited", "scored"}]
    waiting = [each.due_on for each in seats if each.state == "invited"]
    return ScoringSummary(
        row.pk,
        row.number,
        row.item_code,
        row.item_name,
        row.state,
        len(row.claims.all()),
        sum(each.state == "scored" for each in seats),
        len(seats),
        max(waiting) if waiting else None,
        row.drawn_at,
        row.drawn_by_name,
    )


def _detail(row: ScoringPanel, now: datetime) -> ScoringDetail:
    rules, told = rules_of(row), row.state == "completed"
    names = {each.code: each.name for each in rules.criteria}
    ended = row.state != "open"
    seats = list(row.seats.select_related("expert").prefetch_related("sheets"))
    words = excluded_words()
    return ScoringDetail(
        summary=_summary(row),
        criteria=rules.criteria,
        result=rules.result,
        claims=tuple(
            ScoredClaim(
                each.claim_id, each.claim.number, each.claim.enterprise.name, each.active, each.result
            )
            for each in row.claims.all()
        ),
        seats=tuple(
            SeatView(
                each.pk,
                each.place,
                each.state,
                each.due_on,
                each.state == "invited" and now > each.due_at,
                each.reason if told or each.state == "replaced" else "",
                f"{each.expert.name}（{each.expert.number}）" if told else "",
                each.expert.employer_name if told else "",
                tuple(_sheet(sheet, names) for sheet in each.sheets.all()) if told else (),
            )
            for each in seats
        ),
        commitment=row.commitment,
        checkpoint_size=row.checkpoint_size,
        checkpoint_root=row.checkpoint_root,
        secret=row.secret if ended else "",
        pool=tuple(row.pool) if ended else (),
        order=tuple(order_of(row)) if ended else (),
        passed=tuple((number, words[code].name) for number, code in row.excluded.items()) if ended else (),
        reason=row.reason,
    )


def _sheet(row: ScoreSheet, names: Mapping[str, str]) -> SheetView:
    return SheetView(
        row.claim_id,
        tuple(
            (names.get(code, code), str(each["points"]), str(each.get("remark") or ""))
            for code, each in row.entries.items()
        ),
        row.remark,
        row.total,
        row.submitted_at,
    )


# --- scorings, for experts --------------------------------------------------------------------------------------------


def own_scorings(*, actor: Actor, now: datetime) -> tuple[OwnScoring, ...]:
    """The panels the expert who asks was drawn for, those to be scored first. Needs `claims.score`."""
    rows = own_seats(actor).select_related("panel").prefetch_related("panel__claims", "sheets")
    found = sorted(rows, key=lambda each: (each.state != "invited", -each.pk))
    return tuple(_own(each, now) for each in found[:MOST])


def get_own_scoring(*, actor: Actor, panel_id: int, now: datetime) -> OwnScoringDetail:
    """One of them, with what was handed in with each claim. Raises ScoringNotFound."""
    rows = own_seats(actor).filter(panel=panel_id).select_related("panel")
    seat = rows.prefetch_related("panel__claims__claim__party__merged_into", "sheets").first()
    if seat is None:
        raise no_scoring(panel_id)
    criteria = rules_of(seat.panel).criteria
    names = {each.code: each.name for each in criteria}
    sheets = {each.claim_id: each for each in seat.sheets.all()}
    asked = [each.claim for each in seat.panel.claims.all() if each.active or each.claim_id in sheets]
    # Who stepped aside, or whose seat was given on, has nothing to read any more.
    reading = seat.state in {"invited", "scored"}
    materials: dict[int, list[MaterialView]] = {}
    if reading:
        for claim in asked:
            materials[claim.pk] = [material_view(each) for each in claim.materials.order_by("pk")]
    return OwnScoringDetail(
        _own(seat, now),
        criteria,
        tuple(
            OwnClaim(
                each.pk,
                each.number,
                each.enterprise.name,
                tuple(materials.get(each.pk, ())),
                _sheet(sheets[each.pk], names) if each.pk in sheets else None,
            )
            for each in asked
            if reading
        ),
        seat.state == "invited" and seat.panel.state == "open",
    )


def _own(seat: ScoringSeat, now: datetime) -> OwnScoring:
    panel = seat.panel
    return OwnScoring(
        panel.pk,
        panel.number,
        panel.item_name,
        seat.state,
        seat.due_on,
        seat.state == "invited" and now > seat.due_at,
        sum(each.active for each in panel.claims.all()),
        len(seat.sheets.all()),
    )


# --- field checks -----------------------------------------------------------------------------------------------------


def field_checks(
    *, actor: Actor, mine: bool = False, state: str = "", now: datetime
) -> tuple[FieldCheckView, ...]:
    """The newest field checks within the actor's reach, those to be made first. Needs `claims.view`."""
    rows = _checks(actor)
    if mine:
        rows = rows.filter(assigned=int(actor.identifier) if actor.kind == "user" else 0)
    if state:
        rows = rows.filter(state=state)
    found = [_check(each, actor, now) for each in rows[:MOST]]
    return tuple(sorted(found, key=lambda each: (not each.to_be_answered, each.state != "ordered", -each.id)))


def get_field_check(*, actor: Actor, check_id: int, now: datetime) -> FieldCheckView:
    """One of them. Raises FieldCheckNotFound."""
    row = _checks(actor).filter(pk=check_id).first()
    if row is None:
        raise FieldCheckNotFound(
            f"no field check {check_id}", message_zh="没有这次实地核查，或者您不能查看", value=check_id
        )
    return _check(row, actor, now)


def may_read_photo(actor: Actor, identifier: str) -> bool:
    """Who may open a photo: officials who see the check."""
    if not identifier.isdigit() or not actor.may(VIEW):
        return False
    return _checks(actor).filter(pk=int(identifier)).exists()


def checkers(*, actor: Actor, claim_id: int, today: date) -> Sequence[tuple[int, str]]:
    """Who of the agency can be sent. Needs `claims.review`. Raises ClaimNotFound."""
    claim = load_seen(actor, claim_id, REVIEW)
    people = colleagues(REVIEW, agency_id=claim.agency_id, today=today)
    return [(each.user_id, each.name) for each in people]


def assessments_of(*, actor: Actor, claim_id: int, now: datetime) -> Assessments:
    """What stands beside the decision of a claim. Needs `claims.view`. Raises ClaimNotFound."""
    claim = load_seen(actor, claim_id, VIEW)
    panels = ScoringPanel.objects.filter(claims__claim=claim).order_by("-claims__active", "-pk")
    panel = panels.prefetch_related("claims__claim__party__merged_into").first()
    checks = [_check(each, actor, now) for each in _checks(actor).filter(claim=claim)]
    terms = ItemTerms.objects.filter(item_code=claim.item_code).only("scoring", "field_check").first()
    scoring, field_check = bool(terms and terms.scoring), bool(terms and terms.field_check)
    reviewing = claim.state == "reviewing" and actor.may(REVIEW)
    drawn = panel is not None and panel.state != "dropped"
    return Assessments(
        scored=_detail(panel, now) if panel else None,
        checks=tuple(checks),
        scoring=scoring,
        field_check=field_check,
        may_draw=reviewing and scoring and not drawn,
        may_order=reviewing and field_check and all(each.state != "ordered" for each in checks),
    )


def _checks(actor: Actor) -> QuerySet[FieldCheck]:
    rows = FieldCheck.objects.select_related("claim__party__merged_into").prefetch_related("photos")
    return actor.require(VIEW).filter(rows, region="region_path")


def _check(row: FieldCheck, actor: Actor, now: datetime) -> FieldCheckView:
    claim, own = row.claim, f"{actor.kind}:{actor.identifier}"
    return FieldCheckView(
        id=row.pk,
        number=row.number,
        claim_id=claim.pk,
        claim_number=claim.number,
        item_name=claim.item_name,
        party_name=claim.enterprise.name,
        state=row.state,
        assigned_name=row.assigned_name,
        mine=own == f"user:{row.assigned_id}",
        ordered_at=row.ordered_at,
        ordered_by_name=row.ordered_by_name,
        due_on=row.due_on,
        late=row.state == "ordered" and timezone.localdate(now) > row.due_on,
        photos_asked=row.photos_asked,
        visited_on=row.visited_on,
        place=row.place,
        findings=tuple(
            (str(each["code"]), str(each["name"]), str(row.findings.get(each["code"], "")))
            for each in row.points
        ),
        conclusion=row.conclusion,
        summary=row.summary,
        latitude=row.latitude,
        longitude=row.longitude,
        recorded_at=row.recorded_at,
        recorded_by_name=row.recorded_by_name,
        answer=row.answer,
        answered_at=row.answered_at,
        answered_by_name=row.answered_by_name,
        reason=row.reason,
        photos=tuple(
            FieldPhotoView(each.pk, each.document_id, each.name, each.sha256, each.latitude is not None)
            for each in row.photos.all()
        ),
        may_answer=(actor.may(REVIEW) or actor.may("claims.approve")) and own != row.recorded_by,
    )
