"""Every address of claims on the desk, below /desk/claims/."""

from __future__ import annotations

from .applying import urls as applying
from .automatic import urls as automatic
from .oversight import urls as oversight
from .paying import urls as paying
from .publicity import urls as publicity
from .rating import urls as rating
from .reviewing import urls as reviewing

app_name = "claims_desk"
urlpatterns = [
    *publicity.desk,
    *automatic.desk,
    *rating.desk,
    *oversight.desk,
    *paying.desk,
    *applying.desk,
    *reviewing.desk,
]
