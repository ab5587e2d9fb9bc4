"""Without a passed review nothing can be funded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ..models import ItemVersion


@dataclass(frozen=True, slots=True)
class FundingObstacle:
    """Why money must not be paid under an item."""

    code: str
    message: str
    message_zh: str


def funding_obstacle(*, code: str, day: date) -> FundingObstacle | None:
    """Why nothing can be paid under the item on a day, None if it can: it is in force, and its version has passed."""
    row = ItemVersion.objects.filter(item__code=code, state="published").first()
    if row is None:
        return FundingObstacle(
            "not_published", f"{code} is not published", f"“{code}”没有已发布的版本，不能拨付资金"
        )
    passed = row.reviews.filter(state="passed").first()
    if passed is None or row.approved_at is None or passed.digest != row.digest:
        return FundingObstacle(
            "not_reviewed",
            f"version {row.number} of {code} has not passed the standardisation review",
            f"“{row.name}”第 {row.number} 版没有通过标准化审查，财政不予拨付资金",
        )
    if (row.effective_from and day < row.effective_from) or (row.effective_to and day > row.effective_to):
        return FundingObstacle(
            "not_in_force",
            f"{code} is not in force on {day}",
            f"“{row.name}”在 {day} 不在有效期内，不能拨付资金",
        )
    return None


def is_fundable(*, code: str, day: date) -> bool:
    """Whether money may be paid under the item on a day."""
    return funding_obstacle(code=code, day=day) is None
