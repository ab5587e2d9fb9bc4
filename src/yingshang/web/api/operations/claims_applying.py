"""Applying: a claim begun and handed in, several in one go, appointments, and the window."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status

from yingshang.areas.claims.api import (
    AppointmentView,
    BundleDraft,
    ClaimDetail,
    WindowChoice,
    WindowView,
    accept_at_window,
    appointment_of,
    appointments_on,
    begin_bundle,
    begin_claim,
    book_again,
    bundle_draft,
    cancel_appointment,
    claims,
    get_claim,
    get_visit,
    note_missed,
    service_windows,
    submit_bundle,
    submit_claim,
    tell_missing,
    windows_of_claim,
    withdraw_claim,
)
from yingshang.kernel.access.api import actor_from, needs

router = Router(tags=["兑现申请 · Applying for claims"])

OWN, VIEW, REVIEW = "claims.apply_own", "claims.view", "claims.review"


class OwnClaimOut(Schema):
    """One's own claim. Amounts are whole fen; null is not known. `bundle`: what it was applied for with."""

    id: int
    number: str
    item_code: str
    item_name: str
    mode: str
    state: str
    expected_fen: int | None
    award_fen: int | None
    bundle: str
    prefilled: int
    fields: int
    submitted_at: datetime | None


class SubmitIn(Schema):
    """Where the money goes. Of the mode once also the window and the time at which somebody comes."""

    account_id: int
    window_id: int | None = None
    starts_at: datetime | None = None


class WithdrawIn(Schema):
    """Why it is not wanted any more."""

    reason: str = Field("", max_length=400)


class SlotOut(Schema):
    """A stretch of time, and how many places of it are free."""

    starts_at: datetime
    ends_at: datetime
    left: int


class WindowChoiceOut(Schema):
    """A window a claim can be brought to, with every time that can be booked now."""

    id: int
    name: str
    address: str
    phone: str
    slots: list[SlotOut]


class AppointmentIn(Schema):
    """A window and the beginning of one of its stretches."""

    window_id: int
    starts_at: datetime


class AppointmentOut(Schema):
    """An appointment. `missing` is what was told at once."""

    id: int
    claim_id: int
    claim_number: str
    claim_state: str
    item_name: str
    party_name: str
    window_id: int
    window_name: str
    address: str
    starts_at: datetime
    ends_at: datetime
    state: str
    missing: list[str]
    note: str


class HoursOut(Schema):
    """When a window is open on one day of the week; Monday is 1."""

    weekday: int
    opens_at: str
    closes_at: str


class ServiceWindowOut(Schema):
    """A window and its hours. Days off by the platform's calendar are not listed."""

    id: int
    agency_name: str
    name: str
    address: str
    phone: str
    minutes: int
    places: int
    closed_on: list[str]
    active: bool
    hours: list[HoursOut]


class BundleIn(Schema):
    """For which enterprise, and at least two items."""

    party_id: int
    item_codes: list[str] = Field(max_length=20)


class BundleMaterialOut(Schema):
    """A material several items ask for, given once."""

    name: str
    items: list[str]
    required: bool
    complete: bool


class BundleVisitOut(Schema):
    """One visit to an agency for all of its items that need one: what is brought, and when somebody can come."""

    agency_id: int
    agency_name: str
    items: list[str]
    bring: list[str]
    windows: list[WindowChoiceOut]


class BundleOut(Schema):
    """Drafts that are handed in together. Amounts are whole fen; null while one is not certain."""

    number: str
    claims: list[int]
    materials: list[BundleMaterialOut]
    visits: list[BundleVisitOut]
    expected_fen: int | None
    needs_representative: bool
    confirmed: bool


class BundleVisitIn(Schema):
    """When somebody comes to an agency, for all of its items that need a visit."""

    agency_id: int
    window_id: int
    starts_at: datetime


class BundleSubmitIn(Schema):
    """Where the money of all of them goes, and one visit for each agency whose items need one."""

    account_id: int
    visits: list[BundleVisitIn] = Field([], max_length=20)


class AcceptIn(Schema):
    """The codes of the materials whose originals were seen."""

    seen: list[str] = Field([], max_length=100)
    opinion: str = Field("", max_length=400)


class MissingIn(Schema):
    """Everything that is missing, at once."""

    what: list[str] = Field(min_length=1, max_length=30)
    note: str = Field("", max_length=400)


@router.post(
    "/parties/{int:party_id}/claims/{item_code}",
    response={201: OwnClaimOut},
    summary="开始申请 · Begin a claim",
)
@needs(OWN)
def begin_one_claim(request: HttpRequest, party_id: int, item_code: str) -> Status[OwnClaimOut]:
    """A draft with what is known already; one that is a draft is gone on with."""
    number = begin_claim(actor=actor_from(request), party_id=party_id, code=item_code, now=timezone.now())
    return Status(201, _claim(request, number))


@router.post("/claims/{int:claim_id}/submission", response=OwnClaimOut, summary="提交申请 · Hand it in")
@needs(OWN)
def submit_one_claim(request: HttpRequest, claim_id: int, body: SubmitIn) -> OwnClaimOut:
    """What it was decided on is frozen. Instant ones are approved in the same moment; of two at once one is told so."""
    submit_claim(
        actor=actor_from(request),
        claim_id=claim_id,
        account_id=body.account_id,
        window_id=body.window_id,
        starts_at=_aware(body.starts_at),
        now=timezone.now(),
    )
    return _claim(request, claim_id)


@router.post("/claims/{int:claim_id}/withdrawal", response=OwnClaimOut, summary="撤回申请 · Withdraw it")
@needs(OWN)
def withdraw_one_claim(request: HttpRequest, claim_id: int, body: WithdrawIn) -> OwnClaimOut:
    """Before its payment is ordered."""
    withdraw_claim(actor=actor_from(request), claim_id=claim_id, reason=body.reason, now=timezone.now())
    return _claim(request, claim_id)


@router.get(
    "/claims/{int:claim_id}/windows", response=list[WindowChoiceOut], summary="可预约的窗口 · Times to come"
)
@needs(OWN)
def list_windows_of_claim(request: HttpRequest, claim_id: int) -> tuple[WindowChoice, ...]:
    """The windows a claim of the mode once can be brought to."""
    return windows_of_claim(actor=actor_from(request), claim_id=claim_id, now=timezone.now())


@router.post("/claims/{int:claim_id}/appointment", response=AppointmentOut, summary="改约 · Another time")
@needs(OWN)
def change_appointment(request: HttpRequest, claim_id: int, body: AppointmentIn) -> AppointmentView | None:
    """Another time for a claim that was handed in; the earlier one is free at once."""
    starts_at = _aware(body.starts_at)
    assert starts_at is not None
    book_again(
        actor=actor_from(request),
        claim_id=claim_id,
        window_id=body.window_id,
        starts_at=starts_at,
        now=timezone.now(),
    )
    return appointment_of(actor=actor_from(request), claim_id=claim_id)


@router.post(
    "/claims/{int:claim_id}/appointment/cancellation",
    response=OwnClaimOut,
    summary="取消预约 · Give the place back",
)
@needs(OWN)
def cancel_one_appointment(request: HttpRequest, claim_id: int) -> OwnClaimOut:
    """The claim stays handed in, and waits for another time."""
    cancel_appointment(actor=actor_from(request), claim_id=claim_id, now=timezone.now())
    return _claim(request, claim_id)


@router.post("/claim-bundles", response={201: BundleOut}, summary="一次申请多项 · Several items in one go")
@needs(OWN)
def begin_one_bundle(request: HttpRequest, body: BundleIn) -> Status[BundleOut]:
    """Drafts for several items that share a number: all of them or none."""
    number = begin_bundle(
        actor=actor_from(request), party_id=body.party_id, codes=body.item_codes, now=timezone.now()
    )
    return Status(201, _bundle(request, number))


@router.get("/claim-bundles/{number}", response=BundleOut, summary="一并申请的草稿 · Drafts of a number")
@needs(OWN)
def show_bundle(request: HttpRequest, number: str) -> BundleOut:
    """What they take together, each material once."""
    return _bundle(request, number)


@router.post(
    "/claim-bundles/{number}/submission", response=list[OwnClaimOut], summary="一并提交 · Hand all of them in"
)
@needs(OWN)
def submit_one_bundle(request: HttpRequest, number: str, body: BundleSubmitIn) -> list[OwnClaimOut]:
    """With one account: all of them or none, and the refusal says which item it is about."""
    actor = actor_from(request)
    submit_bundle(
        actor=actor,
        bundle=number,
        account_id=body.account_id,
        visits={each.agency_id: (each.window_id, each.starts_at) for each in body.visits},
        now=timezone.now(),
    )
    return [_claim(request, each.id) for each in claims(actor=actor, bundle=number, limit=50).rows]


@router.get("/claim-windows", response=list[ServiceWindowOut], summary="服务窗口 · Windows")
@needs(VIEW)
def list_service_windows(request: HttpRequest) -> list[ServiceWindowOut]:
    """The windows within one's reach, with their hours."""
    return [_window(each) for each in service_windows(actor=actor_from(request))]


@router.get("/claim-appointments", response=list[AppointmentOut], summary="窗口预约 · Who comes on a day")
@needs(REVIEW)
def list_appointments(
    request: HttpRequest, day: date | None = None, window_id: int | None = None
) -> tuple[AppointmentView, ...]:
    """Today's, unless another day is asked for."""
    return appointments_on(actor=actor_from(request), day=day or timezone.localdate(), window_id=window_id)


@router.post(
    "/claim-appointments/{int:appointment_id}/acceptance",
    response=AppointmentOut,
    summary="窗口受理 · Take the claim in",
)
@needs(REVIEW)
def accept_appointment(request: HttpRequest, appointment_id: int, body: AcceptIn) -> AppointmentView:
    """The review begins, accepted by this clerk."""
    actor = actor_from(request)
    accept_at_window(
        actor=actor,
        appointment_id=appointment_id,
        seen=body.seen,
        opinion=body.opinion,
        now=timezone.now(),
    )
    return get_visit(actor=actor, appointment_id=appointment_id).appointment


@router.post(
    "/claim-appointments/{int:appointment_id}/missing",
    response=AppointmentOut,
    summary="一次性告知 · Tell what is missing",
)
@needs(REVIEW)
def tell_what_is_missing(request: HttpRequest, appointment_id: int, body: MissingIn) -> AppointmentView:
    """All of it at once; it is handed in online, without a second visit."""
    actor = actor_from(request)
    tell_missing(
        actor=actor, appointment_id=appointment_id, what=body.what, note=body.note, now=timezone.now()
    )
    return get_visit(actor=actor, appointment_id=appointment_id).appointment


@router.post(
    "/claim-appointments/{int:appointment_id}/absence",
    response=AppointmentOut,
    summary="登记未到 · Nobody came",
)
@needs(REVIEW)
def note_absence(request: HttpRequest, appointment_id: int) -> AppointmentView:
    """The enterprise is told, and can come at another time."""
    actor = actor_from(request)
    note_missed(actor=actor, appointment_id=appointment_id, now=timezone.now())
    return get_visit(actor=actor, appointment_id=appointment_id).appointment


def _aware(moment: datetime | None) -> datetime | None:
    """A time without a zone is meant as here."""
    return timezone.make_aware(moment) if moment is not None and timezone.is_naive(moment) else moment


def _claim(request: HttpRequest, claim_id: int) -> OwnClaimOut:
    found: ClaimDetail = get_claim(actor=actor_from(request), claim_id=claim_id)
    row = found.summary
    return OwnClaimOut(
        id=row.id,
        number=row.number,
        item_code=row.item_code,
        item_name=row.item_name,
        mode=row.mode,
        state=row.state,
        expected_fen=row.expected_fen,
        award_fen=row.award_fen,
        bundle=row.bundle,
        prefilled=found.prefilled,
        fields=found.fields,
        submitted_at=row.submitted_at,
    )


def _bundle(request: HttpRequest, number: str) -> BundleOut:
    found: BundleDraft = bundle_draft(actor=actor_from(request), number=number, now=timezone.now())
    return BundleOut(
        number=found.number,
        claims=[each.claim.summary.id for each in found.drafts],
        materials=[
            BundleMaterialOut(
                name=each.name, items=list(each.items), required=each.required, complete=each.complete
            )
            for each in found.materials
        ],
        visits=[BundleVisitOut.from_orm(each) for each in found.visits],
        expected_fen=found.expected_fen,
        needs_representative=found.needs_representative,
        confirmed=found.confirmed,
    )


def _window(row: WindowView) -> ServiceWindowOut:
    return ServiceWindowOut(
        id=row.id,
        agency_name=row.agency_name,
        name=row.name,
        address=row.address,
        phone=row.phone,
        minutes=row.minutes,
        places=row.places,
        closed_on=list(row.closed_on),
        active=row.active,
        hours=[
            HoursOut(
                weekday=each.weekday, opens_at=f"{each.opens_at:%H:%M}", closes_at=f"{each.closes_at:%H:%M}"
            )
            for each in row.hours
        ],
    )
