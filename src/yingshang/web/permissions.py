"""Which faces a role opens."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("desk.open", "打开工作台", "open the workbench"),
        Permission("cockpit.open", "打开驾驶舱", "open the cockpit"),
    )
)
