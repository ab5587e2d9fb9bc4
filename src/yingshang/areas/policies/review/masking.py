"""What is not for everybody's eyes in a comment is masked before it is published. Pure."""

from __future__ import annotations

import re

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


def masked_comment(text: str, name: str, contact: str, kind: str) -> str:
    """The same of what somebody says, who may have signed it: a person's own name and contact are masked too."""
    text = masked(text)
    if kind == "citizen" and len(name) > 1:
        text = text.replace(name, masked_name(name, kind))
    if contact:
        text = text.replace(contact, "*" * len(contact))
    return text


def only_hides(shown: str, written: str) -> bool:
    """Whether one text is the other with some words hidden behind stars, and nothing else changed. Linear."""
    shown, written = " ".join(shown.split()), " ".join(written.split())
    parts = re.split(r"[*＊]+", shown)
    if len(parts) == 1:
        return shown == written
    first, *middle, last = parts
    if not written.startswith(first) or not written.endswith(last):
        return False
    position, end = len(first), len(written) - len(last)
    for each in middle:
        position = written.find(each, position + 1, end)
        if position < 0:
            return False
        position += len(each)
    return position < end
