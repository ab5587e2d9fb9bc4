"""Every address of appeals on the desk, below /desk/appeals/."""

from __future__ import annotations

from .consulting import urls as consulting
from .handling import urls as handling
from .importing import urls as importing
from .library import urls as library
from .notices import urls as notices
from .records import urls as records
from .registering import urls as registering
from .stewards import urls as stewards
from .suggesting import urls as suggesting

app_name = "appeals_desk"
urlpatterns = [
    *registering.desk,
    *importing.desk,
    *notices.desk,
    *stewards.desk,
    *library.desk,
    *consulting.desk,
    *records.desk,
    *suggesting.desk,
    *handling.desk,
]
