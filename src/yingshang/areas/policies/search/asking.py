"""A question to the library and its answer: from the index, with the rows read from the tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import tantivy
from django.db.models import Count, Q
from django.db.models.functions import Left
from tantivy import Occur, Query

from ..interpretation.selectors import words_by_subject
from ..matching.live import Window, window_of
from ..models import PolicyDocument
from ..selectors import document_summary, published_item
from ..values import DocumentSummary, PublishedItem
from . import index
from .entries import ALWAYS, ENDED, MOST_WINDOWS, public_versions
from .making import make_soon
from .words import alike, asked_words, characters, letters_of, pairs, plain

FACETS = ("what", "region", "level", "kind", "delivery", "audience", "container", "amount")
ORDERS = ("relevance", "newest", "closing")
_SORTED = 5_000
"""Of so many that are open the one that closes first is found; nobody pages further."""
_DEEPEST = 10_000
_TEXT_READ = 40_000
_EXCERPT = 90
_REGIONS = 400


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks for. Empty fields narrow nothing.

    `place` is the path of a region: with `reach` "holds" what holds there (of the place and of everything above it),
    with "within" what is of the place and below. `region` is the one place it is of ("0" the country). `window` is open
    or upcoming. `ended` takes in what is out of force. `some`: half of the words suffice.
    """

    text: str = ""
    what: str = ""
    place: str = ""
    reach: str = "holds"
    region: str = ""
    level: str = ""
    kind: str = ""
    delivery: str = ""
    audience: str = ""
    container: str = ""
    amount: str = ""
    window: str = ""
    ended: bool = False
    some: bool = False
    order: str = "relevance"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of an excerpt, and whether they are what was looked for."""

    text: str
    found: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer: an item or a document."""

    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]
    item: PublishedItem | None = None
    document: DocumentSummary | None = None
    state: str = ""
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of answers. `facets` counts each value, as if nothing else of its own field were chosen.

    `loosened`: nothing had all the words, so some suffice. `plain`: the index is being made, and only titles were
    searched.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    loosened: bool = False
    plain: bool = False


def search(question: Question, *, day: date, offset: int = 0, limit: int = 20, facets: bool = True) -> Answer:
    """What answers a question, best first. Everybody may see all of it. At most three queries a page."""
    looking = index.searcher()
    if looking is None:
        make_soon()
        return _without_index(question, day=day, offset=offset, limit=limit)
    words = _words_query(question.text, loose=question.some)
    numbers, total = _page(looking, _whole(question, words, day), question, day, offset, limit)
    loosened = False
    if not total and len(asked_words(question.text)) > 1:
        words = _words_query(question.text, loose=True)
        numbers, total = _page(looking, _whole(question, words, day), question, day, offset, limit)
        loosened = total > 0
    counts = _facets(looking, question, words, day) if facets else {}
    return Answer(_hits(numbers, question.text, day), total, counts, loosened)


def numbers_found(question: Question, *, day: date, what: str = "item", most: int = 2_000) -> list[int]:
    """Only the numbers of what answers, newest first: for subscriptions and feeds."""
    question = replace(question, what=what)
    looking = index.searcher()
    if looking is None:
        make_soon()
        return [index.referred(each)[1] for each in _by_title(question, day)][:most]
    found = looking.search(
        _whole(question, _words_query(question.text, loose=False), day), limit=most, order_by_field="issued"
    )
    references = looking.fast_field_values("ref", [address for _, address in found.hits])
    return [index.referred(int(each))[1] for each in references]


# --- the query --------------------------------------------------------------------------------------------------------


def _whole(question: Question, words: Query | None, day: date, *, but: str = "") -> Query:
    parts = [(Occur.Must, words if words is not None else Query.all_query())]
    parts += [(Occur.Must, Query.const_score_query(each, 0.0)) for each in _filters(question, day, but)]
    return Query.boolean_query(parts)


def _filters(question: Question, day: date, but: str) -> Iterator[Query]:
    schema, number = index.schema(), day.toordinal()
    for name in FACETS:
        if name != but and (value := getattr(question, name)):
            yield Query.term_query(schema, name, value)
    if question.place:
        if question.reach == "within":
            yield Query.term_query(schema, "within", question.place)
        else:
            above = [question.place[:length] for length in (2, 4, 6, 9, 12) if length <= len(question.place)]
            yield Query.term_set_query(schema, "region", ["0", *above])
    if not question.ended:
        yield _days("until", number, ALWAYS)
    if question.window == "open":
        yield Query.boolean_query(
            [(Occur.Should, _both(at, (0, number), (number, ALWAYS))) for at in range(MOST_WINDOWS)]
        )
        yield _days("begins", 0, number)
    elif question.window == "upcoming":
        yield Query.boolean_query(
            [(Occur.Should, _days(f"opens{at}", number + 1, ALWAYS)) for at in range(MOST_WINDOWS)]
        )


def _both(at: int, opens: tuple[int, int], closes: tuple[int, int]) -> Query:
    return Query.boolean_query(
        [(Occur.Must, _days(f"opens{at}", *opens)), (Occur.Must, _days(f"closes{at}", *closes))]
    )


def _days(name: str, first: int, last: int) -> Query:
    return Query.range_query(index.schema(), name, tantivy.FieldType.Integer, first, last)


def _words_query(text: str, *, loose: bool) -> Query | None:
    """None for a question without words. Loose: half of the words suffice."""
    words = asked_words(text)
    if not words:
        return None
    groups = [_word(each) for each in words]
    if loose:
        if len(groups) < 2:
            return groups[0]
        return Query.boolean_query(
            [(Occur.Should, each) for each in groups],
            minimum_number_should_match=math.ceil(len(groups) / 2),
        )
    ways = [(Occur.Should, Query.boolean_query([(Occur.Must, each) for each in groups]))]
    joined = pairs(text)
    if joined:
        # The same characters in a row in the title: however words were cut, this finds it, and it is the best answer.
        ways.append((Occur.Should, Query.boost_query(_in_a_row("title_pairs", joined), 6.0)))
    else:
        ways += [(Occur.Should, _term("characters", each)) for each in characters(text)]
    if letters := letters_of(text):
        for name, weight in (("initials", 4.0), ("spelled", 3.0)):
            ways.append((Occur.Should, Query.boost_query(_in_a_row(name, pairs(letters)), weight)))
    return Query.boolean_query(ways)


def _word(word: str) -> Query:
    weights = (("title", 5.0), ("names", 3.0), ("text", 1.0))
    ways = [(Occur.Should, Query.boost_query(_term(name, word), weight)) for name, weight in weights]
    for other in alike(word):
        ways += [
            (Occur.Should, Query.boost_query(_term(name, plain(other)), weight / 3))
            for name, weight in weights
        ]
    return Query.boolean_query(ways)


def _term(name: str, word: str) -> Query:
    return Query.term_query(
        index.schema(), name, word, index_option="freq" if name in index.WORDS else "basic"
    )


def _in_a_row(name: str, joined: Sequence[str]) -> Query:
    if len(joined) == 1:
        return Query.term_query(index.schema(), name, joined[0])
    return Query.phrase_query(index.schema(), name, list(joined))


# --- the answer -------------------------------------------------------------------------------------------------------


def _page(
    looking: Any, query: Query, question: Question, day: date, offset: int, limit: int
) -> tuple[list[int], int]:
    offset = min(offset, _DEEPEST)
    if question.order == "closing":
        return _closing_first(looking, query, day, offset, limit)
    order = "issued" if question.order == "newest" or not question.text else None
    found = looking.search(query, limit=limit, offset=offset, order_by_field=order)
    references = looking.fast_field_values("ref", [address for _, address in found.hits])
    return [int(each) for each in references], int(found.count)


def _closing_first(looking: Any, query: Query, day: date, offset: int, limit: int) -> tuple[list[int], int]:
    found = looking.search(query, limit=_SORTED)
    addresses = [address for _, address in found.hits]
    today = day.toordinal()
    closes = [ALWAYS + 1] * len(addresses)
    for at in range(MOST_WINDOWS):
        opens = looking.fast_field_values(f"opens{at}", addresses)
        ends = looking.fast_field_values(f"closes{at}", addresses)
        for place, (first, last) in enumerate(zip(opens, ends, strict=True)):
            if first is not None and first <= today <= last:
                closes[place] = min(closes[place], int(last))
    references = looking.fast_field_values("ref", addresses)
    ranked = sorted(zip(closes, references, strict=True))
    return [int(each) for _, each in ranked[offset : offset + limit]], int(found.count)


def _facets(looking: Any, question: Question, words: Query | None, day: date) -> dict[str, dict[str, int]]:
    """Those that are not chosen are counted together; each that is, on its own without itself."""
    chosen = [name for name in FACETS if getattr(question, name)]
    free = [name for name in FACETS if name not in chosen]
    counted: dict[str, dict[str, int]] = {}
    for but, names in [("", free), *((name, [name]) for name in chosen)]:
        if not names:
            continue
        wanted = {name: {"terms": {"field": name, "size": _REGIONS}} for name in names}
        answer = looking.aggregate(_whole(question, words, day, but=but), wanted)
        for name in names:
            counted[name] = {row["key"]: int(row["doc_count"]) for row in answer[name]["buckets"]}
    return counted


def _hits(references: Sequence[int], text: str, day: date) -> tuple[Hit, ...]:
    """In the order of the index. What has gone from the tables meanwhile is left out."""
    wanted = [index.referred(each) for each in references]
    items = [number for what, number in wanted if what == "item"]
    papers = [number for what, number in wanted if what == "document"]
    known: dict[tuple[str, int], Hit] = {}
    if items:
        # What is said in plain words is read only where words were looked for: the answer may stand there alone.
        plainly = words_by_subject("item", items) if text else {}
        for row in public_versions().filter(item__in=items):
            told = "\n".join(filter(None, [row.summary, row.benefit_text, plainly.get(row.item_id)]))
            item = published_item(row)
            known["item", row.item_id] = Hit(
                title=marked(row.name, text),
                excerpt=excerpt(told, text),
                item=item,
                state=state_of(row.state, row.effective_from, row.effective_to, day),
                window=window_of(item, day),
            )
    if papers:
        rows = (
            PolicyDocument.objects.filter(is_public=True, pk__in=papers)
            .defer("text", "sentences")
            .annotate(beginning=Left("text", _TEXT_READ), item_count=Count("items"))
        )
        for paper in rows:
            known["document", paper.pk] = Hit(
                title=marked(paper.title, text),
                excerpt=excerpt(paper.beginning, text),
                document=document_summary(paper),
                state=paper.status,
            )
    return tuple(known[each] for each in wanted if each in known)


def state_of(state: str, begins: date | None, until: date | None, day: date) -> str:
    """in_force, upcoming, expired, or how a version ended."""
    if state != "published":
        return state
    if until is not None and until < day:
        return "expired"
    return "upcoming" if begins is not None and begins > day else "in_force"


def marked(whole: str, text: str) -> tuple[Piece, ...]:
    """A text in pieces, with the words of a question marked."""
    if not text:
        return (Piece(whole, False),)
    places = _places(whole, text)
    pieces, at = [], 0
    for start, end in places:
        if start > at:
            pieces.append(Piece(whole[at:start], False))
        pieces.append(Piece(whole[start:end], True))
        at = end
    if at < len(whole) or not pieces:
        pieces.append(Piece(whole[at:], False))
    return tuple(pieces)


def excerpt(whole: str, text: str) -> tuple[Piece, ...]:
    """Some words around the first place that was looked for; the beginning where there is none."""
    whole = " ".join(whole.split())
    # What was asked for itself says more than what means the same.
    places = (_places(whole, text, others=False) or _places(whole, text)) if text else []
    start = max(0, places[0][0] - _EXCERPT // 3) if places else 0
    cut = whole[start : start + 2 * _EXCERPT]
    pieces = list(marked(cut, text))
    if start:
        pieces.insert(0, Piece("…", False))
    if start + 2 * _EXCERPT < len(whole):
        pieces.append(Piece("…", False))
    return tuple(pieces) if whole else ()


def _places(whole: str, text: str, *, others: bool = True) -> list[tuple[int, int]]:
    """Where the words of a question stand, longest first, none over another."""
    lower = whole.casefold()
    if len(lower) != len(whole):
        lower = whole
    words = [text.strip().casefold(), *asked_words(text)]
    if others:
        words += [other for word in words[1:] for other in alike(word)]
    taken = [False] * len(whole)
    found: list[tuple[int, int]] = []
    for word in sorted({each for each in words if each}, key=len, reverse=True):
        at = lower.find(word)
        while at >= 0 and len(found) < 50:
            if not any(taken[at : at + len(word)]):
                found.append((at, at + len(word)))
                taken[at : at + len(word)] = [True] * len(word)
            at = lower.find(word, at + len(word))
    return sorted(found)


def _without_index(question: Question, *, day: date, offset: int, limit: int) -> Answer:
    """Titles only, from the tables, while the index is being made."""
    found = _by_title(question, day)
    return Answer(_hits(found[offset : offset + limit], question.text, day), len(found), plain=True)


def _by_title(question: Question, day: date) -> list[int]:
    items = (
        public_versions()
        .filter(state="published", name__icontains=question.text)
        .filter(Q(effective_to__isnull=True) | Q(effective_to__gte=day))
    )
    papers = PolicyDocument.objects.filter(is_public=True, title__icontains=question.text)
    found: list[int] = []
    if question.what != "document":
        found += [index.reference("item", each) for each in items.values_list("item", flat=True)[:_DEEPEST]]
    if question.what != "item":
        rows = papers.exclude(status__in=ENDED).order_by("-issued_on", "-pk")
        found += [index.reference("document", each) for each in rows.values_list("pk", flat=True)[:_DEEPEST]]
    return found
