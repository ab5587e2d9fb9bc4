"""Words of claims on the screen."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

MODES = {
    "automatic": _("免申即享"),
    "instant": _("即申即享"),
    "online": _("零跑动"),
    "once": _("最多跑一次"),
}
ORIGINS = {
    "uploaded": _("上传"),
    "licence": _("电子证照"),
    "earlier": _("复用以前的材料"),
    "promised": _("承诺补交"),
}
