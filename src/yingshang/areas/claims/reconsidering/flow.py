"""The flow of a claim that is taken up again, as `handlers.follow` follows it."""

from __future__ import annotations

from yingshang.kernel.flow.api import BoundFlow, BoundStep

from .actions.decide import AGAIN

_ALONE = frozenset({"delegate", "consult"})

FOLLOWED_AGAIN = BoundFlow(
    definition=AGAIN,
    lanes=("agency", "approving"),
    steps={
        "review": BoundStep({"supported": False}, allow=_ALONE | {"return", "reject"}),
        "approve": BoundStep(
            {"approved": True, "queued": True, "refused": True}, allow=_ALONE | {"reject"}, after=("review",)
        ),
    },
    others_allow=_ALONE,
)
"""What a version of that flow must have for claims to follow it."""
