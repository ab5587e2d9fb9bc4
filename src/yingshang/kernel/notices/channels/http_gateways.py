"""Text messages, WeChat and 5G messages: each by a gateway over HTTP, configured in MESSAGE_GATEWAYS.

MESSAGE_GATEWAYS maps the channel to {"url": …, "token": …, "sign": …, "secret": …, "callback_secret": …}; for text
messages SMS_GATEWAY is read too. All three are addressed by telephone number: which WeChat account follows a
number is known to the gateway, not to us.
"""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings

from .gateway import fingerprint, post
from .registry import Envelope, PermanentFailure, TemporaryFailure, register

_TAKEN = frozenset({"accepted", "queued", "sent", "delivered", "read", "duplicate"})
_REFUSED = frozenset({"rejected", "failed"})


class HttpGateway:
    """One of them. The body alone, with the sign 签名 in front that carriers require, and a link where there is one."""

    immediate = False
    for_people = True
    reports = True

    def __init__(self, code: str, name: str, name_en: str, *, rich: bool) -> None:
        self.code, self.name, self.name_en, self.rich = code, name, name_en, rich

    def is_configured(self) -> bool:
        return bool(gateway_settings(self.code).get("url"))

    def address(self, *, email: str, phone: str, endpoint: str) -> str:
        return phone if self.is_configured() else ""

    def deliver(self, envelope: Envelope) -> None:
        gateway = gateway_settings(self.code)
        if not gateway.get("url"):
            raise PermanentFailure(f"no gateway for {self.name_en}s is configured")
        key = envelope.reference or fingerprint(envelope.message_id, self.code)
        sign = gateway.get("sign", "")
        payload = {
            "id": key,
            "to": envelope.address,
            "text": (f"【{sign}】" if sign else "") + envelope.body,
            "template": envelope.template,
        }
        if self.rich:
            payload |= {"subject": envelope.subject, "link": envelope.link, "language": envelope.language}
        answer = post(
            gateway["url"],
            payload,
            key=key,
            token=gateway.get("token", ""),
            secret=gateway.get("secret", ""),
        )
        _judge(answer, key)


def gateway_settings(code: str) -> dict[str, Any]:
    """What is configured for a channel; nothing for one that is not."""
    configured: dict[str, Any] = dict(getattr(settings, "MESSAGE_GATEWAYS", {}) or {})
    if code == "sms" and code not in configured:
        return dict(getattr(settings, "SMS_GATEWAY", {}) or {})
    return dict(configured.get(code) or {})


def _judge(answer: bytes, key: str) -> None:
    """Whether a gateway that answered 2xx has taken the message. Raises TemporaryFailure, PermanentFailure.

    Nothing at all is a yes, and so is JSON that does not say no. Anything else comes from something that is not the
    gateway (a proxy's page, a portal that wants a log-in): the message is kept and handed over again under the
    same key.
    """
    if not answer.strip():
        return
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise TemporaryFailure("the gateway answered something that is not its JSON")
    about = told.get("id", key)
    if about != key:
        raise TemporaryFailure("the gateway answered about another message")
    state = told.get("state", "accepted")
    if state in _REFUSED:
        raise PermanentFailure(f"the gateway refused it: {str(told.get('error', state))[:200]}")
    if state not in _TAKEN:
        raise TemporaryFailure(f"the gateway answered an unknown state {str(state)[:40]!r}")


register(HttpGateway("sms", "短信", "text message", rich=False))
register(HttpGateway("wechat", "微信", "WeChat message", rich=True))
register(HttpGateway("message_5g", "5G消息", "5G message", rich=True))
