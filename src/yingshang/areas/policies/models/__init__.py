"""Tables of the area, by what they are about."""

from .library import ItemVersion, PolicyDocument, PolicyItem
from .matching import DecisionReceipt, Declaration, MatchBucket, MatchPart
from .review import Consultation, ConsultationComment, ExpiryReminder, FindingJudgement, Review
from .sandbox import SandboxScenario

__all__ = [
    "Consultation",
    "ConsultationComment",
    "DecisionReceipt",
    "Declaration",
    "ExpiryReminder",
    "FindingJudgement",
    "ItemVersion",
    "MatchBucket",
    "MatchPart",
    "PolicyDocument",
    "PolicyItem",
    "Review",
    "SandboxScenario",
]
