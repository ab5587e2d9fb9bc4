"""Steps that several actions share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from yingshang.kernel.ledger.api import Target

from ..actors import Actor, Scope
from ..directory import user_not_found, users_in
from ..errors import AgencyNotFound, NotAllowed, RoleNotFound
from ..models import Appointment, Role, User


def load_user(user_id: int, *, scope: Scope) -> User:
    """The user within the scope, locked. Raises UserNotFound."""
    user = users_in(scope).select_for_update(of=("self",), no_key=True).filter(pk=user_id).first()
    if user is None:
        raise user_not_found(user_id)
    return user


def load_account(user_id: int, *, scope: Scope, now: datetime) -> User:
    """The user, locked, if the scope takes in the agency that keeps the account and every role they hold.

    Who holds a role further up, or has left for another place, is known here and managed there. Raises UserNotFound,
    NotAllowed.
    """
    user = load_user(user_id, scope=scope)
    held = Appointment.objects.filter(user=user, ended_at__isnull=True).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=timezone.localdate(now))
    )
    within = scope.filter(held, region="agency__region__path", agency="agency")
    kept = scope.filter(User.objects.filter(pk=user.pk), region="agency__region__path", agency="agency")
    if held.exclude(pk__in=within.values("pk")).exists() or (user.agency_id and not kept.exists()):
        raise NotAllowed(
            f"{user} holds a role outside this scope, or is kept by an agency outside it",
            message_zh=f"{user}还在您管理范围以外的机构任职，或者账号不由您管理的机构保管，须由上级办理",
        )
    return user


def load_agency(agency_id: int, *, scope: Scope) -> Any:
    """The open agency within the scope, with its region. Raises AgencyNotFound."""
    rows = apps.get_model("parties", "Agency")._default_manager.select_related("region")
    agency = scope.filter(rows.all(), region="region__path", agency="pk").filter(pk=agency_id).first()
    if agency is None or not agency.is_active:
        raise AgencyNotFound(
            f"no agency {agency_id}", message_zh="没有这个机构，或者它已停用", value=agency_id
        )
    return agency


def load_role(code: str) -> Role:
    """The role with this code. Raises RoleNotFound."""
    role = Role.objects.filter(code=code).first()
    if role is None:
        raise RoleNotFound(f"no role {code!r}", message_zh=f"没有角色“{code}”", value=code)
    return role


def require_administers(actor: Actor, role: Role, agency: Any, permission: str) -> None:
    """That one role of the actor both administers this role and reaches as far as it would. Raises NotAllowed."""
    if actor.kind == "system":
        return
    held = [grant for grant in actor.grants if permission in grant.permissions]
    administers = dict(
        Role.objects.filter(code__in=[grant.role for grant in held]).values_list("code", "administers")
    )
    for grant in held:
        scope = Actor("user", "", "", grants=(grant,)).scope(permission)
        covered = scope.covers(role.reach, agency_id=agency.pk, region_path=agency.region.path)  # type: ignore[arg-type]
        if covered and role.code in administers.get(grant.role, ()):
            return
    raise NotAllowed(
        f"{actor.name} may not give the role {role.code} in {agency}",
        message_zh=f"您不能在“{agency}”授予“{role.name}”：它超出您可以管理的角色或范围",
        role=role.code,
    )


def refuse_oneself(actor: Actor, user_id: int) -> None:
    """Nobody decides about their own rights. Raises NotAllowed."""
    if actor.kind == "user" and actor.identifier == str(user_id):
        raise NotAllowed("nobody gives a role to themself", message_zh="不能为自己任职、授权或启停账号")


def user_target(user: User, agency: Any = None) -> Target:
    """The user as an event names them, in the region of the agency that is concerned."""
    agency = agency or user.agency
    return Target(
        "user",
        str(user.pk),
        str(user),
        region_path=agency.region.path if agency else "",
        agency_id=agency.pk if agency else None,
    )
