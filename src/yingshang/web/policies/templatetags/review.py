"""What the templates of the review need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(values: Mapping[str, Any], key: str) -> Any:
    """What a mapping has under a key, or nothing."""
    return values.get(key, "")
