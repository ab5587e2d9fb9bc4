"""How a person wants pages to look: colours and size of text, kept in a cookie and, for the text, in the account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest, HttpResponse

Theme = Literal["auto", "light", "dark"]
Text = Literal["normal", "large"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")
TEXTS: tuple[Text, ...] = ("normal", "large")
THEME_COOKIE, TEXT_COOKIE = "theme", "text"
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Display:
    """The choices in force."""

    theme: Theme = "auto"
    text: Text = "normal"


def display_of(request: HttpRequest) -> Display:
    """This browser's choice; for the size of text otherwise the account's."""
    theme = request.COOKIES.get(THEME_COOKIE)
    text = request.COOKIES.get(TEXT_COOKIE)
    if text not in TEXTS:
        large = getattr(getattr(request, "user", None), "large_text", False)
        text = "large" if large else "normal"
    return Display(
        theme=next((each for each in THEMES if each == theme), "auto"),
        text=next((each for each in TEXTS if each == text), "normal"),
    )


def remember(response: HttpResponse, request: HttpRequest, *, theme: str = "", text: str = "") -> None:
    """Put the valid ones of the choices into cookies."""
    for name, value, known in ((THEME_COOKIE, theme, THEMES), (TEXT_COOKIE, text, TEXTS)):
        if value in known:
            response.set_cookie(
                name, value, max_age=_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
            )
