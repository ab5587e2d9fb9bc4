"""Every address of contracts in the cockpit, below /cockpit/contracts/."""

from __future__ import annotations

from .figures import urls as figures
from .handing_over import urls as handing_over
from .importing import urls as importing
from .own import urls as own
from .performing import urls as performing
from .portraits import urls as portraits
from .registering import urls as registering
from .supervising import urls as supervising

app_name = "contracts_cockpit"
urlpatterns = [
    *importing.cockpit,
    *performing.cockpit,
    *supervising.cockpit,
    *figures.cockpit,
    *portraits.cockpit,
    *handing_over.cockpit,
    *own.cockpit,
    *registering.cockpit,
]
