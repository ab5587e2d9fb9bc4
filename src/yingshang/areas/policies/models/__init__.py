"""Tables of the area, by what they are about."""

from .interest import SearchSubscription, SubscriptionTold
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
