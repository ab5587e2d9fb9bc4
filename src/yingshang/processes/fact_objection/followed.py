"""What an objection can follow of its flow, however that is edited: what else would happen has no state to go to."""

from __future__ import annotations

from yingshang.kernel.flow.api import BoundFlow, BoundStep

from .actions.file_objection import FLOW
from .handlers import CORRECTED

# Handed back to the enterprise an objection waits in `returned`, and only from the desk and the source it gets there
# (data/lifecycle.yaml).
_WITHOUT_RETURN = frozenset({"deficiency", "commitment", "consult", "delegate", "reject"})

FOLLOWED = BoundFlow(
    definition=FLOW,
    lanes=("service_center", "source_agency"),
    steps={
        "accept": BoundStep({"accepted": False, "refused": True}),
        "verify": BoundStep({"upheld": None, "rejected": None}, sets=(CORRECTED,), after=("accept",)),
        "reply": BoundStep({"replied": None}, allow=_WITHOUT_RETURN, after=("verify",), required=False),
    },
    others_allow=_WITHOUT_RETURN,
)
