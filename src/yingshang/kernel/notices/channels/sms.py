"""Text messages by a gateway over HTTP, named in the setting SMS_GATEWAY: {"url": …, "token": …, "sign": …}."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from .gateway import fingerprint, post
from .registry import Envelope, PermanentFailure, register


class Sms:
    """A text message: the body alone, with the sign 签名 in front that carriers require."""

    code = "sms"
    name = "短信"
    name_en = "text message"
    immediate = False

    def is_configured(self) -> bool:
        return bool(self._gateway().get("url"))

    def address(self, *, email: str, phone: str, endpoint: str) -> str:
        return phone if self.is_configured() else ""

    def deliver(self, envelope: Envelope) -> None:
        gateway = self._gateway()
        if not gateway.get("url"):
            raise PermanentFailure("no gateway for text messages is configured")
        key = fingerprint(envelope.message_id, self.code)
        sign = gateway.get("sign", "")
        post(
            gateway["url"],
            {
                "id": key,
                "to": envelope.address,
                "text": (f"【{sign}】" if sign else "") + envelope.body,
                "template": envelope.template,
            },
            key=key,
            token=gateway.get("token", ""),
        )

    def _gateway(self) -> dict[str, Any]:
        return dict(getattr(settings, "SMS_GATEWAY", {}) or {})


register(Sms())
