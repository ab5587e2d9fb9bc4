"""Tables of the area, by what they are about."""

from .library import ItemVersion, PolicyDocument, PolicyItem
from .matching import DecisionReceipt, Declaration, MatchBucket, MatchPart
from .sandbox import SandboxScenario

__all__ = [
    "DecisionReceipt",
    "Declaration",
    "ItemVersion",
    "MatchBucket",
    "MatchPart",
    "PolicyDocument",
    "PolicyItem",
    "SandboxScenario",
]
