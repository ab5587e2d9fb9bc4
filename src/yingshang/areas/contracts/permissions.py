"""What roles, mandates and the platform itself may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("contracts.view_own", "查看本企业与政府的合同", "see one's own enterprise's contracts"),
        Permission(
            "contracts.state_own", "记录履约、确认收款", "say what was performed towards one's enterprise"
        ),
        Permission("contracts.view", "查看合同", "see contracts"),
        Permission("contracts.view_secret", "查看非公开合同的内容", "read contracts that are not open"),
        Permission(
            "contracts.register", "登记合同、履约和补充协议", "register contracts and what was performed"
        ),
        Permission("contracts.review", "审核登记的合同", "review what was registered"),
        Permission("contracts.head", "以单位负责人身份签批", "answer for a unit as its head"),
        Permission("contracts.supervise", "督办合同履约", "supervise contracts"),
        Permission("contracts.transfer", "移送督办案件", "transfer cases to other bodies"),
        Permission("contracts.receive", "接收移送案件", "receive transferred cases"),
        Permission("contracts.publish", "发布履约画像", "publish portraits"),
    )
)
