"""Icons: parts of one file that the build makes of those listed in assets/icons.txt."""

from __future__ import annotations

from functools import lru_cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString


def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """An icon. Without a label it is ornament, and is not read out."""
    return _drawn(name, str(label), size)


@lru_cache(maxsize=2_000)
def _drawn(name: str, label: str, size: str) -> SafeString:
    meaning = format_html('role="img" aria-label="{}"' if label else 'aria-hidden="true"', label)
    return format_html(
        '<svg class="icon{}" {} focusable="false"><use href="{}#{}"></use></svg>',
        f" icon-{size}" if size else "",
        meaning,
        static("design/build/icons.svg"),
        name,
    )
