"""What roles, mandates and the platform itself may do here."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission(
            "policies.view_drafts", "查看未发布的政策事项", "see policy items before they are published"
        ),
        Permission("policies.author", "编写政策", "write policy documents and items"),
        Permission("policies.publish", "发布和撤回政策", "publish and withdraw policy items"),
        Permission(
            "policies.adopt",
            "将平台启用前的政策入库",
            "take policies that were issued before the platform into the library",
        ),
        Permission("policies.review", "审查政策事项", "review policy items before they are published"),
        Permission("policies.answer_comments", "答复公开征求的意见", "answer comments on drafts of policies"),
        Permission(
            "policies.view_matches",
            "查看符合政策条件的企业",
            "see which enterprises are entitled to policies",
        ),
        Permission(
            "policies.match_own", "查看本企业符合的政策", "see what one's own enterprise is entitled to"
        ),
        Permission("policies.run_matching", "运行政策匹配", "match policies against the register"),
    )
)
