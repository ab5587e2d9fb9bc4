"""The door of notices. See README.md."""

from __future__ import annotations

from .actions.mark_read import mark_all_read, mark_read
from .actions.retry_delivery import retry_delivery
from .actions.send import Recipient, send
from .actions.send_text import send_text
from .channels import (
    Channel,
    Envelope,
    PermanentFailure,
    TemporaryFailure,
    channel_codes,
    get_channel,
    register,
)
from .delivery import deliver_due
from .errors import (
    InvalidTemplate,
    MessageNotFound,
    MissingContext,
    NoAddress,
    NotFailed,
    UnknownChannel,
    UnknownTemplate,
)
from .message_templates import MessageTemplate, declare_templates, get_template, message_templates
from .selectors import (
    DeliveryPage,
    DeliveryView,
    MessagePage,
    MessageView,
    OutboxLag,
    deliveries,
    get_message,
    inbox,
    outbox_lag,
    outbox_lag_seconds,
    unread_count,
)

__all__ = [
    "Channel",
    "DeliveryPage",
    "DeliveryView",
    "Envelope",
    "InvalidTemplate",
    "MessageNotFound",
    "MessagePage",
    "MessageTemplate",
    "MessageView",
    "MissingContext",
    "NoAddress",
    "NotFailed",
    "OutboxLag",
    "PermanentFailure",
    "Recipient",
    "TemporaryFailure",
    "UnknownChannel",
    "UnknownTemplate",
    "channel_codes",
    "declare_templates",
    "deliver_due",
    "deliveries",
    "get_channel",
    "get_message",
    "get_template",
    "inbox",
    "mark_all_read",
    "mark_read",
    "message_templates",
    "outbox_lag",
    "outbox_lag_seconds",
    "register",
    "retry_delivery",
    "send",
    "send_text",
    "unread_count",
]
