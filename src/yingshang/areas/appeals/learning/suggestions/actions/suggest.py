"""An official turns what many say into a suggestion to who makes the policy, who answers it in writing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from yingshang.kernel.access.api import (
    Actor,
    DeskView,
    agencies_that_may,
    officials_who_may,
    reference_of,
)
from yingshang.kernel.clock.api import (
    DeadlineView,
    FiredRung,
    Owner,
    cancel_deadline,
    get_deadline,
    meet_deadline,
    start_deadline,
)
from yingshang.kernel.documents.api import number_words, take_document_number
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.notices.api import Recipient, send_where_possible

from ....actions._steps import bounded, needed, tell_reporter
from ....clocks import region_code_of
from ....desks import PLATFORM
from ....dispatching.topics import topics
from ....errors import InvalidStep, NotApart, NotYours, StepNotFound
from ....lifecycle import SUGGESTION
from ....models import Appeal, PolicySuggestion, SuggestionVoice
from ....numbering import series_of
from ....reach import SUPERVISE, VIEW, agencies_of
from ....text.masking import mask
from ...rules import learning_rules
from ..clusters import item_name, parties_of, voices_of

SUGGEST, ANSWER_SUGGESTIONS = "appeals.suggest", "appeals.answer_suggestions"
SUGGESTIONS = "appeal_suggestion"
"""Owner the clock knows deadlines of suggestions by."""


def authors_for(region_path: str, *, now: datetime) -> tuple[DeskView, ...]:
    """The agencies of a region and above it that answer suggestions, the nearest first. One query."""
    return agencies_that_may(ANSWER_SUGGESTIONS, region_path=region_path, today=timezone.localdate(now))


@transaction.atomic
def suggest_policy(
    *,
    actor: Actor,
    agency_id: int,
    title: str,
    text: str,
    region_path: str,
    topic: str = "",
    item_code: str = "",
    now: datetime,
) -> int:
    """Suggest something to an agency that makes policies, with the appeals of a cluster as its voices; masked, as
    everything of appeals. Its number in the register. Needs `appeals.suggest` in an agency, and as many enterprises
    that say it under their name as a cluster has.

    Raises NotAllowed, InvalidStep.
    """
    scope = actor.require(SUGGEST)
    mine = agencies_of(actor, SUGGEST)
    if not mine:
        raise NotYours(
            "a suggestion is made for an agency", message_zh="政策建议须以单位名义提出", value=actor.name
        )
    if not scope.covers("region", agency_id=0, region_path=region_path):
        raise InvalidStep(
            f"{region_path!r} is not within your reach; choose a region that is",
            message_zh="这个地区不在您的工作范围内，请重新选择",
            field="region",
            value=region_path,
        )
    needed(title, "title")
    needed(text, "text")
    if topic and topic not in topics():
        raise InvalidStep(f"{topic!r} is no topic", message_zh="请选择主题", field="topic", value=topic)
    if agency_id not in {each.agency_id for each in authors_for(region_path, now=now)}:
        raise InvalidStep(
            f"nobody of agency {agency_id} answers suggestions",
            message_zh="这个单位没有政策制定人员，请选择其他单位",
            field="agency",
            value=agency_id,
        )
    rules = learning_rules()
    rows = voices_of(actor, region_path=region_path, topic=topic, item_code=item_code, now=now)
    voices = list(rows.order_by("-submitted_at", "-pk").values_list("pk", flat=True)[: rules.voices_most])
    # Of those that are heard: no more are told of, and nobody's words stand for less than a cluster.
    parties = parties_of(Appeal.objects.filter(pk__in=voices))
    if parties < rules.cluster_from:
        raise InvalidStep(
            f"{parties} enterprises say it under their name, and {rules.cluster_from} are needed; choose a topic or a "
            "policy that more of them are about",
            message_zh=f"实名反映的企业有 {parties} 家，至少要有 {rules.cluster_from} 家，请选择多家企业反映的问题",
            field="topic",
            value=parties,
        )
    year = timezone.localdate(now).year
    _one_at_a_time(agency_id)
    _ensure_new(agency_id, region_path, topic, item_code)
    by = min(mine)
    row = PolicySuggestion.objects.create(
        number=take_document_number(series_of("suggestions"), by, year).kept,
        title=mask(title.strip()[:120]).text,
        text=mask(bounded(text, "text")).text,
        topic=topic,
        item_code=item_code,
        item_name=item_name(item_code, timezone.localdate(now))[:200] if item_code else "",
        region_path=region_path,
        agency_id=agency_id,
        made_by_agency_id=by,
        voice_count=len(voices),
        party_count=parties,
        made_at=now,
        made_by=reference_of(actor),
        made_by_name=actor.name,
    )
    SuggestionVoice.objects.bulk_create(SuggestionVoice(suggestion=row, appeal_id=each) for each in voices)
    clock = _start_clock(row, now=now)
    row.deadline_id, row.due_on = clock.id, clock.due_on
    row.save(update_fields=["deadline_id", "due_on"])
    _note(
        row,
        "suggested",
        actor=actor,
        now=now,
        after={"state": row.state, "voices": row.voice_count, "due": str(row.due_on)},
    )
    _tell(row, agency_id, ANSWER_SUGGESTIONS, "suggestion_made", now=now, due=row.due_on)
    return int(row.pk)


@transaction.atomic
def answer_suggestion(
    *, actor: Actor, suggestion_id: int, taken_up: bool, answer: str, now: datetime
) -> None:
    """The agency it was addressed to takes it up, or not, and says why. Who is behind a suggestion that is taken up is
    told. Needs `appeals.answer_suggestions` there.

    Raises NotAllowed, StepNotFound, NotYours, NotApart, NotPossibleNow, InvalidStep.
    """
    actor.require(ANSWER_SUGGESTIONS)
    row = _locked(actor, suggestion_id)
    if row.agency_id not in agencies_of(actor, ANSWER_SUGGESTIONS):
        raise NotYours(
            f"it was addressed to {row.agency.name}",
            message_zh=f"这条建议由“{row.agency.name}”答复",
            value=suggestion_id,
        )
    before, row.state = row.state, SUGGESTION.after(row.state, "taken_up" if taken_up else "declined")
    if row.made_by == reference_of(actor):
        raise NotApart(
            "who made a suggestion does not answer it",
            message_zh="提出建议的人不能答复自己的建议",
            value=suggestion_id,
        )
    needed(answer, "answer")
    row.answer, row.answered_at = mask(bounded(answer, "answer")).text, now
    row.answered_by, row.answered_by_name = reference_of(actor), actor.name
    row.save()
    _end_clock(row, met=True, now=now)
    _note(
        row,
        f"suggestion_{row.state}",
        actor=actor,
        now=now,
        reason=row.answer,
        before={"state": before},
        after={"state": row.state},
    )
    _tell(
        row,
        row.made_by_agency_id,
        SUGGEST,
        "suggestion_answered",
        now=now,
        outcome=SUGGESTION.states[row.state].name,
        outcome_en=SUGGESTION.states[row.state].name_en,
        reason=row.answer,
    )
    if taken_up:
        voices = row.voices.order_by().values("appeal")
        behind = Q(pk__in=voices) | Q(main__in=voices, state="joined")
        for appeal in Appeal.objects.filter(behind).order_by("pk").defer("body", "text", "words"):
            tell_reporter(
                appeal,
                "voice_taken_up",
                now=now,
                voices=False,
                once=f"suggestion:{row.pk}",
                agency=row.agency.name,
                suggestion=row.title,
            )


@transaction.atomic
def withdraw_suggestion(*, actor: Actor, suggestion_id: int, reason: str, now: datetime) -> None:
    """The agency that made it takes it back. Raises NotAllowed, StepNotFound, NotYours, NotPossibleNow, InvalidStep."""
    actor.require(SUGGEST)
    row = _locked(actor, suggestion_id)
    if row.made_by_agency_id not in agencies_of(actor, SUGGEST):
        raise NotYours(
            f"it was made by {row.made_by_agency.name}",
            message_zh=f"这条建议由“{row.made_by_agency.name}”提出，由该单位撤回",
            value=suggestion_id,
        )
    before, row.state = row.state, SUGGESTION.after(row.state, "withdrawn")
    needed(reason)
    row.save(update_fields=["state"])
    _end_clock(row, met=False, now=now)
    _note(
        row,
        "suggestion_withdrawn",
        actor=actor,
        now=now,
        reason=reason,
        before={"state": before},
        after={"state": row.state},
    )
    _tell(
        row,
        row.agency_id,
        ANSWER_SUGGESTIONS,
        "suggestion_answered",
        now=now,
        outcome=SUGGESTION.states[row.state].name,
        outcome_en=SUGGESTION.states[row.state].name_en,
        reason=reason.strip(),
    )


def on_suggestion_rung(rung: FiredRung) -> None:
    """The clock of an answer: the agency that owes it is told, and once it is late the nearest who supervise there."""
    row = (
        PolicySuggestion.objects.select_related("agency")
        .filter(pk=int(rung.deadline.owner.identifier), state="sent")
        .first()
    )
    if row is None:
        return
    late = rung.rung.action == "supervise"
    told = [(row.agency_id, ANSWER_SUGGESTIONS)]
    if late:
        today = timezone.localdate(rung.fired_at)
        near = agencies_that_may(SUPERVISE, region_path=row.region_path, today=today)
        # Nobody supervises what their own agency owes.
        told += [(each.agency_id, SUPERVISE) for each in near if each.agency_id != row.agency_id][:1]
    for agency_id, permission in told:
        _tell(
            row,
            agency_id,
            permission,
            "suggestion_due",
            now=rung.fired_at,
            once=f"appeals.suggestion:{row.pk}:{rung.rung.code}:{permission}",
            rung=rung.rung.name,
            due=row.due_on,
        )


def reached(actor: Actor) -> Q:
    """The suggestions of an official's regions, and those made or owed by their agencies. Raises NotAllowed."""
    scope = actor.require(VIEW)
    places = agencies_of(actor, VIEW)
    return scope.condition(region="region_path") | Q(agency__in=places) | Q(made_by_agency__in=places)


def suggestion_not_found(suggestion_id: int) -> StepNotFound:
    """The refusal for a suggestion that is not there, or not for this actor."""
    return StepNotFound(
        f"no suggestion {suggestion_id}", message_zh="没有这条建议，或者您不能查看", value=suggestion_id
    )


def _locked(actor: Actor, suggestion_id: int) -> PolicySuggestion:
    if not PolicySuggestion.objects.filter(reached(actor), pk=suggestion_id).exists():
        raise suggestion_not_found(suggestion_id)
    rows = PolicySuggestion.objects.select_for_update(of=("self",))
    return rows.select_related("agency", "made_by_agency").get(pk=suggestion_id)


def _one_at_a_time(agency_id: int) -> None:
    """Whoever suggests something to an agency waits for the one before: two at once do not suggest the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"appeals.suggestion:{agency_id}"]
        )


def _ensure_new(agency_id: int, region_path: str, topic: str, item_code: str) -> None:
    same = PolicySuggestion.objects.filter(
        agency=agency_id, region_path=region_path, state="sent", item_code=item_code
    )
    found = (same if item_code else same.filter(topic=topic)).first()
    if found is not None:
        raise InvalidStep(
            f"{number_words(found.number)} says the same and waits for its answer",
            message_zh=f"同一事项的建议“{found.title}”还在等待答复，请勿重复提出",
            field="title",
            value=number_words(found.number),
        )


def _start_clock(row: PolicySuggestion, *, now: datetime) -> DeadlineView:
    rules = learning_rules()
    return start_deadline(
        actor=PLATFORM,
        owner=Owner(SUGGESTIONS, str(row.pk)),
        kind="step",
        name=f"答复政策建议：{row.title}"[:120],
        name_en=f"Answer to a suggestion: {number_words(row.number)}",
        term=rules.suggestion_answer,
        started_at=now,
        region_code=region_code_of(row.region_path),
        agency_id=row.agency_id,
        party_id=None,
        ladder=rules.suggestion_ladder,
        now=now,
        start_event={"zh": "提出", "en": "made"},
    )


def _end_clock(row: PolicySuggestion, *, met: bool, now: datetime) -> None:
    if row.deadline_id is None or get_deadline(row.deadline_id).state != "running":
        return
    if met:
        meet_deadline(actor=PLATFORM, deadline_id=row.deadline_id, now=now)
    else:
        cancel_deadline(actor=PLATFORM, deadline_id=row.deadline_id, reason="建议撤回", now=now)


def _note(
    row: PolicySuggestion,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any],
) -> None:
    record(
        actor=actor,
        action=f"appeals.{what}",
        target=Target(
            "policy_suggestion",
            str(row.pk),
            f"{number_words(row.number)} {row.title}"[:200],
            region_path=row.region_path,
            agency_id=row.agency_id,
        ),
        now=now,
        before=before,
        after=after,
        reason=reason.strip()[:400],
    )


def _tell(
    row: PolicySuggestion,
    agency_id: int,
    permission: str,
    template: str,
    *,
    now: datetime,
    once: str = "",
    **context: Any,
) -> None:
    users = officials_who_may(permission, agency_id=agency_id, today=timezone.localdate(now))
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(user_id=each) for each in users],
        template=f"appeals.{template}",
        context={"title": row.title, "count": row.voice_count, **context},
        link=f"/desk/appeals/suggestions/{row.pk}/",
        once=once,
        now=now,
    )
