"""What roles and mandates may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("clock.view", "查看时限", "see deadlines"),
        Permission("clock.pause", "暂停与恢复计时", "pause and resume clocks"),
        Permission("clock.extend", "延长时限", "extend deadlines"),
        Permission("clock.manage", "管理时限规则与日历", "manage ladders and calendars"),
    )
)
