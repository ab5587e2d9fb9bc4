"""What roles and mandates may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("forms.fill_own", "填报本企业表单", "fill in forms of one's own enterprise"),
        Permission("forms.manage", "管理表单", "manage forms"),
    )
)
