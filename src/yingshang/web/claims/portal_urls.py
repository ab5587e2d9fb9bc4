"""Every address of claims in the portal, below /claims/."""

from __future__ import annotations

from .applying import urls as applying
from .automatic import urls as automatic
from .oversight import urls as oversight
from .paying import urls as paying
from .promises import urls as promises
from .publicity import urls as publicity
from .rating import urls as rating
from .reconsidering import urls as reconsidering
from .reviewing import urls as reviewing

app_name = "claims"
urlpatterns = [
    *publicity.portal,
    *automatic.portal,
    *rating.portal,
    *oversight.portal,
    *paying.portal,
    *promises.portal,
    *reconsidering.portal,
    *reviewing.portal,
    *applying.portal,
]
