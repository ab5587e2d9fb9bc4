"""Begin a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from yingshang.kernel.access.api import Actor, NotAllowed, reference_of
from yingshang.kernel.reference.api import get_region

from .. import clocks, engine
from ..case_errors import AlreadyStarted, UnknownAgency
from ..case_reads import snapshot
from ..case_views import CaseView, Subject
from ..decisions import WORK, cleaned_text
from ..definitions.rules import CompiledFlow, read_spec
from ..models import Case
from ..selectors import published_version
from ..subjects import handler_of
from ._case_steps import agency, follow, fresh, note, opening_data, tell, tell_ready


@transaction.atomic
def start_case(
    *,
    actor: Actor,
    definition: str,
    subject: Subject,
    party_id: int | None,
    region_code: str,
    agencies: Mapping[str, int],
    data: Mapping[str, Any] | None = None,
    now: datetime,
) -> CaseView:
    """Begin a case on the newest published version of a definition, on which it stays. Its clock runs from `now`.

    Who may ask for what is decided by the process that calls; here it takes somebody who acts for the party, works on
    tasks, or is the platform. `agencies` says for each lane of the definition which agency works there, `data`
    holds the facts of the definition that are known. Raises DefinitionNotFound, UnknownSubjectKind, UnknownAgency,
    UndeclaredData, AlreadyStarted, NotAllowed.
    """
    if not (actor.kind == "system" or actor.may(WORK) or (party_id is not None and actor.acts_for(party_id))):
        raise NotAllowed(
            f"{actor.name or 'this visitor'} may not begin a case for this party",
            message_zh="您没有为该主体提出申请的权限",
            permission=WORK,
        )
    handler_of(subject.kind)
    version = published_version(definition)
    flow = read_spec(version.spec)
    facts = opening_data(flow, data)
    position = engine.begin(version.spec, facts)
    case = Case(
        version=version,
        definition_code=flow.code,
        name=flow.name,
        name_en=flow.name_en,
        subject_kind=subject.kind,
        subject_id=subject.identifier,
        subject_title=cleaned_text(
            subject.title, field="title", what="a title", what_zh="事项标题", longest=200, required=True
        ),
        party_id=party_id,
        region_code=region_code,
        region_path=get_region(region_code).path,
        agencies=_lanes(flow, agencies),
        data=facts,
        position=position.state,
        started_by=reference_of(actor),
        started_at=now,
    )
    try:
        with transaction.atomic():
            case.save()
    except IntegrityError as error:
        if "one_open_case_of_subject" not in str(error):
            raise
        raise AlreadyStarted(
            f"{subject.kind} {subject.identifier} has an open case already",
            message_zh="该事项已有办件正在办理",
            subject=subject.identifier,
        ) from None
    if flow.case.term:
        case.deadline_id = clocks.start_case_clock(
            case, term=flow.case.term, ladder=flow.case.ladder, actor=actor, now=now
        )
    opened = follow(case, position, actor=actor, now=now, reason="")
    case.save()
    note(
        case,
        "case_started",
        actor=actor,
        now=now,
        after={
            "definition": flow.code,
            "version": version.number,
            "subject": f"{subject.kind}:{subject.identifier}",
            "next": [task.step for task in opened],
        },
    )
    view, views = snapshot(case.pk, [task.pk for task in opened], now)
    tell("started", view, actor=actor, now=now)
    tell_ready(view, opened, views, actor=actor, now=now)
    return fresh(case.pk, now)


def _lanes(flow: CompiledFlow, agencies: Mapping[str, int]) -> dict[str, int]:
    """Lane → agency, for every lane somebody works in. Raises UnknownAgency."""
    wanted = dict.fromkeys(rule.lane for rule in flow.steps.values())
    missing = [lane for lane in wanted if lane not in agencies]
    if missing:
        raise UnknownAgency(
            f"no agency for {', '.join(missing)}; the definition {flow.code} has the lanes {', '.join(wanted)}",
            message_zh=f"没有指定办理机构：{'、'.join(missing)}",
            lanes=missing,
        )
    return {lane: agency(int(agencies[lane])).id for lane in wanted}
