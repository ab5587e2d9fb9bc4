"""Bring the roles of the database in line with their file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from yingshang.kernel.ledger.api import Target, record

from ..actors import Actor
from ..errors import InvalidRole, NotAllowed
from ..models import Appointment, Mandate, Role, SystemClient, User
from ..roles_file import RolesFile, read_roles, roles_file

_FIELDS = (
    "name",
    "name_en",
    "description",
    "reach",
    "permissions",
    "conflicts",
    "administers",
    "second_factor",
    "position",
)


def load_roles(*, actor: Actor, now: datetime, path: Path | None = None) -> tuple[str, ...]:
    """Load the file of roles; the codes of the roles that changed. Loading it again changes nothing.

    Only the platform itself does this, at its set-up and after a release. Raises InvalidRole when the file does not
    hold together, when it drops a role that somebody holds, or when somebody holds two roles that now conflict.
    """
    if actor.kind != "system":
        raise NotAllowed("roles are loaded by the platform", message_zh="角色由平台装载，不能在页面上修改")
    file = roles_file() if path is None else read_roles(path)
    with transaction.atomic():
        existing = {role.code: role for role in Role.objects.select_for_update()}
        before, after = _differences(existing, file)
        powers = list(file.legal_representative)
        outdated = Mandate.objects.filter(legal_representative=True, revoked_at__isnull=True).exclude(
            powers=powers
        )
        renewed = outdated.count()
        if not after and not before and not renewed:
            return ()
        _refuse_held(set(existing) - {role.code for role in file.roles}, file, now)
        Role.objects.filter(code__in=set(before) - set(after)).delete()
        Role.objects.bulk_create(
            [Role(code=code, **values) for code, values in after.items()],
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=_FIELDS,
        )
        outdated.update(powers=powers)
        record(
            actor=actor,
            action="access.roles_loaded",
            target=Target("roles", "roles", f"version {file.version}"),
            now=now,
            before=before,
            after={**after, "mandates_renewed": renewed} if renewed else after,
        )
    return tuple(sorted({*before, *after}))


def _differences(existing: dict[str, Role], file: RolesFile) -> tuple[dict[str, Any], dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for position, definition in enumerate(file.roles):
        wanted = {field: position if field == "position" else getattr(definition, field) for field in _FIELDS}
        wanted = {
            field: list(value) if isinstance(value, tuple) else value for field, value in wanted.items()
        }
        role = existing.get(definition.code)
        if role is not None and all(getattr(role, field) == value for field, value in wanted.items()):
            continue
        if role is not None:
            before[definition.code] = {field: getattr(role, field) for field in _FIELDS}
        after[definition.code] = wanted
    for code in set(existing) - {definition.code for definition in file.roles}:
        before[code] = {field: getattr(existing[code], field) for field in _FIELDS}
    return before, after


def _refuse_held(dropped: set[str], file: RolesFile, now: datetime) -> None:
    """Refuse to drop roles that were ever held, and conflicts between roles that one person holds."""
    held: set[str] = set()
    if dropped:
        held |= set(Appointment.objects.filter(role__code__in=dropped).values_list("role__code", flat=True))
        held |= set(SystemClient.objects.filter(role__code__in=dropped).values_list("role__code", flat=True))
    if held:
        names = ", ".join(sorted(held))
        raise InvalidRole(
            f"roles that are or were held cannot be dropped: {names}",
            message_zh=f"有人担任或曾担任的角色不能删除：{names}",
            roles=sorted(held),
        )
    holders: dict[str, set[int]] = {}
    for code, user_id in (
        Appointment.objects.filter(ended_at__isnull=True)
        .exclude(valid_until__lt=now.date())
        .filter(role__code__in=[definition.code for definition in file.roles if definition.conflicts])
        .values_list("role__code", "user_id")
    ):
        holders.setdefault(code, set()).add(user_id)
    for definition in file.roles:
        for other in definition.conflicts:
            if both := holders.get(definition.code, set()) & holders.get(other, set()):
                user = User.objects.get(pk=min(both))
                raise InvalidRole(
                    f"{user} holds both {definition.code} and {other}; end one of them first",
                    message_zh=f"{user}同时担任“{definition.code}”和“{other}”，请先终止其一",
                    roles=[definition.code, other],
                )
