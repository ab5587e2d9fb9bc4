"""Fields of the forms of contracts: amounts in yuan, kept in fen."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts.api import contract_rules

_OTHER_MONEY = re.compile(r"[$€£]|[A-Za-z]{3}|美元|欧元|英镑|日元|港元|港币|卢布|韩元")
_OURS = re.compile(r"CNY|RMB|人民币|[¥￥元圆,，\s]", re.IGNORECASE)
_WAN, _HUNDRED_MILLION = Decimal(10_000), Decimal(100_000_000)
_MOST_DIGITS = 18
"""Of what is written as 1E999999 no number is made; what an amount may come to, the room says."""


class YuanField(forms.CharField):
    """An amount as people write it (1,234.56; 120万元), as fen; None where nothing is written.

    What it may come to, the room says; less than nothing is passed on to it, which says what to write instead.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=40,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            **kwargs,
        )

    def clean(self, value: Any) -> int | None:
        written = super().clean(value)
        text = _OURS.sub("", written)
        if not text:
            return None
        if _OTHER_MONEY.search(text):
            raise forms.ValidationError(
                _(
                    "登记金额一律为人民币：请填写折算后的人民币金额，并在备注里写明原币种金额、折算日期和汇率。"
                ),
                code="currency",
            )
        times = Decimal(1)
        for word, each in (("亿", _HUNDRED_MILLION), ("万", _WAN)):
            if text.endswith(word):
                text, times = text[: -len(word)], each
                break
        try:
            amount = Decimal(text) * times * 100
        except ArithmeticError:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount.adjusted() > _MOST_DIGITS:
            raise forms.ValidationError(_("请填写金额，如 1234.56。"), code="invalid")
        whole = amount.to_integral_value(ROUND_HALF_UP)
        if whole != amount:
            raise forms.ValidationError(_("金额最多写到分（两位小数）。"), code="invalid")
        return int(whole)


def written_yuan(fen: int | None) -> str:
    """An amount as such a field shows it."""
    return "" if fen is None else f"{Decimal(fen) / 100:.2f}"


class Files(forms.ClearableFileInput):
    """Several files at once, of the kinds that are taken."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__(
            attrs={"accept": ",".join(f".{each}" for each in contract_rules().file_limits["kinds"])}
        )


class SeveralFiles(forms.FileField):
    """The files of one field; each is looked at by the room that takes it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=Files(), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Each of them; a form with none is refused where one is needed."""
        sent = data if isinstance(data, list) else [data] if data else []
        if not sent:
            super().clean(None, initial)
            return []
        return [super(SeveralFiles, self).clean(each, initial) for each in sent]
