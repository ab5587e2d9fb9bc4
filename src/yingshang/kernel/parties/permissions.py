"""What roles and mandates may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("parties.view", "查看主体与事实", "see parties and their facts"),
        Permission("parties.view_personal", "查看个人信息", "see personal data in the clear"),
        Permission("parties.import", "导入主体与事实", "import parties and facts"),
        # In no role: the platform itself keeps the snapshot up to date.
        Permission("parties.update_snapshot", "更新画像快照", "update the snapshot of portraits"),
        Permission("parties.merge", "合并重复主体", "merge duplicate parties"),
        Permission("parties.view_agencies", "查看机构与区划", "see agencies and regions"),
        Permission("parties.manage_agencies", "管理机构", "manage agencies"),
        Permission("parties.view_catalogue", "查看事实目录", "see the catalogue of facts"),
        Permission("parties.view_own", "查看本企业信息", "see one's own enterprise"),
        Permission(
            "parties.view_own_personal", "查看本企业个人信息", "see personal data of one's own enterprise"
        ),
        Permission(
            "parties.declare_own", "为本企业填报数据", "declare facts that are one's own enterprise's to tell"
        ),
        Permission("mandates.grant", "授权经办人", "authorise clerks of one's own enterprise"),
    )
)
