"""What is typed on the page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.reference.api import check_credit_code

MOST = 256 * 1024
"""Bytes of a receipt; none is as large."""


class CodeForm(forms.Form):
    """A unified social credit code, as people write it: blanks and hyphens are taken out by the check."""

    code = forms.CharField(
        label=_("统一社会信用代码或回执短码"),
        max_length=40,
        help_text=_("信用代码18位，不含 I、O、Z、S、V；回执短码21位，印在回执二维码旁。"),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "inputmode": "text",
            }
        ),
    )

    def clean_code(self) -> str:
        """Without separators and in capitals; what could not stand in an address is refused here."""
        value = check_credit_code(self.cleaned_data["code"]).value
        if not value.isalnum():
            raise forms.ValidationError(_("代码只由数字和字母组成。"))
        return value


class ReceiptForm(forms.Form):
    """A receipt as text or as a file. What is in it is judged by the verifier, not here."""

    text = forms.CharField(
        label=_("回执内容"),
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("把回执文件（JSON）的全部内容粘贴到这里。"),
    )
    file = forms.FileField(
        label=_("或选择回执文件"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )
    content: bytes

    def clean(self) -> dict[str, Any]:
        """One of the two. Of a file too large only so much is read that the verifier can say so."""
        data = super().clean() or {}
        file, text = data.get("file"), data.get("text") or ""
        if file:
            self.content = file.read(MOST + 1)
        elif text:
            self.content = text.encode("utf-8", "replace")[: MOST + 1]
        else:
            raise forms.ValidationError(_("请粘贴回执内容，或选择回执文件。"), code="required")
        return data
