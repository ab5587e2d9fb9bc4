"""stub"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proposals:
    """stub"""


def read_contract_text(text: str) -> Proposals:
    """stub"""
    return Proposals()
