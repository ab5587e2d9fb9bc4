"""What roles may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("notices.view_outbox", "查看消息发送情况", "see how messages were delivered"),
        Permission("notices.retry", "重发失败的消息", "send failed messages again"),
        Permission("notices.manage_templates", "管理消息模板", "manage message templates"),
        Permission("notices.send_mass", "群发消息", "send messages to many"),
    )
)
