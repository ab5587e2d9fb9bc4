"""While an appeal about an obligation is open nobody strikes that off; once it has ended, it may be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from yingshang.areas.appeals.api import FollowedAppeal
from yingshang.areas.contracts.api import block_obligation, blocked_obligations, unblock_obligation
from yingshang.kernel.access.api import system_actor

PLATFORM = system_actor("arrears")
APPEAL = "appeal"
LABEL = "诉求 "
"""How a block names its appeal, before its number."""


def keep_blocks(appeals: Sequence[FollowedAppeal], now: datetime) -> None:
    """Block what open appeals are about, and nothing else any more. An anonymous one blocks nothing: it would tell the
    unit whose it is.
    """
    for appeal in appeals:
        wanted = {int(each) for each in appeal.about} if appeal.open and not appeal.anonymous else set()
        held = set(blocked_obligations(kind=APPEAL, reference=str(appeal.id)))
        # In one order, as each of them is locked.
        for obligation_id in sorted(wanted - held):
            block_obligation(
                obligation_id=obligation_id,
                kind=APPEAL,
                reference=str(appeal.id),
                label=f"{LABEL}{appeal.number}",
                actor=PLATFORM,
                now=now,
            )
        for obligation_id in sorted(held - wanted):
            unblock_obligation(
                obligation_id=obligation_id, kind=APPEAL, reference=str(appeal.id), actor=PLATFORM, now=now
            )
