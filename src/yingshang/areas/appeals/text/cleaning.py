"""A text as it is kept: nothing in it that cannot be seen, turns lines around or breaks a database. Pure."""

from __future__ import annotations

import re
import unicodedata

from .rules import text_rules

JOINER = "\u200d"
_LINES = re.compile("\r\n?|[\u0085\u2028\u2029\v\f]")
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")


def clean(text: str) -> str:
    """The text without control, steering and invisible signs; line breaks, emoji and every visible word stay.

    Canonically composed (NFC). Doing it twice changes nothing more.
    """
    text = _LINES.sub("\n", text).replace("\t", " ")
    composed = unicodedata.normalize("NFC", _visible(text))
    # Composing can bring letters together that were apart by a mark, so what stays is looked at once more.
    return unicodedata.normalize("NFC", _visible(composed)).strip()


def _visible(text: str) -> str:
    """Signs that a reader can see. Marks beyond the limit are dropped here, before they make composing slow."""
    most = text_rules().limits.marks_per_letter
    kept: list[str] = []
    marks = 0
    for place, sign in enumerate(text):
        category = unicodedata.category(sign)
        if category[0] == "M":
            marks += 1
            if marks > most:
                continue
        elif category[0] == "C" and sign != "\n":
            if sign != JOINER or not _joins(text, place):
                continue
        else:
            marks = 0
        kept.append(sign)
    return "".join(kept)


def _joins(text: str, place: int) -> bool:
    """Whether a joiner stands inside an emoji of several: 👩‍🔧."""
    before = place - 1
    while before > 0 and place - before < 4 and _is_modifier(text[before]):
        before -= 1
    return before >= 0 and place + 1 < len(text) and _is_emoji(text[before]) and _is_emoji(text[place + 1])


def _is_modifier(sign: str) -> bool:
    return sign == "\ufe0f" or "\U0001f3fb" <= sign <= "\U0001f3ff"


def _is_emoji(sign: str) -> bool:
    return unicodedata.category(sign) in ("So", "Sm", "Sk") and ord(sign) > 0x2000


def for_comparing(text: str) -> str:
    """The text as it is compared with others, never as it is kept: one width and case, no runs of a sign."""
    plain = unicodedata.normalize("NFKC", clean(text)).casefold()
    plain = _EMPTY_LINES.sub("\n", plain)
    plain = re.sub(r"[^\S\n]+", " ", plain)
    most = text_rules().limits.longest_run
    return re.sub(rf"(.)\1{{{most},}}", lambda found: found[1] * most, plain, flags=re.DOTALL)
