"""The inbox 我的消息."""

from __future__ import annotations

from .registry import Envelope, register


class InApp:
    """A message that is there as soon as it is written."""

    code = "in_app"
    name = "站内消息"
    name_en = "inbox"
    immediate = True
    for_people = True
    reports = False

    def is_configured(self) -> bool:
        return True

    def address(self, *, email: str, phone: str, endpoint: str) -> str:
        return ""

    def deliver(self, envelope: Envelope) -> None:
        """Nothing to do."""


register(InApp())
