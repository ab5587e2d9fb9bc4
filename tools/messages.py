"""The words of the screen: `make messages` collects them, `make install` compiles them.

In templates and in Python the words are Chinese; `src/yingshang/web/design/locale/en` gives the English. Collecting
keeps what is translated, adds what is new with an empty translation, and removes what nothing says any more.
Babel does what Django's own command needs GNU gettext for, which a fresh machine does not have.
"""

from __future__ import annotations

import argparse
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "yingshang"
LOCALE = SOURCE / "web" / "design" / "locale"
ENGLISH = LOCALE / "en" / "LC_MESSAGES" / "django.po"
ROOMS = ("kernel", "areas", "processes", "web", "operations", "config")
# The reports carry both languages in one file and choose without a server.
ELSEWHERE = (SOURCE / "web" / "reports",)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER = "# English words of the screen. The keys are the Chinese words of templates and code; see tools/messages.py."


def _files(ending: str) -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((SOURCE / room).rglob(f"*{ending}")):
            if not any(path.is_relative_to(other) for other in ELSEWHERE):
                yield path


def _python_of_template(path: Path) -> str:
    """A template as calls of gettext. Django leaves its indentation in, which is no Python's."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
    from django.utils.translation.template import templatize

    text = templatize(path.read_text("utf-8"), origin=str(path))
    return "\n".join(line.lstrip() for line in text.split("\n"))


def collected() -> Catalog:
    """Every message of the sources, with the files it stands in."""
    catalog = Catalog(locale="en", fuzzy=False)
    for path in (*_files(".py"), *_files(".html"), *_files(".txt")):
        text = path.read_text("utf-8") if path.suffix == ".py" else _python_of_template(path)
        # Taking a file apart that says nothing is most of the time this takes.
        if not any(f"{each}(" in text for each in KEYWORDS):
            continue
        place = path.relative_to(ROOT).as_posix()
        found = extract("python", io.BytesIO(text.encode("utf-8")), keywords=KEYWORDS, comment_tags=())
        try:
            messages = list(found)
        except (SyntaxError, tokenize.TokenError) as error:
            raise SystemExit(f"{place}: {error}") from None
        for _line, words, _comments, context in messages:
            if words and (words if isinstance(words, str) else words[0]):
                catalog.add(words, context=context, locations=[(place, 0)], flags=())
    for message in catalog:
        message.locations = sorted(set(message.locations))
    return catalog


def read(path: Path) -> Catalog:
    """A catalogue of translations as it stands."""
    with path.open("rb") as stream:
        return read_po(stream, locale=path.parent.parent.name)


def is_translated(message: Message) -> bool:
    """Whether every form of a message has words, and nobody doubts them."""
    words = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    return all(words) and not message.fuzzy


def collect() -> Catalog:
    """The collected messages with the translations there are."""
    catalog = collected()
    if ENGLISH.exists():
        known = read(ENGLISH)
        for message in catalog:
            before = known.get(message.id, message.context) if message.id else None
            if before is not None:
                message.string = before.string
    return catalog


def save(catalog: Catalog) -> None:
    """Write the catalogue in an order that does not change when code moves."""
    ordered = Catalog(locale="en", fuzzy=False, header_comment=HEADER)
    for message in sorted((m for m in catalog if m.id), key=lambda m: (m.locations[:1], str(m.id))):
        ordered.add(message.id, message.string, message.locations, message.flags, context=message.context)
    text = io.BytesIO()
    write_po(text, ordered, width=110, omit_header=True, include_lineno=False)
    head = (
        f'{HEADER}\nmsgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: en\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    )
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    ENGLISH.write_text(head + text.getvalue().decode("utf-8").lstrip(), "utf-8")


def compile_all() -> int:
    """Make the binary form of every catalogue that the running platform reads."""
    paths = sorted(LOCALE.rglob("*.po"))
    for path in paths:
        temporary = path.with_suffix(".mo.new")
        with temporary.open("wb") as stream:
            write_mo(stream, read(path))
        temporary.replace(path.with_suffix(".mo"))
    return len(paths)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["collect", "compile"], nargs="?", default="collect")
    if parser.parse_args().what == "collect":
        catalog = collect()
        save(catalog)
        missing = [message for message in catalog if message.id and not is_translated(message)]
        print(f"» {len(catalog)} messages, {len(missing)} without English in {ENGLISH.relative_to(ROOT)}")
        for message in missing:
            print(f"  {message.id!r:.90}  {', '.join(place for place, _ in message.locations[:2])}")
    compile_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
