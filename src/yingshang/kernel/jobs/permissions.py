"""What roles may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("jobs.view", "查看任务", "see jobs"),
        Permission("jobs.retry", "重试任务", "retry failed jobs"),
    )
)
