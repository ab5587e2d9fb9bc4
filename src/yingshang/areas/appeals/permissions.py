"""What roles, mandates and the platform itself may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("appeals.file_own", "为本企业提出诉求", "appeal for one's own enterprise"),
        Permission("appeals.view", "查看诉求", "see appeals"),
        Permission("appeals.register", "登记热线、走访等渠道的诉求", "register appeals of other channels"),
        Permission("appeals.dispatch", "派单、并案和裁定", "dispatch and join appeals, and rule on them"),
        Permission("appeals.answer", "联系、办理和答复诉求", "deal with appeals"),
        Permission("appeals.approve", "审签答复，批准延期和中止", "approve replies, extensions and pauses"),
        Permission("appeals.supervise", "督办诉求", "supervise appeals"),
        Permission("appeals.list", "领导挂牌督办", "put appeals on a leader's list"),
        Permission("appeals.view_reporter", "查看诉求人联系方式", "see how to reach who appealed"),
        Permission("appeals.steward", "走访联系的企业", "visit the enterprises one is steward of"),
        Permission("appeals.manage_stewards", "管理服务管家和走访计划", "manage stewards and their plans"),
        Permission("appeals.keep_answers", "维护答复知识库", "keep the answer library"),
        Permission("appeals.suggest", "由诉求形成政策建议", "make suggestions to those who make policies"),
        Permission("appeals.answer_suggestions", "答复政策建议", "answer suggestions about policies"),
    )
)
