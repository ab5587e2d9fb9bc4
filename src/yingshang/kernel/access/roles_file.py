"""Reading and checking the file of roles. Everything wrong is said at once, each with its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from django.conf import settings

from yingshang.rules.errors import PolicyError
from yingshang.rules.policy.marked_yaml import Marked, load_all

from .errors import InvalidRole, UnknownPermission
from .permissions import Permission, get_permission

REACHES = ("agency", "region", "subtree", "everywhere")
_REQUIRED = ("code", "name", "name_en", "reach", "permissions")
_FIELDS = {*_REQUIRED, "description", "conflicts", "administers", "second_factor"}


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """One role as the file describes it."""

    code: str
    name: str
    name_en: str
    description: str
    reach: str
    permissions: tuple[str, ...]
    conflicts: tuple[str, ...]
    administers: tuple[str, ...]
    second_factor: bool


@dataclass(frozen=True, slots=True)
class RolesFile:
    """The whole file: roles in the order of writing, and what mandates allow."""

    version: str
    roles: tuple[RoleDefinition, ...]
    legal_representative: tuple[str, ...]
    clerk: tuple[str, ...]


@cache
def roles_file() -> RolesFile:
    """The file of this platform: `ROLES_FILE`, or the one that lies beside the code."""
    return read_roles(
        Path(getattr(settings, "ROLES_FILE", "") or str(files(__package__) / "data/roles.yaml"))
    )


def grantable_powers() -> tuple[Permission, ...]:
    """What a legal representative may pass on to a clerk, for the form that asks."""
    return tuple(get_permission(code) for code in roles_file().legal_representative)


def read_roles(path: Path) -> RolesFile:
    """Read and check a file of roles. Raises InvalidRole with every problem and its place."""
    problems: list[tuple[str, str]] = []
    try:
        documents = list(load_all(path.read_text(encoding="utf-8"), path.name))
    except PolicyError as error:
        raise InvalidRole(
            f"{path.name}:{error.details.get('line', 1)}: {error.message}",
            message_zh=f"{path.name}:{error.details.get('line', 1)}：{error.message_zh}",
            **error.details,
        ) from None
    marked = documents[0] if documents else None
    if marked is None or not isinstance(marked.data, dict) or not isinstance(marked.data.get("roles"), list):
        raise InvalidRole(
            f"{path.name}: a list under 'roles' is missing", message_zh=f"{path.name}：缺少 roles 列表"
        )

    def note(where: tuple[str | int, ...], english: str, chinese: str) -> None:
        place = marked.place(*where)
        problems.append((f"{place}: {english}", f"{place}：{chinese}"))

    rows = marked.data["roles"]
    _check_rows(rows, note)
    mandates = _check_mandates(marked, note)
    if problems:
        raise InvalidRole(
            "; ".join(english for english, _ in problems),
            message_zh="；".join(chinese for _, chinese in problems),
            problems=[english for english, _ in problems],
        )
    return RolesFile(
        version=str((marked.data.get("metadata") or {}).get("version", "")),
        roles=tuple(_definition(row) for row in rows),
        legal_representative=tuple(mandates["legal_representative"]),
        clerk=tuple(mandates["clerk"]),
    )


Note = Callable[[tuple[str | int, ...], str, str], None]


def _check_rows(rows: list[Any], note: Note) -> None:
    seen: set[str] = set()
    usable: list[tuple[int, dict[str, Any]]] = []
    for index, row in enumerate(rows):
        where: tuple[str | int, ...] = ("roles", index)
        if not isinstance(row, dict):
            note(where, "a role is a mapping", "角色应为映射")
            continue
        missing = [field for field in _REQUIRED if not row.get(field) and field != "permissions"]
        if missing or "permissions" not in row:
            names = ", ".join(missing or ["permissions"])
            note(where, f"missing: {names}", f"缺少：{names}")
            continue
        for field in sorted(set(row) - _FIELDS):
            note((*where, field), f"unknown field {field!r}", f"未知字段“{field}”")
        if row["code"] in seen:
            note((*where, "code"), f"{row['code']!r} is written twice", f"角色“{row['code']}”重复")
        seen.add(row["code"])
        if row["reach"] not in REACHES:
            allowed = ", ".join(REACHES)
            note(
                (*where, "reach"),
                f"reach {row['reach']!r} is none of {allowed}",
                f"范围“{row['reach']}”应为 {allowed} 之一",
            )
        if row.get("second_factor", "optional") not in ("required", "optional"):
            note(
                (*where, "second_factor"),
                f"second_factor {row['second_factor']!r} is neither required nor optional",
                f"second_factor“{row['second_factor']}”应为 required 或 optional",
            )
        if all(_check_list(row, field, where, note) for field in ("permissions", "conflicts", "administers")):
            usable.append((index, row))
        if isinstance(row["permissions"], list):
            _check_permissions(row["permissions"], (*where, "permissions"), note)
    _check_references(usable, seen, note)


def _check_list(row: dict[str, Any], field: str, where: tuple[str | int, ...], note: Note) -> bool:
    if isinstance(row.get(field, []), list):
        return True
    note((*where, field), f"{field} is a list", f"{field} 应为列表")
    return False


def _check_references(rows: list[tuple[int, dict[str, Any]]], known: set[str], note: Note) -> None:
    conflicts = {row["code"]: row.get("conflicts", []) for _, row in rows}
    for index, row in rows:
        for field in ("conflicts", "administers"):
            for position, other in enumerate(row.get(field, [])):
                where = ("roles", index, field, position)
                if other not in known:
                    note(where, f"no role {other!r}", f"没有角色“{other}”")
                elif field == "conflicts" and other == row["code"]:
                    note(where, f"{other!r} conflicts with itself", f"角色“{other}”不能与自己互斥")
                elif field == "conflicts" and row["code"] not in conflicts.get(other, [row["code"]]):
                    note(
                        where,
                        f"{row['code']!r} conflicts with {other!r}, but not the other way round; write it on both",
                        f"角色“{row['code']}”与“{other}”互斥，但“{other}”一方没有写；两方都要写",
                    )


def _check_permissions(codes: list[Any], where: tuple[str | int, ...], note: Note) -> None:
    for position, code in enumerate(codes):
        try:
            get_permission(str(code))
        except UnknownPermission as error:
            note((*where, position), error.message, error.message_zh)


def _check_mandates(marked: Marked, note: Note) -> dict[str, list[str]]:
    mandates = marked.data.get("mandates")
    result: dict[str, list[str]] = {}
    for kind in ("legal_representative", "clerk"):
        powers = mandates.get(kind) if isinstance(mandates, dict) else None
        if not isinstance(powers, list):
            note(("mandates", kind), f"a list of powers of {kind} is missing", f"缺少 {kind} 的权限列表")
            powers = []
        _check_permissions(powers, ("mandates", kind), note)
        result[kind] = powers
    for position, power in enumerate(result["clerk"]):
        if power not in result["legal_representative"]:
            note(
                ("mandates", "clerk", position),
                f"a legal representative does not hold {power!r} and cannot pass it on",
                f"法定代表人没有“{power}”，不能授予经办人",
            )
    return result


def _definition(row: dict[str, Any]) -> RoleDefinition:
    return RoleDefinition(
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        description=row.get("description", ""),
        reach=row["reach"],
        permissions=tuple(row["permissions"]),
        conflicts=tuple(row.get("conflicts", [])),
        administers=tuple(row.get("administers", [])),
        second_factor=row.get("second_factor", "optional") == "required",
    )
