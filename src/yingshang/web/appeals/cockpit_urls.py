"""Every address of appeals in the cockpit, below /cockpit/appeals/."""

from __future__ import annotations

from .learning import urls as learning

app_name = "appeals_cockpit"
urlpatterns = [*learning.cockpit]
