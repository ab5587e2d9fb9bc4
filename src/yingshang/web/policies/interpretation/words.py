"""Words for the parts of an interpretation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yingshang.areas.policies.api import PublicInterpretation
from yingshang.web.words import Words

SECTIONS: Words = {
    "who": _("谁可以享受"),
    "amount": _("能得到多少"),
    "when": _("什么时候"),
    "how": _("怎么办理"),
    "bring": _("要带什么"),
}


def section_rows(told: PublicInterpretation | None) -> list[tuple[str, str]]:
    """The sections of an interpretation under their names."""
    return [(str(SECTIONS[code]), words) for code, words in told.sections] if told else []
