"""Every address of policies on the desk, below /desk/policies/."""

from __future__ import annotations

from .authoring import urls as authoring
from .evaluation import urls as evaluation
from .interpretation import urls as interpretation
from .library import urls as library
from .matching import urls as matching
from .outreach import urls as outreach
from .review import urls as review
from .sandbox import urls as sandbox

app_name = "policies_desk"
urlpatterns = [
    *review.desk,
    *sandbox.desk,
    *matching.desk,
    *outreach.desk,
    *evaluation.desk,
    *interpretation.desk,
    *library.desk,
    *authoring.desk,
]
