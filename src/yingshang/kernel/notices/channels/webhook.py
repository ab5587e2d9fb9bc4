"""Messages to another system, such as a WeChat or 5G message service, named in the setting WEBHOOKS.

WEBHOOKS maps a name to {"url": …, "secret": …}. A recipient is addressed by the name, so no message can be made to go
to an address somebody typed in.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from .gateway import fingerprint, post
from .registry import Envelope, PermanentFailure, register


class Webhook:
    """The message as signed JSON."""

    code = "webhook"
    name = "消息接口"
    name_en = "webhook"
    immediate = False
    for_people = False
    reports = False

    def is_configured(self) -> bool:
        return bool(self._endpoints())

    def address(self, *, email: str, phone: str, endpoint: str) -> str:
        return endpoint if endpoint in self._endpoints() else ""

    def deliver(self, envelope: Envelope) -> None:
        endpoint = self._endpoints().get(envelope.address)
        if endpoint is None:
            raise PermanentFailure("no such webhook is configured any more")
        key = fingerprint(envelope.message_id, self.code)
        post(
            endpoint["url"],
            {
                "id": key,
                "subject": envelope.subject,
                "body": envelope.body,
                "language": envelope.language,
                "template": envelope.template,
                "link": envelope.link,
            },
            key=key,
            secret=endpoint.get("secret", ""),
        )

    def _endpoints(self) -> dict[str, Any]:
        return dict(getattr(settings, "WEBHOOKS", {}) or {})


register(Webhook())
