"""Tables of the area, by what they are about."""

from .library import ItemVersion, PolicyDocument, PolicyItem
from .matching import Declaration, DecisionReceipt, MatchBucket, MatchPart

__all__ = [
    "DecisionReceipt",
    "Declaration",
    "ItemVersion",
    "MatchBucket",
    "MatchPart",
    "PolicyDocument",
    "PolicyItem",
]
