"""Every address of contracts on the desk, below /desk/contracts/."""

from __future__ import annotations

from .figures import urls as figures
from .handing_over import urls as handing_over
from .importing import urls as importing
from .own import urls as own
from .performing import urls as performing
from .portraits import urls as portraits
from .registering import urls as registering
from .supervising import urls as supervising

app_name = "contracts_desk"
urlpatterns = [
    *importing.desk,
    *performing.desk,
    *supervising.desk,
    *figures.desk,
    *portraits.desk,
    *handing_over.desk,
    *own.desk,
    *registering.desk,
]
