"""Chinese first, English beside it, and nothing on the screen outside the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import messages

ROOT = messages.ROOT
TEMPLATES = sorted(
    path
    for room in ("kernel", "processes", "areas", "web")
    for path in (ROOT / "src" / "yingshang" / room).rglob("templates/**/*.html")
    if not path.is_relative_to(ROOT / "src" / "yingshang" / "web" / "reports")
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TRANSLATED = re.compile(
    r"{%\s*(?:translate|trans)\s+(?:\"[^\"]*\"|'[^']*').*?%}"
    r"|{%\s*blocktranslate.*?{%\s*endblocktranslate\s*%}"
    r"|_\((?:\"[^\"]*\"|'[^']*')\)"
    # Blocks that hold names of classes, not words.
    r"|{%\s*block (?:body_class|frame|demonstration_frame|width)\s*%}.*?{%\s*endblock.*?%}"
    r"|{#.*?#}|{%\s*comment.*?endcomment\s*%}",
    re.DOTALL,
)
CODE = re.compile(
    r"{%.*?%}|{{.*?}}|<!--.*?-->|<(?:script|style|code|pre|svg|kbd)\b.*?</(?:script|style|code|pre|svg|kbd)>",
    re.DOTALL,
)
SPOKEN = re.compile(r"\b(?:alt|aria-label|title|placeholder|value)=\"([^\"]*)\"")
# Names and abbreviations that are the same in both languages.
NAMES = {
    "api", "v1", "csv", "excel", "json", "http", "https", "url", "uri", "id", "oauth", "oauth2", "openapi", "css", "pdf", "kb", "mb", "gb",
    "postgresql", "yingshang", "sql", "sms", "ip", "utf", "etag", "en", "zh", "hans", "get", "post", "put", "patch", "delete",
}  # fmt: skip


def test_every_message_has_its_english() -> None:
    # That the catalogue holds what is said, and no more, another test looks for: this takes seconds.
    catalog = messages.read(messages.ENGLISH)
    missing = [message.id for message in catalog if message.id and not messages.is_translated(message)]
    assert missing == [], "run `make messages`, then write the English into the .po file"


def test_placeholders_are_the_same_in_both_languages() -> None:
    pattern = re.compile(r"%\((\w+)\)[sd]")
    wrong = []
    for message in messages.read(messages.ENGLISH):
        if not message.id or not messages.is_translated(message):
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        names = {name for each in ids for name in pattern.findall(each)}
        wrong += [message.id for each in strings if set(pattern.findall(each)) - names]
    assert wrong == []


def test_the_catalogue_holds_nothing_that_nobody_says() -> None:
    said = {(message.id, message.context) for message in messages.collected() if message.id}
    kept = {(message.id, message.context) for message in messages.read(messages.ENGLISH) if message.id}
    assert kept == said, "run `make messages`"


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT / "src" / "yingshang"))


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_no_words_outside_the_catalogue(path: Path) -> None:
    text = TRANSLATED.sub(" ", path.read_text("utf-8"))
    outside = [line.strip()[:100] for line in text.splitlines() if CHINESE.search(line)]
    assert outside == [], "Chinese outside {% translate %}"
    plain = CODE.sub(" ", text)
    spoken = " ".join(value for value in SPOKEN.findall(plain))
    shown = re.sub(r"<[^>]*>", " ", plain)
    words = [word for word in re.findall(r"[A-Za-z]{2,}[A-Za-z0-9]*", shown) if word.lower() not in NAMES]
    if "<input" not in plain and "<button" not in plain:
        words += [word for word in re.findall(r"[A-Za-z]{3,}", spoken) if word.lower() not in NAMES]
    assert words == [], "English outside {% translate %}"
