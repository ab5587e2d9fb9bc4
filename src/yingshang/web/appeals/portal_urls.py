"""Every address of appeals in the portal, below /appeals/."""

from __future__ import annotations

from .consulting import urls as consulting
from .library import urls as library
from .results import urls as results
from .saying import urls as saying
from .stewards import urls as stewards

app_name = "appeals"
urlpatterns = [*library.portal, *consulting.portal, *results.portal, *saying.portal, *stewards.portal]
