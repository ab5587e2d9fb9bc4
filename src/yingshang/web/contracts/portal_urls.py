"""Every address of contracts in the portal, below /contracts/."""

from __future__ import annotations

from .figures import urls as figures
from .handing_over import urls as handing_over
from .importing import urls as importing
from .own import urls as own
from .performing import urls as performing
from .portraits import urls as portraits
from .registering import urls as registering
from .supervising import urls as supervising

app_name = "contracts"
urlpatterns = [
    *importing.portal,
    *performing.portal,
    *supervising.portal,
    *figures.portal,
    *portraits.portal,
    *handing_over.portal,
    *own.portal,
    *registering.portal,
]
