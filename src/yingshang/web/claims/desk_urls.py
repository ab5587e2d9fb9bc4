"""Every address of claims on the desk, below /desk/claims/."""

from __future__ import annotations

from .applying import urls as applying
from .assessing import urls as assessing
from .automatic import urls as automatic
from .instalments import urls as instalments
from .oversight import urls as oversight
from .paying import urls as paying
from .promises import urls as promises
from .publicity import urls as publicity
from .reconsidering import urls as reconsidering
from .reviewing import urls as reviewing

app_name = "claims_desk"
urlpatterns = [
    *publicity.desk,
    *automatic.desk,
    *oversight.desk,
    *paying.desk,
    *promises.desk,
    *reconsidering.desk,
    *instalments.desk,
    *applying.desk,
    *assessing.desk,
    *reviewing.desk,
]
