"""What mandates may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission(
            "objections.file_own", "对本企业信息提出异议", "object to facts held on one's own enterprise"
        ),
    )
)
