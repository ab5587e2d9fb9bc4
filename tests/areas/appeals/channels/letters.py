"""Letters as they come over the line."""

from __future__ import annotations

from email.message import EmailMessage

SENDER = "wang@example.org"
WORDS = "我厂在经开区，停电三天了，一直没有人管。"


def letter(
    *,
    sender: str = f"王师傅 <{SENDER}>",
    subject: str = "停电三天",
    text: str = WORDS,
    html: str = "",
    identifier: str = "<1@example.org>",
    files: dict[str, bytes] | None = None,
    **headers: str,
) -> bytes:
    """A letter; `headers` with _ for -."""
    message = EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = sender, subject, identifier
    message["To"] = "suqiu@example.org"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    if text:
        message.set_content(text)
    if html:
        if text:
            message.add_alternative(html, subtype="html")
        else:
            message.set_content(html, subtype="html")
    for name, content in (files or {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()
