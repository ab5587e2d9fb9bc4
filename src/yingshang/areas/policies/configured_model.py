"""The language model this place has configured, if it has."""

from __future__ import annotations

from django.conf import settings

from .reading.language_model import LanguageModel


def language_model() -> LanguageModel | None:
    """What LANGUAGE_MODEL_ADDRESS, _NAME, _KEY and _SECONDS say; None while no address is given."""
    given = {
        name: getattr(settings, f"LANGUAGE_MODEL_{name}", "")
        for name in ("ADDRESS", "NAME", "KEY", "SECONDS")
    }
    address = str(given["ADDRESS"]).strip()
    if not address:
        return None
    return LanguageModel(address, str(given["NAME"]), str(given["KEY"]), float(given["SECONDS"] or 60))
