"""Every permission there is, by room. A room adds its own in `declare`; a role can only hold declared ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .errors import UnknownPermission


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing a role may allow. `code` is `<room>.<verb or thing>`."""

    code: str
    name: str
    name_en: str


_declared: dict[str, Permission] = {}


def declare(permissions: Iterable[Permission]) -> None:
    """Make permissions known; called by a room's `permissions` module when Django starts. Repeating is harmless."""
    _declared.update({permission.code: permission for permission in permissions})


def permissions() -> tuple[Permission, ...]:
    """All declared permissions, by code."""
    return tuple(_declared[code] for code in sorted(_declared))


def get_permission(code: str) -> Permission:
    """The permission with this code. Raises UnknownPermission."""
    try:
        return _declared[code]
    except KeyError:
        raise UnknownPermission(
            f"no permission {code!r}", message_zh=f"没有名为“{code}”的权限", value=code
        ) from None


ACCESS = (
    Permission("access.view_users", "查看用户", "see users"),
    Permission("access.manage_users", "管理用户与任职", "manage users and appointments"),
    Permission("access.view_roles", "查看角色", "see roles"),
    Permission("access.view_audit", "查看操作记录", "see the record of actions"),
    Permission("access.manage_log", "管理存证日志", "manage the verifiable log"),
    Permission("access.manage_clients", "管理接入系统", "manage systems with access to the API"),
    Permission("access.review_bindings", "审核企业绑定", "review bindings of enterprises"),
)
declare(ACCESS)
