"""Electronic mail over SMTP."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from .registry import Envelope, PermanentFailure, TemporaryFailure, register

SECONDS = 20

# The other side refused us, not the message: somebody has to mend the configuration, and then it will go.
_REFUSED_US = {530, 534, 535, 538}


class Email:
    """Plain text. Receivers tell a message that comes twice by its `Message-ID`."""

    code = "email"
    name = "电子邮件"
    name_en = "e-mail"
    immediate = False
    for_people = True
    reports = False

    def is_configured(self) -> bool:
        return True

    def address(self, *, email: str, phone: str, endpoint: str) -> str:
        return email

    def deliver(self, envelope: Envelope) -> None:
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
        message = EmailMessage(
            subject=envelope.subject,
            body=envelope.body,
            to=[envelope.address],
            headers={
                "Message-ID": f"<notice-{envelope.message_id}@{domain}>",
                "Auto-Submitted": "auto-generated",
                "Content-Language": envelope.language,
            },
            connection=get_connection(timeout=SECONDS),
        )
        try:
            message.send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            _fail(min(codes, default=450), f"recipient refused: {_words(error.recipients)}", error)
        except smtplib.SMTPResponseException as error:
            said = (
                error.smtp_error.decode(errors="replace")
                if isinstance(error.smtp_error, bytes)
                else str(error.smtp_error)
            )
            _fail(error.smtp_code, f"{error.smtp_code} {said}", error)
        except (smtplib.SMTPException, OSError) as error:
            raise TemporaryFailure(f"{type(error).__name__}: {error}") from error


def _fail(code: int, text: str, cause: Exception) -> None:
    if 500 <= code < 600 and code not in _REFUSED_US:
        raise PermanentFailure(text) from cause
    raise TemporaryFailure(text) from cause


def _words(recipients: dict[str, tuple[int, bytes]]) -> str:
    """What the server said, without the address."""
    return "; ".join(f"{code} {said.decode(errors='replace')}" for code, said in recipients.values())


register(Email())
