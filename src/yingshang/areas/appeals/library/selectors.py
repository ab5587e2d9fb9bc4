"""What is read of the library: by everybody what is published, by the officials who keep it all of their reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from django.contrib.postgres.search import SearchRank
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from yingshang.kernel.access.api import Actor, reference_of
from yingshang.kernel.parties.api import get_agency

from ..desks import PLATFORM
from ..dispatching.topics import topics
from ..errors import AnswerNotFound
from ..lifecycle import ANSWER, ANSWER_VERSION
from ..models import Appeal, LibraryAnswer, LibraryAnswerUse, LibraryAnswerVersion, Reply, ReplyTemplate
from ..reach import ANSWER as MAY_ANSWER
from ..reach import VIEW, agencies_of, ensure_held_by, not_found, on_desk
from ..searching import query_of
from ..text.masking import mask
from .finding import WEIGHTS, FoundAnswer, answers_like, found_answer, holding_in, likely_topics
from .rules import library_rules
from .texts import filled

KEEP = "appeals.keep_answers"
AnswerTab = Literal["waiting", "published", "retired", "all"]
ANSWER_TABS: tuple[AnswerTab, ...] = ("waiting", "published", "retired", "all")
_DAY = "{day.year}年{day.month}月{day.day}日"


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Some published answers, and how many there are. `loosened`: none had all the words, so these have some."""

    rows: tuple[FoundAnswer, ...]
    total: int
    loosened: bool = False


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """A published answer as everybody reads it. Nothing of the appeal it was made from."""

    id: int
    question: str
    text: str
    law: str
    contact: str
    topic: str
    region_path: str
    agency_name: str
    version: int
    published_at: datetime
    alike: tuple[FoundAnswer, ...]


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as the lists of those who keep it show it. `open_state` is of the version that is not decided on."""

    id: int
    question: str
    state: str
    open_state: str
    topic: str
    region_path: str
    agency_name: str
    version: int
    use_count: int
    proposed_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptPage:
    """Some of them, and how many there are."""

    rows: tuple[KeptAnswer, ...]
    total: int


@dataclass(frozen=True, slots=True)
class AnswerVersionView:
    """What it said, or would say. `mark` tells these very words from others of the same version."""

    mark: str
    number: int
    state: str
    question: str
    text: str
    law: str
    contact: str
    topic: str
    region_path: str
    written_at: datetime
    written_by_name: str
    decided_at: datetime | None
    decided_by_name: str
    remark: str


@dataclass(frozen=True, slots=True)
class AnswerDetail:
    """One answer with its versions, newest first, and who used it. `may`: written, published, returned, dropped,
    retired.

    `appeal_id` is the appeal it came from, where the reader may open that.
    """

    summary: KeptAnswer
    reason: str
    retired_at: datetime | None
    versions: tuple[AnswerVersionView, ...]
    uses: tuple[tuple[str, int], ...]
    appeal_id: int | None
    appeal_number: str
    may: frozenset[str]

    @property
    def open(self) -> AnswerVersionView | None:
        """The version nobody has decided on yet."""
        return next((each for each in self.versions if each.state in ANSWER_VERSION.open_states), None)

    @property
    def newest(self) -> AnswerVersionView:
        """What a new version begins with."""
        return self.versions[0]


@dataclass(frozen=True, slots=True)
class ReplyToKeep:
    """A sent reply, masked, as an answer begins with. `kept` is the answer that was made of it before."""

    reply_id: int
    appeal_id: int
    appeal_number: str
    question: str
    text: str
    topic: str
    region_path: str
    agency_name: str
    kept: int | None


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A text replies begin with. `id` is none for those of the platform, which stand in its data. `may`: the reader may
    change it.
    """

    code: str
    id: int | None
    name: str
    name_en: str
    text: str
    topic: str
    agency_name: str
    region_path: str
    written_at: datetime | None = None
    written_by_name: str = ""
    may: bool = False


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """Some of them, and how many there are."""

    rows: tuple[TemplateView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Fitting:
    """What may be put into the reply to an appeal."""

    answers: tuple[FoundAnswer, ...]
    templates: tuple[TemplateView, ...]


@dataclass(frozen=True, slots=True)
class PutIn:
    """A text for a reply; `answer_id` where it is an answer of the library, whose use is counted when it is written."""

    text: str
    answer_id: int | None = None


# --- everybody --------------------------------------------------------------------------------------------------------


def public_answers(
    *, text: str = "", topic: str = "", region_path: str = "", offset: int = 0, limit: int = 20
) -> FoundPage:
    """Published answers, by words the best first, and else the newest. Where none has all the words, those that fit.

    Three queries at most.
    """
    rows = LibraryAnswer.objects.filter(holding_in(region_path), state="published")
    if topic:
        rows = rows.filter(topic=topic)
    order: tuple[str, ...] = ("-published_at", "-pk")
    query = query_of(text)
    if query is not None:
        rows = rows.filter(words=query).annotate(rank=SearchRank(F("words"), query, weights=WEIGHTS))
        order = ("-rank", "-pk")
    elif text.strip():
        rows = rows.none()
    found = rows.select_related("agency").defer("words").order_by(*order)[offset : offset + limit]
    page = FoundPage(tuple(found_answer(row) for row in found), rows.order_by().count())
    if page.total or query is None or offset:
        return page
    some = answers_like(text, {}, region_path=region_path, most=limit)
    fits = tuple(found_answer(row) for row in some if topic in ("", row.topic))
    return FoundPage(fits, len(fits), bool(fits))


def public_answer(*, answer_id: int) -> PublicAnswer:
    """One published answer, and others like it. Two queries. Raises AnswerNotFound."""
    rows = LibraryAnswer.objects.filter(state="published").select_related("agency").defer("words")
    row = rows.filter(pk=answer_id).first()
    if row is None:
        raise no_answer(answer_id)
    likely = {row.topic: 1.0} if row.topic else {}
    others = answers_like(
        row.question, likely, region_path=row.region_path, most=library_rules().suggestions.fitting + 1
    )
    alike = tuple(found_answer(each) for each in others if each.pk != row.pk)
    return _public(row, alike[: library_rules().suggestions.fitting])


def answers_before(
    *, before: int, topic: str = "", region_path: str = "", limit: int
) -> tuple[PublicAnswer, ...]:
    """Published answers with numbers below one, the newest first: pages for other systems. One query."""
    rows = LibraryAnswer.objects.filter(holding_in(region_path), state="published", pk__lt=before)
    if topic:
        rows = rows.filter(topic=topic) if topic in topics() else rows.none()
    found = rows.select_related("agency").defer("words").order_by("-pk")[:limit]
    return tuple(_public(row) for row in found)


def _public(row: LibraryAnswer, alike: tuple[FoundAnswer, ...] = ()) -> PublicAnswer:
    assert row.published_at is not None
    return PublicAnswer(
        row.pk,
        row.question,
        row.text,
        row.law,
        row.contact,
        row.topic,
        row.region_path,
        row.agency.name,
        row.version,
        row.published_at,
        alike,
    )


# --- who keeps it -----------------------------------------------------------------------------------------------------


def kept_of(actor: Actor) -> QuerySet[LibraryAnswer]:
    """The answers of somebody's reach: of their regions and agencies. Raises NotAllowed."""
    return actor.require(KEEP).filter(LibraryAnswer.objects.all(), region="region_path", agency="agency")


def kept_answers(
    *,
    actor: Actor,
    tab: AnswerTab = "all",
    text: str = "",
    topic: str = "",
    region_path: str = "",
    offset: int = 0,
    limit: int = 20,
) -> KeptPage:
    """The answers of one's reach by what is to be done; those used most come first among the published ones.

    Two queries. Raises NotAllowed.
    """
    open_ones = LibraryAnswerVersion.objects.filter(
        answer=OuterRef("pk"), state__in=ANSWER_VERSION.open_states
    )
    rows = kept_of(actor)
    order: tuple[str, ...] = ("-pk",)
    if tab == "waiting":
        rows = rows.filter(Exists(open_ones)).exclude(state="dropped")
    elif tab != "all":
        rows = rows.filter(state=tab)
        order = ("-use_count", "-pk")
    if topic:
        rows = rows.filter(topic=topic)
    if region_path:
        rows = rows.filter(region_path__startswith=region_path)
    if text := text.strip():
        # What is not published has no words to be found by.
        said = Q(question__icontains=text)
        query = query_of(text)
        rows = rows.filter(said | Q(words=query) if query is not None else said)
    found = rows.select_related("agency").defer("words", "text").order_by(*order)
    found = found.annotate(open_state=open_ones.values("state")[:1])
    return KeptPage(
        tuple(_kept(row, row.open_state or "") for row in found[offset : offset + limit]),
        rows.order_by().count(),
    )


def kept_answer(*, actor: Actor, answer_id: int) -> AnswerDetail:
    """One answer of one's reach with its versions. Raises NotAllowed, AnswerNotFound."""
    row = (
        kept_of(actor).select_related("agency", "source__appeal").defer("words").filter(pk=answer_id).first()
    )
    if row is None:
        raise no_answer(answer_id)
    versions = tuple(_version(each) for each in row.versions.all())
    open_one = row.versions.filter(state__in=ANSWER_VERSION.open_states).first()
    uses = (
        LibraryAnswerUse.objects.filter(answer=row)
        .order_by()
        .values_list("agency__name")
        .annotate(count=Count("pk"))
        .order_by("-count", "agency__name")
    )
    appeal = row.source.appeal
    opens = actor.may(VIEW) and on_desk(actor).filter(pk=appeal.pk).exists()
    return AnswerDetail(
        summary=_kept(row, open_one.state if open_one else ""),
        reason=row.reason,
        retired_at=row.retired_at,
        versions=versions,
        uses=tuple((name, count) for name, count in uses),
        appeal_id=appeal.pk if opens else None,
        appeal_number=appeal.number if opens else "",
        may=answer_steps(actor, row, open_one),
    )


def answer_steps(
    actor: Actor, answer: LibraryAnswer, open_one: LibraryAnswerVersion | None
) -> frozenset[str]:
    """What somebody who keeps it may do now: the very conditions of the actions."""
    possible = set(ANSWER.events(answer.state))
    found = possible & {"written", "retired"}
    if open_one is not None:
        version = set(ANSWER_VERSION.events(open_one.state))
        found |= possible & version & {"dropped", "returned"}
        if open_one.written_by != reference_of(actor):
            found |= possible & version & {"published"}
    return frozenset(found)


def reply_to_keep(*, actor: Actor, reply_id: int) -> ReplyToKeep:
    """A sent reply of one's reach, masked. Raises NotAllowed, AnswerNotFound."""
    reply = sent_reply(actor, reply_id)
    appeal = reply.appeal
    kept = LibraryAnswer.objects.filter(source=reply).exclude(state="dropped").values_list("pk", flat=True)
    known = names_in(appeal)
    own, scope = reply.agency.region.path, actor.scope(KEEP)
    mine = scope.covers("subtree", agency_id=reply.agency_id, region_path=own)
    return ReplyToKeep(
        reply.pk,
        appeal.pk,
        appeal.number,
        mask(appeal.title, known=known).text,
        mask(reply.text, known=known).text,
        appeal.topic,
        own if mine else appeal.region_path,
        reply.agency.name,
        kept.first(),
    )


def sent_reply(actor: Actor, reply_id: int) -> Reply:
    """A reply that was approved and sent, of one's reach. Raises NotAllowed, AnswerNotFound."""
    rows = Reply.objects.filter(pk=reply_id, state="sent", appeal__in=on_desk(actor, KEEP))
    row = rows.select_related("appeal__party", "agency__region").first()
    if row is None:
        raise AnswerNotFound(
            f"no sent reply {reply_id}", message_zh="没有这份已发送的答复，或者您不能查看", value=reply_id
        )
    return row


def names_in(appeal: Appeal) -> list[str]:
    """What would tell who appealed, or whose appeal was joined with theirs: hidden wherever it stands. Of a company
    that was merged both names, the old and the kept one. One query.
    """
    rows = Appeal.objects.filter(Q(pk__in=[appeal.pk, appeal.main_id or 0]) | Q(main=appeal.pk))
    found: dict[str, None] = {}
    for each in rows.select_related("party__merged_into").only(
        "number",
        "reporter_name",
        "reporter_phone",
        "reporter_mail",
        "party__name",
        "party__credit_code",
        "party__merged_into__name",
        "party__merged_into__credit_code",
    ):
        found |= dict.fromkeys((each.number, each.reporter_name, each.reporter_phone, each.reporter_mail))
        for party in (each.party, each.party.merged_into if each.party else None):
            if party is not None:
                found |= dict.fromkeys((party.name, party.credit_code or ""))
    return [each for each in found if each]


def _kept(row: LibraryAnswer, open_state: str) -> KeptAnswer:
    return KeptAnswer(
        row.pk,
        row.question,
        row.state,
        open_state,
        row.topic,
        row.region_path,
        row.agency.name,
        row.version,
        row.use_count,
        row.proposed_at,
        row.published_at,
    )


def mark_of(row: LibraryAnswerVersion) -> str:
    """What tells these very words of a version from those it is overwritten with."""
    return f"{row.number}@{row.written_at.isoformat()}"


def _version(row: LibraryAnswerVersion) -> AnswerVersionView:
    return AnswerVersionView(
        mark_of(row),
        row.number,
        row.state,
        row.question,
        row.text,
        row.law,
        row.contact,
        row.topic,
        row.region_path,
        row.written_at,
        row.written_by_name,
        row.decided_at,
        row.decided_by_name,
        row.remark,
    )


# --- templates --------------------------------------------------------------------------------------------------------


def kept_templates(*, actor: Actor, text: str = "", offset: int = 0, limit: int = 20) -> TemplatePage:
    """The templates of one's reach that are in use. Two queries. Raises NotAllowed."""
    rows = templates_of(actor).filter(retired_at__isnull=True)
    if text := text.strip():
        rows = rows.filter(Q(name__icontains=text) | Q(text__icontains=text))
    found = rows.select_related("agency").order_by("name", "pk")[offset : offset + limit]
    mine = None if actor.kind != "user" else agencies_of(actor, KEEP)
    return TemplatePage(
        tuple(
            replace(_template(row), may=mine is None or row.agency_id is None or row.agency_id in mine)
            for row in found
        ),
        rows.count(),
    )


def keeping_agencies(actor: Actor) -> tuple[tuple[int, str], ...]:
    """One's own agencies, number and name, for which one may keep templates. Raises NotAllowed."""
    actor.require(KEEP)
    rows = [get_agency(actor=PLATFORM, agency_id=each) for each in sorted(agencies_of(actor, KEEP))]
    return tuple((each.id, each.name) for each in rows)


def kept_template(*, actor: Actor, template_id: int) -> TemplateView:
    """One of them that one may change. Raises NotAllowed, AnswerNotFound."""
    row = changed_by(actor).filter(pk=template_id, retired_at__isnull=True).select_related("agency").first()
    if row is None:
        raise no_template(template_id)
    return _template(row)


def templates_of(actor: Actor) -> QuerySet[ReplyTemplate]:
    """Those of one's regions and agencies. Raises NotAllowed."""
    return actor.require(KEEP).filter(ReplyTemplate.objects.all(), region="region_path", agency="agency")


def changed_by(actor: Actor) -> QuerySet[ReplyTemplate]:
    """Those one may change: of one's own agencies, and those of a region that are nobody's. What other agencies begin
    their replies with is read in the list and left alone. Raises NotAllowed.
    """
    rows = templates_of(actor)
    if actor.kind != "user":
        return rows
    return rows.filter(Q(agency__isnull=True) | Q(agency__in=agencies_of(actor, KEEP)))


def default_templates() -> tuple[TemplateView, ...]:
    """Those of the platform, which every place has."""
    return tuple(
        TemplateView(f"default:{each.code}", None, each.name, each.name_en, each.text, "", "", "")
        for each in library_rules().templates.values()
    )


def _template(row: ReplyTemplate) -> TemplateView:
    return TemplateView(
        f"own:{row.pk}",
        row.pk,
        row.name,
        row.name,
        row.text,
        row.topic,
        row.agency.name if row.agency else "",
        row.region_path,
        row.written_at,
        row.written_by_name,
    )


# --- while a reply is written -----------------------------------------------------------------------------------------


def fitting(*, actor: Actor, appeal_id: int) -> Fitting:
    """Answers and templates that fit an appeal one's agency deals with. At most five queries.

    Raises NotAllowed, AppealNotFound, NotYours.
    """
    appeal = _held(actor, appeal_id)
    likely = {appeal.topic: 1.0} if appeal.topic else likely_topics(_proposed(appeal))
    rows = answers_like(
        f"{appeal.title}\n{appeal.text}",
        likely,
        region_path=appeal.region_path,
        most=library_rules().suggestions.fitting,
    )
    return Fitting(tuple(found_answer(row) for row in rows), tuple(_fitting_templates(appeal)))


def put_in(*, actor: Actor, appeal_id: int, what: str, now: datetime) -> PutIn:
    """The text of `answer:12`, `own:3` (a template of the place) or `default:solved`, filled in for the appeal.

    Raises NotAllowed, AppealNotFound, NotYours, AnswerNotFound.
    """
    appeal = _held(actor, appeal_id)
    kind, _colon, which = what.partition(":")
    if kind == "answer":
        row = LibraryAnswer.objects.filter(
            holding_in(appeal.region_path), pk=_number(which), state="published"
        ).first()
        if row is None:
            raise no_answer(which)
        law = f"\n\n依据：{row.law}" if row.law else ""
        contact = f"\n\n咨询电话：{row.contact}" if row.contact else ""
        return PutIn(f"{row.text}{law}{contact}", row.pk)
    for each in _fitting_templates(appeal):
        if each.code == what:
            return PutIn(filled(each.text, _values(appeal, now)))
    raise no_template(what)


def _held(actor: Actor, appeal_id: int) -> Appeal:
    rows = on_desk(actor, MAY_ANSWER).filter(pk=appeal_id).select_related("party", "agency", "desk")
    appeal = rows.first()
    if appeal is None:
        raise not_found(appeal_id)
    ensure_held_by(actor, appeal, MAY_ANSWER)
    return appeal


def _proposed(appeal: Appeal) -> Sequence[tuple[str, float]]:
    return [(str(code), float(share)) for code, share in appeal.proposal.get("topics", ())]


def _fitting_templates(appeal: Appeal) -> list[TemplateView]:
    """The place's own first, and of those what is made for the topic; then the platform's."""
    rows = ReplyTemplate.objects.filter(retired_at__isnull=True, topic__in=["", appeal.topic])
    own = rows.filter(
        Q(agency=appeal.agency_id) | (Q(agency__isnull=True) & holding_in(appeal.region_path))
    ).select_related("agency")
    default = library_rules().templates
    views = [_template(row) for row in own]
    views += [
        each
        for each in default_templates()
        if not (made_for := default[each.code.partition(":")[2]].topics) or appeal.topic in made_for
    ]
    return sorted(views, key=lambda each: not each.topic if each.id else 2)


def _values(appeal: Appeal, now: datetime) -> dict[str, str]:
    topic = topics().get(appeal.topic)
    # Others whose voices were joined read what it says, and not who said it first.
    named = not appeal.anonymous and not appeal.voices.filter(state="joined").exists()
    return {
        "number": appeal.number,
        "title": appeal.title,
        "addressee": appeal.party.name if named and appeal.party else "诉求人",
        "agency": appeal.agency.name if appeal.agency else "",
        "submitted": _day(appeal.submitted_at),
        "due": _DAY.format(day=appeal.due_on) if appeal.due_on else "",
        "today": _day(now),
        "topic": topic.name if topic else "",
    }


def _day(moment: datetime) -> str:
    return _DAY.format(day=timezone.localdate(moment))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def no_answer(answer_id: int | str) -> AnswerNotFound:
    """The refusal for an answer that is not there, not published, or not this actor's."""
    return AnswerNotFound(f"no answer {answer_id}", message_zh="没有这条答复，或者已经停用", value=answer_id)


def no_template(template_id: int | str) -> AnswerNotFound:
    """The refusal for a template that is not there, retired, or not this actor's."""
    return AnswerNotFound(
        f"no template {template_id}", message_zh="没有这个答复模板，或者已经停用", value=template_id
    )
