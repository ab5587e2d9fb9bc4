"""What is not for everybody's eyes in a comment is masked before it is published. Pure."""

from __future__ import annotations

from yingshang.kernel.access.api import mask

from .data import consultation_rules


def masked(text: str) -> str:
    """The text with numbers of identity cards, bank cards and telephones, and addresses of mail, masked."""
    for each in consultation_rules().masks:

        def hide(found: object, head: int = each.head, tail: int = each.tail) -> str:
            return mask(found.group(), head=head, tail=tail)  # type: ignore[attr-defined]

        text = each.pattern.sub(hide, text)
    return text


def masked_name(name: str, kind: str) -> str:
    """Whose comment it is, for everybody: a person's family name only; an organisation's name stays."""
    return mask(name.strip(), head=1, tail=0) if kind == "citizen" else masked(name.strip())
