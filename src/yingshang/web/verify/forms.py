"""What is typed on the page."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from yingshang.kernel.reference.api import check_credit_code


class CodeForm(forms.Form):
    """A unified social credit code, as people write it: blanks and hyphens are taken out by the check."""

    code = forms.CharField(
        label=_("统一社会信用代码"),
        max_length=40,
        help_text=_("18位，由数字和大写字母组成，不含 I、O、Z、S、V。"),
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
