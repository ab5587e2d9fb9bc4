"""Appeals of the demonstration, in every state and over every channel, some late; and what comes of them: ratings,
answers for everybody, consultations, suggestions to who makes policies, a month's record. Stewards and their visits.

Everything goes through the doors of the area, in one transaction and in the order of time, with a sweep of what is due
every morning: interrupted, it begins again; repeated, it does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from django.db import transaction
from django.utils import timezone

from yingshang.areas.appeals import api as appeals
from yingshang.areas.appeals.sample_texts import sample_text
from yingshang.kernel.access import api as access
from yingshang.kernel.clock import api as clock
from yingshang.kernel.parties import api as parties
from yingshang.kernel.ratings import api as ratings
from yingshang.kernel.reference.api import parse_yaml
from yingshang.operations.sample_pictures import picture

ACTOR = access.system_actor("demonstration")
MORNING = time(9)


@cache
def described() -> dict[str, Any]:
    """`data/appeals.yaml`; do not change the result."""
    text = (files(__package__) / "data" / "appeals.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text))


@dataclass(slots=True)
class _Case:
    """An appeal of the description, and what is known of it once it was said."""

    words: Mapping[str, Any]
    place: int
    id: int = 0
    key: str = ""
    agency: str = ""
    reply: int = 0
    request: int = 0
    answer: int = 0
    rating: int = 0
    consultation: int = 0
    parts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    """What is done about it, and when."""

    at: datetime
    case: _Case
    what: str
    how: Mapping[str, Any]


@transaction.atomic
def load_appeals(enterprises: Mapping[int, int], *, now: datetime) -> bool:
    """Make everything, unless it is there; whether it was made. `enterprises`: those somebody acts for."""
    if appeals.desk_appeals(actor=ACTOR, limit=1, now=now).total:
        return False
    people = _People(enterprises, now)
    cases = [_Case(words, place) for place, words in enumerate([*described()["appeals"], *_history(people)])]
    steps = sorted((step for case in cases for step in _steps_of(case, now)), key=lambda step: step.at)
    named = {case.words["name"]: case for case in cases if "name" in case.words}
    morning = datetime.combine(timezone.localdate(steps[0].at), MORNING, tzinfo=steps[0].at.tzinfo)
    for step in steps:
        while morning <= step.at:
            _sweep(morning)
            morning += timedelta(days=1)
        _DOES[step.what](people, step.case, {**step.how, "named": named}, step.at)
    _stewards(people, now)
    _templates(people, now)
    _suggest(people, now)
    _record(people, now)
    _sweep(now)
    return True


def _sweep(now: datetime) -> None:
    # In the transaction of everything else here: what a killed run has swept, the next sweeps again.
    clock.sweep(actor=access.system_actor("deadline-sweeper"), now=now)


# --- when -------------------------------------------------------------------------------------------------------------


def _steps_of(case: _Case, now: datetime) -> Iterator[_Step]:
    """Each day's steps follow each other by some minutes, more or less busy; today's lie just behind."""
    gap = 4 if case.words.get("urgency") == "urgent" else 4 + case.place * 7 % 22
    listed: list[tuple[int, str, Mapping[str, Any]]] = [(case.words["said"], "submitted", {})]
    listed += [(day, what, how) for day, what, how in case.words.get("steps", ())]
    for number, (day, what, how) in enumerate(listed):
        if day:
            today = timezone.localdate(now)
            begun = sum(1 for each, _, _ in listed[:number] if each == day)
            at = datetime.combine(
                _working_day(today, day), MORNING, tzinfo=timezone.get_current_timezone()
            ) + timedelta(minutes=3 + case.place % 40 * 7 + begun * gap)
        else:
            at = now - timedelta(minutes=4 * (len(listed) - number))
        yield _Step(at, case, what, how)


@cache
def _working_day(today: date, before: int) -> date:
    """The working day so many before today."""
    if not before:
        return today
    day = _working_day(today, before - 1) - timedelta(days=1)
    while not clock.national().is_working_day(day):
        day -= timedelta(days=1)
    return day


# --- who --------------------------------------------------------------------------------------------------------------


class _People:
    """Who speaks for enterprises, and who works on appeals; accounts that are missing are made."""

    def __init__(self, enterprises: Mapping[int, int], now: datetime) -> None:
        self.words = described()
        self.parties = [enterprises[number] for number in sorted(enterprises)]
        self.now = now
        self._actors: dict[str, access.Actor] = {}
        self._speak: dict[int, access.Actor] = {}
        self.officials = {code: list(names) for code, names in self.words["officials"].items()}
        self._staff()
        self._contacts()

    def user(self, username: str) -> access.Actor:
        """The account of this name."""
        if username not in self._actors:
            number = access.find_account(actor=ACTOR, username=username)[0]
            self._actors[username] = access.actor_by_reference(f"user:{number}")
        return self._actors[username]

    def of(self, party_id: int) -> access.Actor:
        """Who acts for an enterprise: its legal representative, where there is one."""
        if party_id not in self._speak:
            held = access.mandates_of_party(
                actor=ACTOR, party_id=party_id, today=timezone.localdate(self.now)
            )
            may = [each for each in held if "appeals.file_own" in each.powers]
            first = max(may, key=lambda each: (each.legal_representative, -each.user_id))
            self._speak[party_id] = access.actor_by_reference(f"user:{first.user_id}")
        return self._speak[party_id]

    def handler(self, case: _Case) -> access.Actor:
        """Who deals with it in the agency that has it."""
        return self.user(self.officials[case.agency][0])

    def approver(self, case: _Case) -> access.Actor:
        """Who approves there."""
        return self.user(self.officials[case.agency][1])

    def reporter(self, case: _Case) -> access.Actor:
        """Who said it; who has no account has the key."""
        return self.of(self.parties[case.words["who"]]) if "who" in case.words else ACTOR

    def _staff(self) -> None:
        for code, name in self.words["staffed"].items():
            kind = code.partition("-")[2]
            self.officials[code] = [f"{kind}-official", f"{kind}-approver"]
            for username, role, what in zip(
                self.officials[code], ("department_official", "approver"), ("业务员", "审批员"), strict=True
            ):
                agency = agency_of(code)
                user_id = self._account(username, f"演示{name}{what}", agency)
                access.appoint(
                    actor=ACTOR,
                    user_id=user_id,
                    role=role,
                    agency_id=agency,
                    valid_from=timezone.localdate(self.now) - timedelta(days=400),
                    now=self.now,
                )

    def _contacts(self) -> None:
        found = parties.search_parties(
            actor=ACTOR, region=self.words["region"], status="存续", order="id", per_page=100
        )
        others = [each.id for each in found.rows if each.id not in self.parties]
        for number, party_id in enumerate(others[: self.words["contacts"]], start=1):
            user_id = self._account(f"appellant{number}", f"演示企业联系人{number}", None)
            access.grant_mandate(
                actor=ACTOR, user_id=user_id, party_id=party_id, reason="演示数据", now=self.now
            )
            self.parties.append(party_id)

    def _account(self, username: str, name: str, agency_id: int | None) -> int:
        return access.create_user(
            actor=ACTOR,
            username=username,
            name=name,
            agency_id=agency_id,
            email=f"{username}@example.org",
            now=self.now,
        )


@cache
def agency_of(code: str) -> int:
    """The number of an agency by its code."""
    found = parties.agencies(actor=ACTOR, text=code, per_page=50).rows
    return next(each.id for each in found if each.code == code)


# --- what is done -----------------------------------------------------------------------------------------------------


def _submitted(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    words = case.words
    channel = words.get("channel", "portal")
    caller = words.get("caller", {})
    actor = people.reporter(case)
    if channel == "hotline":
        actor = people.user(people.words["clerk"])
    elif channel in {"mail", "excel", "api"}:
        actor = ACTOR
    done = appeals.submit_appeal(
        actor=actor,
        title=f"演示：{words['title']}",
        body=words["body"],
        party_id=people.parties[words["who"]] if "who" in words else None,
        region_code=words.get("region", "" if "who" in words else people.words["region"]),
        channel=channel,
        anonymous=words.get("anonymous", False),
        reporter=appeals.Reporter(**caller),
        urgency=words.get("urgency", "normal"),
        reference=words.get("reference", ""),
        links=[appeals.Link(**each) for each in words.get("links", ())],
        demonstration=True,
        now=at,
    )
    case.id, case.key = done.id, done.key


def _dispatched(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    case.agency = how["agency"]
    appeals.dispatch_appeal(
        actor=people.user(people.words[how.get("by", "dispatcher")]),
        appeal_id=case.id,
        agency_id=agency_of(case.agency),
        topic=how["topic"],
        difficulty=how.get("difficulty", ""),
        urgency=how.get("urgency", ""),
        reason=how.get("reason", ""),
        now=at,
    )


def _bounced(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.bounce_appeal(actor=people.handler(case), appeal_id=case.id, reason=how["reason"], now=at)


def _raised(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.raise_appeal(actor=people.handler(case), appeal_id=case.id, reason=how["reason"], now=at)


def _declined(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.decline_appeal(
        actor=people.user(people.words["dispatcher"]),
        appeal_id=case.id,
        reason=how["reason"],
        instead=how["instead"],
        now=at,
    )


def _joined(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.join_appeal(
        actor=people.user(people.words["dispatcher"]),
        appeal_id=case.id,
        main_id=how["named"][how["main"]].id,
        now=at,
    )


def _contacted(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.record_contact(
        actor=people.handler(case),
        appeal_id=case.id,
        way=how["way"],
        said=how.get("said", ""),
        reached="said" in how,
        now=at,
    )


def _noted(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.write_note(actor=people.handler(case), appeal_id=case.id, text=how["text"], now=at)


def _added(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.add_to_appeal(
        actor=people.reporter(case), appeal_id=case.id, body=how["body"], key=case.key, now=at
    )


def _file(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.add_file(
        actor=people.reporter(case),
        appeal_id=case.id,
        content=picture(case.place % 2 + 1),
        name=how["name"],
        key=case.key,
        now=at,
    )


def _assisted(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    case.parts[how["agency"]] = appeals.ask_for_part(
        actor=people.handler(case),
        appeal_id=case.id,
        agency_id=agency_of(how["agency"]),
        question=how["question"],
        now=at,
    )


def _part(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    helper = people.user(people.officials[how["agency"]][0])
    appeals.give_part(actor=helper, part_id=case.parts[how["agency"]], answer=how["answer"], now=at)


def _time_asked(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    case.request = appeals.ask_for_time(
        actor=people.handler(case),
        appeal_id=case.id,
        kind=how["kind"],
        reason_code=how["reason"],
        working_days=how.get("days"),
        note_text=how["note"],
        now=at,
    )


def _time_decided(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.decide_on_time(
        actor=people.approver(case), request_id=case.request, granted=how["granted"], now=at
    )


def _reply_written(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    case.reply = appeals.write_reply(
        actor=people.handler(case), appeal_id=case.id, text=how["text"], outcome=how["outcome"], now=at
    )


def _proposed(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.propose_reply(actor=people.handler(case), reply_id=case.reply, now=at)


def _returned(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.return_reply(actor=people.approver(case), reply_id=case.reply, remark=how["remark"], now=at)


def _replied(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.send_reply(actor=people.approver(case), reply_id=case.reply, now=at)


def _confirmed(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.confirm_answer(actor=people.reporter(case), appeal_id=case.id, key=case.key, now=at)


def _disputed(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.dispute_answer(
        actor=people.reporter(case), appeal_id=case.id, reason=how["reason"], key=case.key, now=at
    )


def _reopened(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.reopen_appeal(
        actor=people.reporter(case), appeal_id=case.id, reason=how["reason"], key=case.key, now=at
    )


def _withdrawn(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.withdraw_appeal(
        actor=people.reporter(case), appeal_id=case.id, reason=how["reason"], key=case.key, now=at
    )


def _settled(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.settle_appeal(actor=_supervisor(people), appeal_id=case.id, reason=how["reason"], now=at)


def _listed(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.put_on_leaders_list(
        actor=people.user(people.words["leader"]),
        appeal_id=case.id,
        due_on=timezone.localdate(at) + timedelta(days=how["days"]),
        instruction=how["instruction"],
        now=at,
    )


def _notice_answered(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.answer_notice(
        actor=people.handler(case), notice_id=_notice(case, at), answer=how["answer"], now=at
    )


def _notice_returned(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.return_notice(
        actor=_supervisor(people), notice_id=_notice(case, at), remark=how["remark"], now=at
    )


def _notice_lifted(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.lift_notice(actor=_supervisor(people), notice_id=_notice(case, at), remark=how["remark"], now=at)


def _rated(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    case.rating = appeals.rate_appeal(
        actor=people.reporter(case),
        appeal_id=case.id,
        level=how["level"],
        answers=how.get("answers", {}),
        reasons=how.get("reasons", ()),
        words=how.get("words", ""),
        key=case.key,
        now=at,
    )


def _called_back(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    ratings.note_call(actor=people.handler(case), rating_id=case.rating, text=how["text"], now=at)


def _corrected(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    ratings.note_correction(actor=people.handler(case), rating_id=case.rating, text=how["text"], now=at)


def _rating_appealed(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    ratings.appeal_rating(
        actor=people.handler(case), rating_id=case.rating, kind="mistaken", reason=how["reason"], now=at
    )


def _kept(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    """What was answered becomes an answer for everybody, as far as another publishes it."""
    case.answer = appeals.propose_answer(
        actor=people.handler(case),
        reply_id=case.reply,
        question=how["question"],
        text=how["text"],
        topic=how["topic"],
        region_path=people.words["region"].rstrip("0"),
        law=how.get("law", ""),
        now=at,
    )


def _published(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.publish_answer(actor=people.approver(case), answer_id=case.answer, now=at)


def _consulted(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    meeting = how.get("meeting_in_days")
    case.consultation = appeals.call_consultation(
        actor=people.handler(case),
        appeal_id=case.id,
        question=how["question"],
        agency_ids=[agency_of(code) for code in how["agencies"]],
        with_reporter=how.get("with_reporter", False),
        meeting_at=None if meeting is None else at + timedelta(days=meeting),
        meeting_place=how.get("place", ""),
        meeting_address=how.get("address", ""),
        now=at,
    )


def _stated(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.give_statement(
        actor=people.user(people.officials[how["agency"]][0]),
        consultation_id=case.consultation,
        text=how["text"],
        internal=how.get("internal", False),
        now=at,
    )


def _own_stated(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.give_own_statement(
        actor=people.reporter(case),
        appeal_id=case.id,
        consultation_id=case.consultation,
        body=how["text"],
        key=case.key,
        now=at,
    )


def _minuted(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.write_minutes(
        actor=people.handler(case),
        consultation_id=case.consultation,
        conclusion=how["conclusion"],
        tasks=[
            appeals.Task(
                agency_of(each["agency"]),
                each["what"],
                timezone.localdate(at) + timedelta(days=each["in_days"]),
            )
            for each in how["tasks"]
        ],
        now=at,
    )


def _signed(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.sign_minutes(
        actor=people.user(people.officials[how["agency"]][0]),
        consultation_id=case.consultation,
        agrees=how["agrees"],
        reason=how.get("reason", ""),
        now=at,
    )


def _consultation_ended(people: _People, case: _Case, how: Mapping[str, Any], at: datetime) -> None:
    appeals.end_consultation(actor=people.handler(case), consultation_id=case.consultation, now=at)


_DOES: Mapping[str, Callable[[_People, _Case, Mapping[str, Any], datetime], None]] = {
    "submitted": _submitted,
    "dispatched": _dispatched,
    "bounced": _bounced,
    "raised": _raised,
    "declined": _declined,
    "joined": _joined,
    "contacted": _contacted,
    "tried": _contacted,
    "noted": _noted,
    "added": _added,
    "file": _file,
    "assisted": _assisted,
    "part": _part,
    "time_asked": _time_asked,
    "time_decided": _time_decided,
    "reply_written": _reply_written,
    "proposed": _proposed,
    "returned": _returned,
    "replied": _replied,
    "confirmed": _confirmed,
    "disputed": _disputed,
    "reopened": _reopened,
    "withdrawn": _withdrawn,
    "settled": _settled,
    "listed": _listed,
    "notice_answered": _notice_answered,
    "notice_returned": _notice_returned,
    "notice_lifted": _notice_lifted,
    "rated": _rated,
    "called_back": _called_back,
    "corrected": _corrected,
    "rating_appealed": _rating_appealed,
    "kept": _kept,
    "published": _published,
    "consulted": _consulted,
    "stated": _stated,
    "own_stated": _own_stated,
    "minuted": _minuted,
    "signed": _signed,
    "consultation_ended": _consultation_ended,
}


def _notice(case: _Case, at: datetime) -> int:
    """The notice the clock has issued about it."""
    found = appeals.desk_appeal(actor=ACTOR, appeal_id=case.id, now=at).notices
    return next(each.id for each in found if each.state != "lifted")


def _supervisor(people: _People) -> access.Actor:
    return people.user(people.words["supervisor"])


# --- what was closed before -------------------------------------------------------------------------------------------


def _history(people: _People) -> Iterator[Mapping[str, Any]]:
    """Appeals of the last months that went their way, said by one enterprise after the other."""
    words = people.words["history"]
    chance = Random(words["seed"])
    weights = [1 / (1 + number) for number in range(len(words["topics"]))]
    for number in range(words["count"]):
        topic, agency = chance.choices(words["topics"], weights)[0]
        outcome, reply = chance.choice(words["replies"])
        said = chance.randint(words["to_day"], words["from_day"])
        answered = said - chance.choice([1, 1, 2, 2, 3, 4])
        body = sample_text(topic, seed=words["seed"] * 1000 + number)
        yield {
            "who": number % len(people.parties),
            "title": _first_words(body),
            "body": body,
            "said": said,
            "steps": [
                [said, "dispatched", {"agency": agency, "topic": topic}],
                [
                    said if chance.random() < 0.85 else said - 1,
                    "contacted",
                    {
                        "way": chance.choice(["telephone", "telephone", "visit"]),
                        "said": "已联系企业了解情况。",
                    },
                ],
                [answered, "reply_written", {"text": reply, "outcome": outcome}],
                [answered, "proposed", {}],
                [answered, "replied", {}],
                [answered - 1, "confirmed", {}],
                *_opinion(chance, answered - 1, words),
            ],
        }


def _opinion(chance: Random, day: int, words: Mapping[str, Any]) -> Iterator[list[Any]]:
    """What who said it thinks of how it was dealt with; a bad rating is followed up, most of the time."""
    level = chance.choice([5, 5, 5, 5, 4, 4, 4, 3, 2, 0])
    if not level:
        return
    bad = level < 3
    yield [
        day,
        "rated",
        {
            "level": level,
            "answers": {"contacted": True, "solved": not bad},
            "reasons": [chance.choice(words["bad" if bad else "good"])] if level != 3 else [],
        },
    ]
    if bad and chance.random() < 0.6:
        yield [day - 1, "called_back", {"text": "已电话了解情况。"}]
        yield [day - 2, "corrected", {"text": "已复查并补充处理，结果已告知企业。"}]


def _first_words(text: str) -> str:
    """What a title is made of: the first thing that is said, cut where it is long."""
    parts = [each for each in text.replace("！", "。").replace("？", "。").split("。") if len(each) > 7]
    longest = max(parts[:2] or [text], key=len)
    return longest if len(longest) <= 28 else f"{longest[:27]}…"


# --- stewards ---------------------------------------------------------------------------------------------------------


def _stewards(people: _People, now: datetime) -> None:
    """Officials who look after enterprises, and what they heard there; one has not been for too long."""
    held: dict[int, tuple[int, access.Actor]] = {}
    today = timezone.localdate(now)
    for words in people.words["stewards"]:
        steward = people.user(words["steward"])
        held[words["who"]] = (
            appeals.assign_steward(
                actor=_supervisor(people),
                party_id=people.parties[words["who"]],
                steward_id=int(steward.identifier),
                agency_id=agency_of(words["agency"]),
                tier=words["tier"],
                services=words["services"],
                now=now - timedelta(days=words["since"]),
            ),
            steward,
        )
    for words in people.words["visits"]:
        stewardship, steward = held[words["of"]]
        at = datetime.combine(
            today - timedelta(days=words["days_ago"]), time(10), tzinfo=timezone.get_current_timezone()
        )
        made = appeals.record_visit(
            actor=steward,
            stewardship_id=stewardship,
            way=words["way"],
            at=at,
            met=words["met"],
            said=words["said"],
            level=words["level"],
            asked_for=[appeals.AskedFor(**each) for each in words.get("asked_for", ())],
            now=at + timedelta(hours=1),
        )
        if "own" in words:
            appeals.rate_visit(
                actor=people.of(people.parties[words["of"]]),
                visit_id=made.id,
                level=words["own"],
                now=at + timedelta(hours=3),
            )
    for words in people.words["services_done"]:
        stewardship, steward = held[words["of"]]
        appeals.note_service(
            actor=steward,
            stewardship_id=stewardship,
            service=words["service"],
            on=today - timedelta(days=words["days_ago"]),
            what=words["what"],
            now=now,
        )
    for words in people.words["planned"]:
        stewardship, steward = held[words["of"]]
        appeals.plan_visit(
            actor=steward,
            stewardship_id=stewardship,
            on=today + timedelta(days=words["in_days"]),
            purpose=words["purpose"],
            now=now,
        )
    for words in people.words["calls"]:
        party_id = people.parties[words["of"]]
        appeals.call_steward(actor=people.of(party_id), party_id=party_id, words=words["words"], now=now)


# --- what is learned --------------------------------------------------------------------------------------------------


def _templates(people: _People, now: datetime) -> None:
    for words in people.words["templates"]:
        appeals.save_template(
            actor=people.user(people.officials[words["agency"]][0]),
            name=words["name"],
            text=words["text"],
            topic=words.get("topic", ""),
            agency_id=agency_of(words["agency"]),
            now=now,
        )


def _suggest(people: _People, now: datetime) -> None:
    """What many said, to who makes the policy; one is answered."""
    for words in people.words["suggestions"]:
        number = appeals.suggest_policy(
            actor=people.user(words["by"]),
            agency_id=agency_of(words["to"]),
            title=words["title"],
            text=words["text"],
            region_path=people.words["region"].rstrip("0"),
            topic=words["topic"],
            now=now - timedelta(days=3),
        )
        if "answer" in words:
            appeals.answer_suggestion(
                actor=people.user(words["author"]),
                suggestion_id=number,
                taken_up=True,
                answer=words["answer"],
                now=now - timedelta(days=1),
            )


def _record(people: _People, now: datetime) -> None:
    """The last month of each agency is frozen; one objects to a line."""
    appeals.freeze_months(actor=ACTOR, now=now)
    words = people.words["objection"]
    for record in appeals.performance_records(actor=ACTOR, limit=50).rows:
        for code, names in people.officials.items():
            if record.agency_id != agency_of(code):
                continue
            for figure in words["figures"]:
                lines = appeals.record_appeals(actor=ACTOR, record_id=record.id, figure=figure, limit=1).rows
                if lines and lines[0].line_id:
                    appeals.object_to_record(
                        actor=people.user(names[0]), line_id=lines[0].line_id, reason=words["reason"], now=now
                    )
                    return
