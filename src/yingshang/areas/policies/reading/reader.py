"""Reading the sentences of a document. Pure: every sentence once, and each rule once on it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from yingshang.areas.policies.sentences import Sentence
from yingshang.rules.policy.catalogue import FactCatalogue

from .conditions import Reading, choices_of, compared_facts, figure_conditions, statements
from .days import dates_in, days_in
from .money import amounts_in, bands_in, respectively
from .places import regions_in
from .proposals import NothingToRead, Proposal
from .quantities import quantities
from .text import even
from .trades import industries_in
from .words import Hit, Known, Lexicon, bounds

LONGEST_SENTENCE = 2000
"""Characters of a sentence that are read. Longer ones are tables or lost line ends, and no rule is for them."""

_EXCLUDES = re.compile(
    r"(?:不予|不得|不再|不能|不可)(?:支持|申报|享受|受理|补助|奖励|补贴|资助|申请|列入|给予)|不享受|不属于支持范围|不纳入|排除"
)
_HEADING = re.compile(r"(?:下列|以下|如下)[^。；]{0,20}(?:：|:)?$|：$")
_HEADLINE = re.compile(
    r"(?:第[一二三四五六七八九十百]+[章节条]|[一二三四五六七八九十]+、|（[一二三四五六七八九十\d]+）|\d{1,3}[.、])?"
    r"(?:支持|鼓励|推动|促进|加大|实施|培育|引导|加快|提升|优化|强化|加强|完善|推进|壮大|关于)[^，；\d]{0,24}。?"
    r"|[^，；。]{0,80}(?:的通知|的意见|的公告|的通告|的决定|的批复|实施细则|管理办法|若干(?:政策)?措施)"
)
"""What a part is about, or a title: it names things and sets nothing."""
_RULED_OUT = ("condition", "tag", "region", "industry")
_SIGNIFICANT = re.compile(r"\w")


def read_document(
    sentences: Sequence[Sentence],
    catalogue: FactCatalogue,
    *,
    region: str = "",
    issued_on: date | None = None,
) -> tuple[Proposal, ...]:
    """What the sentences of a document seem to say, in their order.

    `region` is the code of the place the document is for: it tells which of several divisions of one name is meant,
    and what 本市 is. `issued_on` is the day 自印发之日起 counts from. Raises NothingToRead for a document without text.
    """
    refuse_empty(sentences)
    return tuple(read_on(sentences, catalogue, Thread(), region=region, issued_on=issued_on))


@dataclass
class Thread:
    """What the reader has in mind between two sentences; kept, it reads on later where it was.

    `heading` is the clause below which everything rules out, `carried` the facts figures were said of earlier in the
    clause, by dimension.
    """

    heading: str = ""
    clause: str = ""
    carried: dict[str, str] = field(default_factory=dict)


def read_on(
    sentences: Sequence[Sentence],
    catalogue: FactCatalogue,
    thread: Thread,
    *,
    region: str = "",
    issued_on: date | None = None,
) -> list[Proposal]:
    """The next sentences of a document, the ones before having left `thread`, which follows."""
    lexicon = _lexicon(catalogue)
    found: list[Proposal] = []
    for sentence in sentences:
        if sentence.clause != thread.clause:
            thread.clause, thread.carried = sentence.clause, {}
        carried = {key: lexicon.known[fact] for key, fact in thread.carried.items() if fact in lexicon.known}
        proposals = read_sentence(sentence, lexicon, region=region, issued_on=issued_on, carried=carried)
        for each in proposals:
            if each.rule == "figure" and each.fact in lexicon.known:
                thread.carried[lexicon.known[each.fact].dimension] = each.fact
        below = sentence.clause.startswith(thread.heading) and sentence.clause != thread.heading
        if _EXCLUDES.search(sentence.text):
            opens = bool(_HEADING.search(sentence.text.strip()))
            thread.heading = sentence.clause if opens and sentence.clause else ""
            proposals = [_excluded(each) for each in proposals]
        elif thread.heading and below:
            proposals = [_excluded(each) for each in proposals]
        else:
            thread.heading = ""
        found += proposals
    return found


def is_headline(text: str) -> bool:
    """Whether a sentence is a title, or the name of a part that sets nothing itself."""
    return len(text) < 200 and bool(_HEADLINE.fullmatch(even(text).text))


def read_sentence(
    sentence: Sentence,
    lexicon: Lexicon,
    *,
    region: str = "",
    issued_on: date | None = None,
    carried: Mapping[str, Known] | None = None,
) -> list[Proposal]:
    """What one sentence seems to say, by the places in it."""
    line = even(sentence.text[:LONGEST_SENTENCE])
    text = line.text
    if not text or _HEADLINE.fullmatch(text):
        return []
    days = days_in(text)
    figures = lexicon.figures(text)
    reading = Reading(
        sentence.number,
        line,
        lexicon,
        figures,
        quantities(text, bounds(), [(each.start, each.end) for each in days]),
        set(),
        carried or {},
    )
    choices, said = _apart(lexicon.choices(text), lexicon.statements(text))
    found: list[Proposal] = [
        *regions_in(reading, region),
        *industries_in(reading, [(each.start, each.end) for each in (*choices, *said)]),
    ]
    dates = list(dates_in(reading, days, issued_on))
    # 离校2年内 is part of a name, 1年内申请 a time limit: their figures bound no fact.
    spoken_for = [(each.start, each.end) for each in choices]
    spoken_for += [line.inside(each.start, each.end) for each in dates]
    for index, one in enumerate(reading.quantities):
        if any(start <= one.first and one.last <= end for start, end in spoken_for):
            reading.used.add(index)
    found += dates
    found += respectively(reading)
    found += bands_in(reading)
    found += figure_conditions(reading)
    found += compared_facts(reading)
    found += statements(reading, said, choices, {each.fact for each in found})
    found += choices_of(reading, choices)
    found += amounts_in(reading)
    return _once(found)


def _apart(choices: list[Hit], said: list[Hit]) -> tuple[list[Hit], list[Hit]]:
    """Of a choice and a statement in the same words the longer one; what lies in a gap of it is said apart."""

    def inside(each: Hit, others: list[Hit]) -> bool:
        return any(
            one.start <= each.start
            and each.end <= one.end
            and one.width > each.width
            and (each.start - one.start <= 1 or one.end - each.end <= 1)
            for one in others
        )

    return [each for each in choices if not inside(each, said)], [
        each for each in said if not inside(each, choices)
    ]


def _once(found: list[Proposal]) -> list[Proposal]:
    """In the order of the text; what is said twice in a sentence counts once, amounts apart."""
    found.sort(key=lambda each: (each.start, each.end, each.kind, each.statement))
    kept: list[Proposal] = []
    seen: set[tuple[str, str]] = set()
    for each in found:
        key = (each.kind, each.statement)
        if each.kind in ("amount", "cap", "band") or key not in seen:
            kept.append(each)
            seen.add(key)
    return kept


@lru_cache(maxsize=4)
def _made(key: tuple[str, ...], holder: _Holder) -> Lexicon:
    return Lexicon(holder.catalogue)


class _Holder:
    """Carries a catalogue through the cache without being part of its key."""

    def __init__(self, catalogue: FactCatalogue) -> None:
        self.catalogue = catalogue

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Holder) and (
            self.catalogue is other.catalogue or self.catalogue.facts == other.catalogue.facts
        )


def _lexicon(catalogue: FactCatalogue) -> Lexicon:
    return _made(tuple(catalogue.facts), _Holder(catalogue))


def refuse_empty(sentences: Sequence[Sentence]) -> None:
    """Raises NothingToRead where there is no text: a scan, or nothing."""
    if not any(_SIGNIFICANT.search(each.text) for each in sentences):
        raise NothingToRead(
            "there is no text to read; a scanned PDF has only pictures of pages. "
            "Paste the text, or upload a file that has it",
            message_zh="没有可读的文字；扫描件只有页面图像。请粘贴正文，或者上传带文字的文件",
        )


def _excluded(proposal: Proposal) -> Proposal:
    return replace(proposal, excludes=True) if proposal.kind in _RULED_OUT else proposal
