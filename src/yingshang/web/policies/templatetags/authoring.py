"""Words and lookups of the pages for authors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(found: Mapping[str, Any], key: str) -> Any:
    """What stands in a mapping under a key that is computed; nothing where there is none."""
    return found.get(key, ()) if found else ()
