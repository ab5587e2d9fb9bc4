"""Amounts as contracts write them, in figures and in Chinese numerals 大写. Pure."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

_DIGITS = {
    sign: value
    for value, signs in enumerate(
        ("零〇○", "壹一壱", "贰二貳两", "叁三參叄", "肆四", "伍五", "陆六陸", "柒七", "捌八", "玖九")
    )
    for sign in signs
}
_TENS = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
_GROUPS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_YUAN, _PARTS, _WHOLE = "元圆圓", {"角": 10, "分": 1}, "整正"

NUMERALS = "".join((*_DIGITS, *_TENS, *_GROUPS))
IN_WORDS = re.compile(rf"[{NUMERALS}]+[{_YUAN}](?:[{NUMERALS}]角)?(?:[{NUMERALS}]分)?[{_WHOLE}]?")
IN_FIGURES = re.compile(r"(?<![\d.])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*(亿元|万元|元)")


def fen_of_words(text: str) -> int | None:
    """The fen of an amount in Chinese numerals; None where it is none.

    >>> fen_of_words("壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分")
    123456789
    >>> fen_of_words("人民币拾万元整")
    10000000
    >>> fen_of_words("叁亿零伍拾元") is None
    False
    """
    text = re.sub(r"\s+", "", text).removeprefix("人民币")
    found = re.fullmatch(
        rf"([{NUMERALS}]+)[{_YUAN}]零?(?:([{NUMERALS}])角)?零?(?:([{NUMERALS}])分)?[{_WHOLE}]?", text
    )
    if found is None:
        return None
    yuan = whole_number(found.group(1))
    if yuan is None:
        return None
    fen = yuan * 100
    for group, worth in ((2, 10), (3, 1)):
        sign = found.group(group)
        if sign:
            if sign not in _DIGITS:
                return None
            fen += _DIGITS[sign] * worth
    return fen


def whole_number(text: str) -> int | None:
    """A whole number in Chinese numerals (or in figures); None where it is none.

    >>> [whole_number(each) for each in ("三十", "十五", "壹佰零伍", "二〇二六", "一万二千", "12", "元")]
    [30, 15, 105, 2026, 12000, 12, None]
    """
    if text.isascii() and text.isdigit():
        return int(text)
    if not text or any(sign not in NUMERALS for sign in text):
        return None
    if len(text) > 1 and all(sign in _DIGITS for sign in text):
        # Digits one after another, as years are written.
        return int("".join(str(_DIGITS[sign]) for sign in text))
    total = part = digit = 0
    for sign in text:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        elif sign in _TENS:
            part += (digit or (1 if _TENS[sign] == 10 else 0)) * _TENS[sign]
            digit = 0
        elif _GROUPS[sign] == 10**8:
            total = (total + part + digit) * 10**8
            part = digit = 0
        else:
            total += (part + digit) * _GROUPS[sign]
            part = digit = 0
    return total + part + digit


def fen_of_figures(number: str, unit: str) -> int | None:
    """The fen of a number with its unit (元, 万元, 亿元); None where it has parts of a fen.

    >>> fen_of_figures("1,234.5", "万元"), fen_of_figures("0.001", "元")
    (1234500000, None)
    """
    try:
        fen = (
            Decimal(unicodedata.normalize("NFKC", number).replace(",", ""))
            * {
                "元": 100,
                "万元": 10**6,
                "亿元": 10**10,
            }[unit]
        )
    except (InvalidOperation, KeyError):
        return None
    return int(fen) if fen == fen.to_integral_value() else None
