"""What messages about a decision say of how to ask for reconsideration."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..actions._steps import yuan
from ..models import Claim
from .rules import ask_by
from .steps import about_of


def how_to_ask(claim: Claim, now: datetime) -> dict[str, Any]:
    """Fields of the messages `claims.refused` and `claims.approved`: each condition with its value and source, until
    when one can ask, and by how much an award is lower than was worked out. Empty where nothing can be asked.
    """
    about = about_of(claim)
    return {
        "conditions": "\n".join(_told(each) for each in claim.grounds) if about == "refusal" else "",
        "until": ask_by(now, claim.region_path).isoformat() if about else "",
        "expected": yuan(claim.expected_fen) if about == "amount" else "",
    }


def _told(ground: dict[str, Any]) -> str:
    value = f"：{ground['value']}" if ground.get("value") else ""
    origin = "，".join(str(each) for each in (ground.get("source"), ground.get("as_of")) if each)
    return f"· {ground.get('text', '')}{value}{f'（{origin}）' if origin else ''}"
