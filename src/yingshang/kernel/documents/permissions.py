"""What roles and mandates may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare((Permission("documents.manage_templates", "管理文书模板", "manage document templates"),))
