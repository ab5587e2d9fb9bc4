"""Messages that the accounts library has put into words itself."""

from __future__ import annotations

from datetime import datetime

from yingshang.kernel.access.api import Actor

from ..message_templates import HIDDEN, LANGUAGES, Rendered
from .send import About, Draft, Reached, write


def send_text(
    *,
    actor: Actor,
    email: str,
    template: str,
    subject: str,
    body: str,
    now: datetime,
    language: str = LANGUAGES[0],
) -> tuple[int, ...]:
    """Send a finished text to an address. The text is kept until it is delivered and no longer: it may hold a link that
    opens an account."""
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    text = Rendered(" ".join(subject.split()), body, HIDDEN)
    return write(
        actor=actor,
        about=About(template, None, kind="security", urgent=True),
        drafts=[Draft(Reached(None, email, "", chosen), "email", email, text)],
        target=None,
        now=now,
    )
