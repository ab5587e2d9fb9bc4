"""Agencies: set up, renamed, given a document code, moved, closed and opened again. One use case each; none removes
anything.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.reference.api import get_agency_kind

from ..agency_moves import AgencyMove, tell_followers
from ..document_codes import free_document_code, is_taken
from ..errors import AgencyNotFound, InvalidAgency
from ..models import Agency, Region
from ..scope import contains

_PERMISSION = "parties.manage_agencies"
_LONGEST_NAME, _LONGEST_CODE = 80, 40


@transaction.atomic
def add_agency(
    *,
    actor: Actor,
    code: str,
    name: str,
    kind: str,
    region: str,
    now: datetime,
    parent_id: int | None = None,
    document_code: str = "",
) -> int:
    """Set up an agency in a region of the actor's scope; the number of it.

    Without `parent_id` the agency above is the one of the same kind in the nearest region above. Raises InvalidAgency
    for a code, a name or a document code that is taken, and UnknownAgencyKind.
    """
    place = _place(actor, region)
    get_agency_kind(kind)
    code = _text(code, "code", "机构代码", _LONGEST_CODE)
    name = _free_name(_text(name, "name", "名称", _LONGEST_NAME), place)
    if Agency.objects.filter(code=code).exists():
        raise InvalidAgency(
            f"there is an agency {code} already", message_zh=f"机构代码 {code} 已存在", field="code"
        )
    if parent_id is not None and not Agency.objects.filter(pk=parent_id).exists():
        raise _not_found(parent_id)
    document_code = free_document_code(document_code, now=now)
    agency = Agency.objects.create(
        code=code,
        name=name,
        kind=kind,
        region=place,
        parent_id=parent_id or _above(kind, place),
        document_code=document_code,
    )
    after = {"code": code, "name": name, "kind": kind, "region": region}
    if document_code:
        after["document_code"] = document_code
    _note(actor, "agency_added", agency, now, after=after)
    return agency.pk


@transaction.atomic
def rename_agency(*, actor: Actor, agency_id: int, name: str, now: datetime, reason: str = "") -> None:
    """Give an agency another name. Raises AgencyNotFound outside the scope, InvalidAgency when the name is taken."""
    agency = _load(actor, agency_id)
    before = agency.name
    name = _text(name, "name", "名称", _LONGEST_NAME)
    if name == before:
        raise InvalidAgency("it has this name already", message_zh="名称没有变化", field="name")
    agency.name = _free_name(name, agency.region)
    agency.save(update_fields=["name"])
    _note(actor, "agency_renamed", agency, now, before={"name": before}, after={"name": name}, reason=reason)


@transaction.atomic
def set_document_code(
    *, actor: Actor, agency_id: int, document_code: str, now: datetime, reason: str = ""
) -> None:
    """Give an agency the code 机关代字 that numbers of its documents begin with, another one, or none ("").

    What went out before keeps its number, and counting goes on. Raises AgencyNotFound outside the scope, InvalidAgency
    for what is no code, and for one that another agency has or has numbered documents with this year.
    """
    agency = _load(actor, agency_id)
    before = agency.document_code
    document_code = free_document_code(document_code, agency_id=agency_id, now=now)
    if document_code == before:
        raise InvalidAgency(
            "it has this document code already", message_zh="机关代字没有变化", field="document_code"
        )
    agency.document_code = document_code
    agency.save(update_fields=["document_code"])
    _note(
        actor,
        "agency_document_code_set",
        agency,
        now,
        before={"document_code": before},
        after={"document_code": document_code},
        reason=reason,
    )


@transaction.atomic
def move_agency(*, actor: Actor, agency_id: int, region: str, now: datetime, reason: str = "") -> None:
    """Put an agency into another region of the actor's scope; whoever holds a role in it goes along, and what other
    rooms keep of where it is (`register_agency_follower`)."""
    agency = _load(actor, agency_id)
    place = _place(actor, region)
    before = agency.region_id
    if region == before:
        raise InvalidAgency("it is in this region already", message_zh="所在地区没有变化", field="region")
    agency.name = _free_name(agency.name, place)
    agency.region = place
    agency.parent_id = _above(agency.kind, place)
    agency.save(update_fields=["name", "region", "parent"])
    _note(
        actor, "agency_moved", agency, now, before={"region": before}, after={"region": region}, reason=reason
    )
    tell_followers(AgencyMove(agency.pk, place.code, place.path, actor, now))


@transaction.atomic
def deactivate_agency(*, actor: Actor, agency_id: int, reason: str, now: datetime) -> None:
    """Close an agency. Raises InvalidAgency while people hold roles in it, without a reason, or if it is closed."""
    agency = _load(actor, agency_id)
    reason = _text(reason, "reason", "理由", 400)
    if not agency.is_active:
        raise InvalidAgency("it is closed already", message_zh="该机构已停用", value=agency_id)
    today = timezone.localdate(now)
    in_force = Q(valid_until__isnull=True) | Q(valid_until__gte=today)
    holders = agency.appointments.filter(in_force, ended_at__isnull=True).count()
    if holders:
        raise InvalidAgency(
            f"{holders} appointments in it are in force; end them first",
            message_zh=f"该机构还有 {holders} 个在任岗位，请先结束任职",
            value=holders,
        )
    agency.is_active = False
    agency.save(update_fields=["is_active"])
    _note(
        actor,
        "agency_deactivated",
        agency,
        now,
        before={"is_active": True},
        after={"is_active": False},
        reason=reason,
    )


@transaction.atomic
def activate_agency(*, actor: Actor, agency_id: int, now: datetime, reason: str = "") -> None:
    """Open a closed agency again; without its document code, where another one has that by now."""
    agency = _load(actor, agency_id)
    if agency.is_active:
        raise InvalidAgency("it is open", message_zh="该机构没有停用", value=agency_id)
    before: dict[str, Any] = {"is_active": False}
    after: dict[str, Any] = {"is_active": True}
    if agency.document_code and is_taken(agency.document_code, agency_id=agency_id, now=now):
        before["document_code"], after["document_code"] = agency.document_code, ""
        agency.document_code = ""
    agency.is_active = True
    agency.save(update_fields=["is_active", "document_code"])
    _note(actor, "agency_activated", agency, now, before=before, after=after, reason=reason)


# --- shared -----------------------------------------------------------------------------------------------------------


def _load(actor: Actor, agency_id: int) -> Agency:
    scope = actor.require(_PERMISSION)
    rows = Agency.objects.select_for_update(of=("self",)).select_related("region")
    found = scope.filter(rows, region="region__path", agency="pk").filter(pk=agency_id).first()
    if found is None:
        raise _not_found(agency_id)
    return found


def _place(actor: Actor, region: str) -> Region:
    scope = actor.require(_PERMISSION)
    found = Region.objects.filter(pk=region).first()
    if found is None or not contains(scope, found.path):
        raise InvalidAgency(
            f"no region {region!r} within your reach",
            message_zh=f"您管理的范围内没有区划 {region}",
            field="region",
            value=region,
        )
    return found


def _above(kind: str, place: Region) -> int | None:
    """The agency of this kind in the nearest region above."""
    paths = [place.path[:length] for length in range(len(place.path))]
    found = Agency.objects.filter(kind=kind, region__path__in=paths, is_active=True).order_by("-region__path")
    return found.values_list("pk", flat=True).first()


def _free_name(name: str, place: Region) -> str:
    if Agency.objects.filter(name=name, region=place, is_active=True).exists():
        raise InvalidAgency(
            f"there is an agency {name} in {place.name} already",
            message_zh=f"{place.name} 已有名为“{name}”的机构",
            field="name",
        )
    return name


def _text(text: str, field: str, label: str, longest: int) -> str:
    text = text.strip()
    if not 0 < len(text) <= longest:
        raise InvalidAgency(
            f"{field} takes 1 to {longest} characters",
            message_zh=f"{label}应为 1 到 {longest} 个字",
            field=field,
        )
    return text


def _not_found(agency_id: int) -> AgencyNotFound:
    return AgencyNotFound(
        f"no agency {agency_id}", message_zh=f"没有找到编号为 {agency_id} 的机构", value=agency_id
    )


def _note(actor: Actor, action: str, agency: Agency, now: datetime, *, reason: str = "", **what: Any) -> None:
    record(
        actor=actor,
        action=f"parties.{action}",
        target=Target(
            "agency", str(agency.pk), agency.name, region_path=agency.region.path, agency_id=agency.pk
        ),
        now=now,
        reason=reason.strip(),
        **what,
    )
