"""What the steps of the ladder share: who acts for the platform, the event, the messages, who supervises whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Literal

from django.utils import timezone

from yingshang.kernel.access.api import (
    Actor,
    agencies_that_may_in,
    officials_of_many,
    system_actor,
)
from yingshang.kernel.ledger.api import NewEvent, Target, record
from yingshang.kernel.notices.api import Occasion, Recipient, count_messages, send_many, send_where_possible
from yingshang.kernel.parties.api import agencies_at
from yingshang.kernel.reference.api import ancestors_of, code_of_path, find_region, place_name

from ..errors import InvalidStep, NotYours, StepNotFound
from ..models import Contract, DueCell, Obligation
from ..reach import OPEN_TO_ALL, SUPERVISE, VIEW_SECRET, agencies_of
from .rules import rules

NAMED = 10
"""How many obligations a message about many names."""
StartEvent = Mapping[Literal["zh", "en"], str]
"""What a clock is started by, in words."""

PLATFORM = system_actor("contracts")
"""Who acts where the area itself does."""
OWNER = "contract_obligation"
"""What events and clocks call an obligation."""
LONGEST = 2000
"""Characters of what somebody writes at once; the columns hold no more."""


def region_code_of(path: str) -> str:
    """The division whose calendar counts: whatever is below a county has that of its county."""
    region = find_region(code_of_path(path[:6]))
    return region.code if region else "000000"


def name_of(contract: Contract, obligation: Obligation) -> str:
    """How an obligation is called where others than its readers may see it: what is not open is told by its number."""
    if contract.secrecy != OPEN_TO_ALL:
        return f"{contract.number} 第{obligation.ordinal}项"
    return f"{contract.number} {obligation.title}"


def target_of(obligation: Obligation) -> Target:
    """The obligation as audit events name it; its contract is loaded."""
    return Target(
        OWNER,
        str(obligation.pk),
        name_of(obligation.contract, obligation)[:200],
        region_path=obligation.region_path,
        agency_id=obligation.agency_id,
        party_id=obligation.party_id,
    )


def event_of(
    obligation: Obligation, what: str, *, after: Mapping[str, Any] | None = None, reason: str = ""
) -> NewEvent:
    """The audit event `contracts.<what>`, to be recorded with others."""
    return NewEvent(
        f"contracts.{what}", target_of(obligation), after=dict(after or {}), reason=reason.strip()[:400]
    )


def note(
    obligation: Obligation,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> int:
    """Record the audit event `contracts.<what>`; its number."""
    return record(
        actor=actor,
        action=f"contracts.{what}",
        target=target_of(obligation),
        now=now,
        before=None if before is None else dict(before),
        after=dict(after or {}),
        reason=reason.strip()[:400],
    )


def written(text: str, field: str, *, most: int = LONGEST, needed: bool = True) -> str:
    """What somebody wrote, tidied: there, and not longer than it may be. Raises InvalidStep."""
    text = text.strip()
    if needed and not text:
        raise InvalidStep("write something here", message_zh="请填写这一项", field=field)
    if len(text) > most:
        raise InvalidStep(
            f"{len(text)} characters; write at most {most}, the rest as a file",
            message_zh=f"共 {len(text)} 字，最多 {most} 字，其余内容请作为附件上传",
            field=field,
        )
    return text


def step_not_found(number: int) -> StepNotFound:
    """The refusal for a step that is not there, or not for this actor."""
    return StepNotFound(f"no step {number}", message_zh="没有这条记录，或者您不能查看", value=number)


def ensure_outside(actor: Actor, agency_id: int, permission: str = SUPERVISE) -> None:
    """That nobody supervises the very unit they sit in. Raises NotYours."""
    if actor.kind != "system" and agency_id in agencies_of(actor, permission):
        raise NotYours(
            "a unit does not supervise itself",
            message_zh="被督办单位自己的人员不能督办本单位",
            value=agency_id,
        )


def supervising_agency_of(actor: Actor, obligation: Obligation, *, now: datetime) -> int:
    """The agency in whose name somebody supervises: their own, for the platform the nearest. Raises InvalidStep."""
    own = agencies_of(actor, SUPERVISE) - {obligation.agency_id}
    if own:
        return min(own)
    found = supervisors_of([obligation], today=timezone.localdate(now)).get(obligation.pk)
    if found is None:
        raise InvalidStep(
            "no agency supervises contracts in this region or above it",
            message_zh="本地区及上级没有负责合同督办的单位，请先由管理员登记",
            field="obligation",
        )
    return found


def supervisors_of(
    obligations: Collection[Obligation | Contract | DueCell], *, today: date
) -> dict[int, int]:
    """The agency that supervises each, obligations, contracts or sums of a unit: the nearest other one from its region
    upwards where somebody may, else the nearest of the kinds of the rules; those without any are left out. At most two
    queries.
    """
    paths = {each.region_path for each in obligations}
    if not paths:
        return {}
    staffed = agencies_that_may_in(SUPERVISE, region_paths=paths, today=today)
    found: dict[int, int] = {}
    left: list[Obligation | Contract | DueCell] = []
    for each in obligations:
        near = next(
            (one.agency_id for one in staffed[each.region_path] if one.agency_id != each.agency_id), None
        )
        if near is None:
            left.append(each)
        else:
            found[each.pk] = near
    return found | _of_kinds(left)


def _of_kinds(obligations: Sequence[Obligation | Contract | DueCell]) -> dict[int, int]:
    kinds = rules().supervising_kinds
    if not obligations or not kinds:
        return {}
    above = {
        path: [region.code for region in ancestors_of(code_of_path(path))]
        for path in {each.region_path for each in obligations}
    }
    rows = agencies_at(kinds=kinds, region_codes={code for codes in above.values() for code in codes})
    found = {}
    for each in obligations:
        codes = above[each.region_path]
        near = [row for row in rows if row.id != each.agency_id and row.region_code in codes]
        if near:
            found[each.pk] = min(
                near, key=lambda row: (codes.index(row.region_code), kinds.index(row.kind))
            ).id
    return found


def tell_unsupervised(rows: Iterable[Obligation | Contract], *, now: datetime) -> None:
    """That there is nobody to supervise some obligations, or contracts: see `tell_nobody_supervises`."""
    tell_nobody_supervises({(each.region_path, frozenset({each.agency_id})) for each in rows}, now=now)


def tell_nobody_supervises(places: Collection[tuple[str, frozenset[int]]], *, now: datetime) -> None:
    """That in some regions there is nobody to supervise, or to decide, what concerns some agencies: to those the rules
    name, in the nearest agency above that has any and is not concerned itself; for each region at once, and while it
    stays so every few days. They may not read contracts, so none is named.
    """
    _tell_who_can_appoint("nobody_supervises", places, now=now)


def tell_unopened(rows: Iterable[Obligation], *, now: datetime) -> None:
    """The same where there is somebody to supervise, and none of them may open what of these is not open. Their
    contracts are loaded.
    """
    today = timezone.localdate(now)
    closed = [each for each in rows if each.contract.secrecy != OPEN_TO_ALL]
    if not closed:
        return
    above = supervisors_of(closed, today=today)
    opening = officials_of_many({VIEW_SECRET}, agency_ids=set(above.values()), today=today)
    places = {
        # Those above are to be joined by somebody, and do not appoint whom.
        (each.region_path, frozenset({each.agency_id, above[each.pk]}))
        for each in closed
        if each.pk in above and (above[each.pk], VIEW_SECRET) not in opening
    }
    _tell_who_can_appoint("nobody_opens", places, now=now)


def _tell_who_can_appoint(
    template: str, places: Collection[tuple[str, frozenset[int]]], *, now: datetime
) -> None:
    today = timezone.localdate(now)
    if not places:
        return
    since = timezone.make_aware(
        datetime.combine(today - timedelta(days=rules().tell_again_days - 1), time.min)
    )
    known: dict[str, bool] = {}
    occasions = []
    for permission, link in rules().unsupervised:
        staffed = agencies_that_may_in(permission, region_paths={path for path, _ in places}, today=today)
        near: dict[tuple[str, frozenset[int]], int] = {}
        for path, concerned in sorted(places, key=lambda place: (place[0], sorted(place[1]))):
            others = (each.agency_id for each in staffed[path] if each.agency_id not in concerned)
            if (agency := next(others, None)) is not None:
                near[path, concerned] = agency
        officials = officials_of_many({permission}, agency_ids=set(near.values()), today=today)
        for (path, _), agency in near.items():
            key = f"contracts.{template}:{path}:{agency}:"
            if key not in known:
                known[key] = bool(count_messages(once=key, since=since))
            if known[key]:
                continue
            occasions.append(
                Occasion(
                    officials.get((agency, permission), ()),
                    {"place": _place_of(path)},
                    link=link,
                    once=f"{key}{today}",
                )
            )
    send_many(actor=PLATFORM, template=f"contracts.{template}", occasions=occasions, now=now)


def _place_of(path: str) -> str:
    region = find_region(code_of_path(path))
    return place_name(region) if region else path


def page_of(obligation: Obligation) -> str:
    """The page of its contract on the desk."""
    return f"/desk/contracts/{obligation.contract_id}/"


def told(obligation: Obligation) -> dict[str, Any]:
    """What every message about an obligation says; its contract is loaded."""
    contract = obligation.contract
    secret = contract.secrecy != OPEN_TO_ALL
    return {
        "number": contract.number,
        "title": f"第{obligation.ordinal}项义务" if secret else obligation.title,
        "due": obligation.due_on,
    }


def tell_officials(
    template: str,
    occasions: Iterable[tuple[Obligation, int, str, str, Mapping[str, Any]]],
    *,
    now: datetime,
    link: str = "",
) -> None:
    """A message to everybody who holds a permission in an agency: (obligation, agency, permission, once, more) each.
    As many statements for many as for one; that nobody sits there stops nothing, and where it is who supervises that is
    told further up.
    """
    wanted = list(occasions)
    if not wanted:
        return
    officials = officials_of_many(
        {permission for _, _, permission, _, _ in wanted},
        agency_ids={agency for _, agency, _, _, _ in wanted},
        today=timezone.localdate(now),
    )
    send_many(
        actor=PLATFORM,
        template=f"contracts.{template}",
        occasions=[
            Occasion(
                officials.get((agency, permission), ()),
                {**told(obligation), **more},
                link=link or page_of(obligation),
                once=once,
            )
            for obligation, agency, permission, once, more in wanted
        ],
        now=now,
    )
    tell_unsupervised(
        (
            obligation
            for obligation, agency, permission, _, _ in wanted
            if permission == SUPERVISE and (agency, permission) not in officials
        ),
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What those who hold a permission in an agency are told of an obligation; `once` names it, `more` is told, too."""

    obligation: Obligation
    agency_id: int
    permission: str
    once: str
    more: Mapping[str, Any] = field(default_factory=dict)


def tell_together(
    template: str,
    together: str,
    occurrences: Iterable[Occurrence],
    *,
    shared: Sequence[str],
    link: str,
    now: datetime,
) -> None:
    """`tell_officials` for what happens to many obligations at once. Whoever is concerned by one is told of it by
    `template`; whoever is by several gets one message, `together`, that counts them and names the first, with a link to
    the list. What they have in common is the same in the fields `shared` of all. Nobody is told of one twice.
    """
    wanted = list(occurrences)
    if not wanted:
        return
    officials = officials_of_many(
        {each.permission for each in wanted},
        agency_ids={each.agency_id for each in wanted},
        today=timezone.localdate(now),
    )
    concerns: dict[tuple[int, tuple[Any, ...]], dict[int, Occurrence]] = {}
    for each in wanted:
        alike = tuple(each.more[name] for name in shared)
        for user in officials.get((each.agency_id, each.permission), ()):
            concerns.setdefault((user, alike), {}).setdefault(each.obligation.pk, each)
    told_of: dict[tuple[tuple[Any, ...], tuple[int, ...]], tuple[list[int], list[Occurrence]]] = {}
    for (user, alike), found in concerns.items():
        users, _ = told_of.setdefault((alike, tuple(found)), ([], list(found.values())))
        users.append(user)
    single: list[Occasion] = []
    several: list[Occasion] = []
    for (alike, _), (users, many) in told_of.items():
        first = many[0]
        if len(many) == 1:
            context = {**told(first.obligation), **first.more}
            single.append(Occasion(users, context, link=page_of(first.obligation), once=first.once))
            continue
        once = ",".join(sorted(each.once for each in many)) if first.once else ""
        once = once and f"contracts.{together}:{sha256(once.encode()).hexdigest()}"
        context = {**dict(zip(shared, alike, strict=True)), "count": len(many), "named": _named(many)}
        several.append(Occasion(users, context, link=link, once=once))
    send_many(actor=PLATFORM, template=f"contracts.{template}", occasions=single, now=now)
    send_many(actor=PLATFORM, template=f"contracts.{together}", occasions=several, now=now)
    tell_unsupervised(
        (
            each.obligation
            for each in wanted
            if each.permission == SUPERVISE and (each.agency_id, each.permission) not in officials
        ),
        now=now,
    )


def _named(found: Sequence[Occurrence]) -> str:
    """The first of many, a line each: without a word, so that it stands in any language."""
    lines = []
    for position, each in enumerate(found[:NAMED], 1):
        known = told(each.obligation)
        said = [each.more.get("notice"), known["number"], known["title"], known["due"]]
        lines.append(f"{position}. " + " ".join(str(one) for one in said if one))
    return "\n".join([*lines, *(["…"] if len(found) > NAMED else [])])


def tell_party(obligation: Obligation, template: str, *, now: datetime, once: str = "", **more: Any) -> None:
    """A message to the enterprise on the other side, where it is one of the register."""
    if obligation.party_id is None:
        return
    send_where_possible(
        actor=PLATFORM,
        to=[Recipient(party_id=obligation.party_id)],
        template=f"contracts.{template}",
        context={**told(obligation), **more},
        link=f"/contracts/{obligation.contract_id}/",
        once=once,
        now=now,
    )
