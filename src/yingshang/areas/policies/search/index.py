"""The index on disk: made by one process at a time, read by all.

It lies in DATA_DIRECTORY/search, in a folder named after the form of the index, the dictionaries and the database, so
that after a change of any of them a new one is made. Everything in it can be read off the tables again.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import structlog
import tantivy
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ..models import ItemVersion, PolicyDocument
from .entries import MOST_WINDOWS, Entry, document_entries, item_entries
from .words import characters, index_words, initials_of, pairs, syllables_of

FORM = 2
"""Counts the changes of what is written into the index."""
AT_ONCE = 500
"""So many documents and items are indexed while somebody waits; more in the worker."""
_HEAP = 64_000_000
_DAYS_KEPT = 7
_GOOD_FOR = 26 * 3600
"""Seconds after which the worker should have made it anew. If it has not, it writes another folder, or not at all."""
_LOOKED = 3600

TERMS = ("what", "region", "level", "kind", "delivery", "amount", "audience", "container", "state")
"""Fields with codes, by which answers are counted and narrowed."""
WORDS = ("title", "names", "text")
PAIRS = ("title_pairs", "initials", "spelled")
DAYS = ("issued", "begins", "until")

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Opened:
    index: Any
    seen: float
    looked: float


_opened: dict[Path, _Opened] = {}
_lock = threading.Lock()


@cache
def schema() -> Any:
    """The fields of the index."""
    made = tantivy.SchemaBuilder()
    made.add_text_field("key", tokenizer_name="raw", index_option="basic")
    made.add_unsigned_field("ref", fast=True)
    for name in WORDS:
        made.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in PAIRS:
        made.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    made.add_text_field("characters", tokenizer_name="whitespace", index_option="basic")
    for name in TERMS:
        made.add_text_field(name, tokenizer_name="raw", fast=True, index_option="basic")
    made.add_text_field("within", tokenizer_name="raw", index_option="basic")
    for name in (*DAYS, *(f"{end}{at}" for at in range(MOST_WINDOWS) for end in ("opens", "closes"))):
        made.add_integer_field(name, indexed=True, fast=True)
    return made.build()


def searcher() -> Any | None:
    """The index as it is now; None while there is none yet and there is too much to make it at once."""
    place = _place()
    with _lock:
        found = _opened.get(place)
        # A commit replaces this file: so a reader sees what another process has written.
        written = _written(place)
        if found is None or written == 0:
            _opened.pop(place, None)
            found = None
        elif written != found.seen:
            found.index.reload()
            found.seen = written
        elif _is_old(place) and time.monotonic() - found.looked > _LOOKED:
            _opened.pop(place, None)
            found = None
    if found is None:
        found = _open_or_make(place)
    return None if found is None else found.index.searcher()


def rebuild(*, day: date) -> int:
    """Make the whole index anew; how many entries it has. Readers see the old one until it is done."""
    place = _place()
    with _writing(place):
        return _rebuild(place, day)


def make_if_missing(*, day: date) -> int:
    """Make the index unless there is one; how many entries were written."""
    place = _place()
    with _writing(place):
        return 0 if _usable(place) else _rebuild(place, day)


def update(*, items: Collection[int] = (), documents: Collection[int] = (), day: date) -> None:
    """Write some items and documents as the tables have them now; what is not public any more is taken out."""
    place = _place()
    with _writing(place):
        if not _usable(place):
            _rebuild(place, day)
            return
        entries = [*item_entries(items, day=day), *document_entries(documents)]
        keys = [*(f"item:{each}" for each in items), *(f"document:{each}" for each in documents)]
        _write(place, entries, forget=keys)


def _open_or_make(place: Path) -> _Opened | None:
    if not _usable(place) or _is_old(place):
        waiting = PolicyDocument.objects.filter(is_public=True)[: AT_ONCE + 1].count()
        waiting += ItemVersion.objects.filter(state="published")[: AT_ONCE + 1].count()
        if waiting <= AT_ONCE:
            with _writing(place):
                if not _usable(place) or _is_old(place):
                    _rebuild(place, timezone.localdate())
        elif not _usable(place):
            return None
    with _lock:
        index = tantivy.Index.open(str(place))
        index.config_reader("manual")
        index.reload()
        _opened[place] = _Opened(index, _written(place), time.monotonic())
        return _opened[place]


def _rebuild(place: Path, day: date) -> int:
    began = time.monotonic()
    if not _usable(place):
        shutil.rmtree(place, ignore_errors=True)
    count = _write(place, _everything(day), anew=True)
    _forget_older(place)
    log.info("search_index_made", entries=count, seconds=round(time.monotonic() - began, 1))
    return count


def _everything(day: date) -> Iterator[Entry]:
    yield from item_entries(day=day)
    yield from document_entries()


def _write(place: Path, entries: Iterable[Entry], *, forget: Iterable[str] = (), anew: bool = False) -> int:
    place.mkdir(parents=True, exist_ok=True)
    index = tantivy.Index(schema(), path=str(place))
    writer = index.writer(_HEAP, 1)
    if anew:
        writer.delete_all_documents()
    for key in forget:
        writer.delete_documents_by_term("key", key)
    count = 0
    for entry in entries:
        writer.add_document(_document(entry))
        count += 1
    writer.commit()
    writer.wait_merging_threads()
    return count


def _document(entry: Entry) -> Any:
    made = tantivy.Document()
    made.add_text("key", entry.key)
    made.add_unsigned("ref", reference(entry.what, entry.id))
    made.add_text("title", " ".join(index_words(entry.title)))
    made.add_text("names", " ".join(word for name in entry.names for word in index_words(name)))
    made.add_text("text", " ".join(index_words(entry.text)))
    for name in (entry.title, *entry.names):
        if found := pairs(name):
            made.add_text("title_pairs", " ".join(found))
    made.add_text("characters", " ".join(characters(entry.title)))
    syllables = syllables_of(entry.title)
    for field, letters in (("initials", initials_of(syllables)), ("spelled", "".join(syllables))):
        if found := pairs(letters):
            made.add_text(field, " ".join(found))
    for field, value in (
        ("what", entry.what),
        ("region", entry.region_path or "0"),
        ("level", entry.level),
        ("kind", entry.kind),
        ("delivery", entry.delivery),
        ("amount", entry.amount),
        ("state", entry.state),
    ):
        if value:
            made.add_text(field, value)
    for field, values in (("audience", entry.audiences), ("container", entry.containers)):
        for value in values:
            made.add_text(field, value)
    for length in (0, 2, 4, 6, 9, 12):
        if length <= len(entry.region_path):
            made.add_text("within", entry.region_path[:length] or "0")
    made.add_integer("issued", entry.issued)
    made.add_integer("begins", entry.begins)
    made.add_integer("until", entry.until)
    for at, (opens, closes) in enumerate(entry.windows):
        made.add_integer(f"opens{at}", opens)
        made.add_integer(f"closes{at}", closes)
    return made


def reference(what: str, number: int) -> int:
    """Item or document and its number, as one number."""
    return number * 2 + (what == "document")


def referred(reference: int) -> tuple[str, int]:
    """The same back."""
    return ("document" if reference % 2 else "item"), reference // 2


def _usable(place: Path) -> bool:
    return (place / "meta.json").exists() and bool(tantivy.Index.exists(str(place)))


def _is_old(place: Path) -> bool:
    return time.time() - _written(place) / 1e9 > _GOOD_FOR


def _written(place: Path) -> float:
    try:
        return (place / "meta.json").stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _place() -> Path:
    return Path(settings.DATA_DIRECTORY) / "search" / f"{_version()}-{_database(_name_of_database())}"


@cache
def _version() -> str:
    digest = hashlib.sha256(str(FORM).encode())
    for name in ("words.txt", "synonyms.yaml", "subjects.yaml"):
        digest.update((files("yingshang.areas.policies") / "data/search" / name).read_bytes())
    return digest.hexdigest()[:12]


def _name_of_database() -> str:
    return str(connection.settings_dict["NAME"])


@cache
def _database(name: str) -> str:
    """One database made anew under the same name is another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        row = cursor.fetchone()
    return f"{name}-{row[0]}"


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_older(place: Path) -> None:
    """Indexes of this database of another form; those of others that nobody has written for days."""
    mine = place.name.partition("-")[2]
    for other in place.parent.iterdir():
        if not other.is_dir() or other == place:
            continue
        old = time.time() - other.stat().st_mtime > _DAYS_KEPT * 86_400
        if old or other.name.partition("-")[2] == mine:
            shutil.rmtree(other, ignore_errors=True)
