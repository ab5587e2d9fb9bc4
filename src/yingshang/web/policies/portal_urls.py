"""Every address of policies in the portal, below /policies/ but for those of an enterprise."""

from __future__ import annotations

from .authoring import urls as authoring
from .evaluation import urls as evaluation
from .interpretation import urls as interpretation
from .library import urls as library
from .matching import urls as matching
from .outreach import urls as outreach
from .review import urls as review
from .sandbox import urls as sandbox

app_name = "policies"
urlpatterns = [
    *matching.portal,
    *review.portal,
    *authoring.portal,
    *sandbox.portal,
    *outreach.portal,
    *evaluation.portal,
    *interpretation.portal,
    # Last: its addresses end in the code of an item, which could be anything.
    *library.portal,
]
