"""The claim as its task and its case show it: the same evidence beside the decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from yingshang.areas.claims.api import evidence_of, get_claim, lines_of
from yingshang.kernel.access.api import Actor
from yingshang.web.desk.subjects import register_subject

from ..assessing.beside import beside

SUBJECT = "claim"


def panel(actor: Actor, identifier: str) -> Mapping[str, Any]:
    """What the panel shows. Raises ClaimNotFound for who may not see it."""
    number = int(identifier)
    return {
        "claim": get_claim(actor=actor, claim_id=number),
        "evidence": evidence_of(actor=actor, claim_id=number, now=timezone.now()),
        "lines": lines_of(actor=actor, claim_id=number),
        "clear": False,
        **beside(actor, number),
        "purpose_form": None,
    }


register_subject(SUBJECT, template="claims/reviewing/panel.html", context=panel)
