"""What roles and mandates may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("flow.work", "办理待办", "work on tasks"),
        Permission("flow.view", "查看办件", "see cases"),
        Permission("flow.assign", "转派待办", "reassign tasks"),
        Permission("flow.manage", "管理流程", "manage flows"),
    )
)
