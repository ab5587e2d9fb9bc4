"""Tables of the area, by what they are about."""

from .interest import SearchSubscription, SubscriptionTold
from .interpretation import Interpretation
from .library import DocumentReading, ItemVersion, PolicyDocument, PolicyItem
from .matching import DecisionReceipt, Declaration, MatchBucket, MatchPart
from .outreach import (
    EvaluationDecision,
    ItemFigure,
    PackageMessage,
    PolicyClick,
    PolicyOpinion,
    PolicyPackage,
    PolicyReminder,
    PolicyTold,
)
from .review import (
    Consultation,
    ConsultationComment,
    ExpiryReminder,
    FindingJudgement,
    Review,
)
from .sandbox import SandboxScenario

__all__ = [
    "Consultation",
    "ConsultationComment",
    "DecisionReceipt",
    "Declaration",
    "DocumentReading",
    "EvaluationDecision",
    "ExpiryReminder",
    "FindingJudgement",
    "Interpretation",
    "ItemFigure",
    "ItemVersion",
    "MatchBucket",
    "MatchPart",
    "PackageMessage",
    "PolicyClick",
    "PolicyDocument",
    "PolicyItem",
    "PolicyOpinion",
    "PolicyPackage",
    "PolicyReminder",
    "PolicyTold",
    "Review",
    "SandboxScenario",
    "SearchSubscription",
    "SubscriptionTold",
]
