"""What is typed on the pages of the log."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class CosignerForm(forms.Form):
    """Somebody else's public key."""

    key = forms.CharField(
        label=_("见证方公钥"),
        max_length=400,
        help_text=_(
            "由见证方用 yingshang cosign --new-key 生成，形如 名称+编号+base64。请通过另一途径核对。"
        ),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    description = forms.CharField(
        label=_("见证方是谁"), max_length=200, required=False, help_text=_("例如单位全称。会显示在核验页。")
    )
