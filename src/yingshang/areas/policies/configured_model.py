"""The language model this place has configured, if it has."""

from __future__ import annotations

from django.conf import settings

from .reading.language_model import LanguageModel


def language_model() -> LanguageModel | None:
    """What LANGUAGE_MODEL_ADDRESS, _NAME, _KEY and _SECONDS say; None while no address is given."""
    address = str(getattr(settings, "LANGUAGE_MODEL_ADDRESS", "")).strip()
    if not address:
        return None
    return LanguageModel(
        address,
        str(settings.LANGUAGE_MODEL_NAME),
        str(settings.LANGUAGE_MODEL_KEY),
        float(settings.LANGUAGE_MODEL_SECONDS),
    )
