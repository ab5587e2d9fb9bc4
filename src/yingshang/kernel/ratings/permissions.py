"""What officials may do about ratings."""

from __future__ import annotations

from yingshang.kernel.access.api import Permission, declare

declare(
    (
        Permission("ratings.view", "查看好差评", "see ratings"),
        Permission(
            "ratings.review", "回访、整改差评，提出申诉", "follow up bad ratings and appeal against them"
        ),
        Permission("ratings.decide", "处理对评价的申诉", "decide on appeals against ratings"),
    )
)
