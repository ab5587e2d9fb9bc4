"""Policies of the demonstration: the real ones of examples/policies, and some of the sample city in every state.

Everything goes through the doors of the policies. What is there already is left as it is, so every step can be
repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import yaml
from django.db import transaction
from django.utils import timezone

from yingshang.areas.policies import api as policies
from yingshang.kernel.access import api as access
from yingshang.kernel.flow import api as flow
from yingshang.kernel.parties import api as parties
from yingshang.kernel.reference.api import parse_yaml

ACTOR = access.system_actor("demonstration")
EXAMPLES = Path(__file__).parents[3] / "examples" / "policies"
"""The real items. An installed package has none."""
ORIGIN = "平台启用前已发布的政策，据公开来源录入"
ABSTRACT = "【平台摘要，不是文件原文】以下由平台按公开来源逐条整理，原文以发文机关发布的为准。"
_STATUSES = {"in force": "in_force", "expired": "expired", "draft": "draft", "unknown": "unknown"}
_SOON, _MONTH = 12, 30


def load_policies(enterprises: Mapping[int, int], *, now: datetime) -> None:
    """Take in what is not there yet, match everybody, tell the enterprises, and try a draft in the sandbox.

    `enterprises` gives the number of the party for the enterprises of the description.
    """
    made = [*adopt_examples(now=now), *_make_items(now)]
    if _interpret(now) or made:
        policies.rebuild_library(day=timezone.localdate(now))
    _declare(enterprises, now)
    if made or policies.matching_state(actor=ACTOR).buckets == 0:
        parties.update_snapshot(actor=access.system_actor("snapshot"), now=now)
        policies.rematch(actor=ACTOR, now=now)
        policies.send_packages(actor=ACTOR, now=now)
    _try_in_sandbox(now)


@cache
def described() -> dict[str, Any]:
    """`data/policies.yaml`; do not change the result."""
    text = (files(__package__) / "data" / "policies.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text))


def _loaded(text: str) -> dict[str, Any]:
    # The slow loader would take seconds of every start.
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


# --- the real ones ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Abstract:
    """What is known of a document: its items with their texts. `places` are where the words of a condition stand."""

    document: Mapping[str, Any]
    codes: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    text: str = ABSTRACT + "\n"
    places: list[dict[str, int]] = field(default_factory=list)


def adopt_examples(folder: Path = EXAMPLES, *, now: datetime) -> list[str]:
    """Take the real items into the library with their documents; the codes of those that were new."""
    made: list[str] = []
    for abstract in _abstracts(folder):
        new = [each for each in abstract.codes if not _is_known(each)]
        if new:
            _take_in(abstract, now)
            made += new
    return made


@transaction.atomic
def _take_in(abstract: _Abstract, now: datetime) -> None:
    placed, drafts = described()["placed"], described()["drafts"]
    first = _loaded(abstract.sources[0])
    stands = placed.get(abstract.codes[0]) or drafts.get(abstract.codes[0]) or {}
    mark = stands.get("note", "")
    content = _content(abstract, str(first["region"]), mark)
    document_id = policies.add_document(actor=ACTOR, content=content, demonstration=bool(mark), now=now)
    sentences = policies.split_sentences(content.text)
    for code, source, places in zip(abstract.codes, abstract.sources, abstract.places, strict=True):
        links = {
            name: [each.number for each in sentences if each.start <= place < each.end]
            for name, place in places.items()
        }
        policies.create_item(
            actor=ACTOR,
            source=source,
            document_id=document_id,
            links=links,
            elements=drafts.get(code, {}).get("elements"),
            demonstration=bool(mark),
            now=now,
        )
        if code in drafts:
            _put_before_the_public(code, drafts[code], now)
        else:
            policies.adopt_item(actor=ACTOR, code=code, reason=content.note[:380] or ORIGIN, now=now)


def _put_before_the_public(code: str, words: Mapping[str, Any], now: datetime) -> None:
    """A draft of a place whose agencies are not on the platform: stand-ins take the steps up to the comments."""
    made = [
        parties.add_agency(actor=ACTOR, region=words["region"], now=now, **each) for each in words["agencies"]
    ]
    at = now - timedelta(days=words["days_ago"])
    case_id = policies.submit_version(
        actor=ACTOR, code=code, explanation=words["explanation"], agency_id=made[0], now=at
    )
    detail = flow.get_case(actor=ACTOR, case_id=case_id, now=at)
    task_id = next(each.id for each in detail.tasks if each.open and each.step == "completeness")
    flow.complete_task(
        actor=access.system_actor("demonstration-review"),
        task_id=task_id,
        outcome="complete",
        opinion="",
        now=at,
    )


def _abstracts(folder: Path) -> list[_Abstract]:
    """The documents of the files, each with its items in the order of their names."""
    found: dict[tuple[str, str, str], _Abstract] = {}
    for path in sorted(folder.glob("P*.yaml")):
        source = path.read_text(encoding="utf-8")
        item = _loaded(source)
        if (place := described()["placed"].get(item["id"])) is not None:
            source = source.replace(
                "\nissuer:", f'\nregion: "{place["region"]}"  # {place["note"]}\nissuer:', 1
            )
            item = _loaded(source)
        document = item["document"]
        key = (str(document["title"]), str(document.get("number")), str(document.get("issuer")))
        abstract = found.setdefault(key, _Abstract(document))
        abstract.codes.append(item["id"])
        abstract.sources.append(source)
        abstract.places.append(_write_item(abstract, item))
    return list(found.values())


def _write_item(abstract: _Abstract, item: Mapping[str, Any]) -> dict[str, int]:
    """Add what an item says to the text of its document; where the words of each condition begin."""
    places: dict[str, int] = {}
    lines = [f"{item['name']}\n"]

    def write(words: str, clause: str, identifiers: Iterable[str]) -> None:
        line = f"{words}{f'（{clause}）' if clause else ''}\n"
        start = len(abstract.text) + sum(map(len, lines))
        places.update(dict.fromkeys(identifiers, start))
        lines.append(line)

    lines.append("支持对象和条件：\n")
    for condition in _written(item.get("conditions") or ()):
        write(condition["text"], str(condition.get("clause") or ""), [condition["id"]])
    if item.get("exclusions"):
        lines.append("不予支持的情形：\n")
        for exclusion in _written(item["exclusions"]):
            write(exclusion["text"], str(exclusion.get("clause") or ""), [exclusion["id"]])
    benefit = item["benefit"]
    if benefit.get("text"):
        lines.append("支持内容：\n")
        write(" ".join(str(benefit["text"]).split()), str(benefit.get("clause") or ""), ["benefit"])
    abstract.text += "".join(lines)
    return places


def _written(conditions: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Conditions with words, also those within others."""
    for condition in conditions:
        if condition.get("id") and condition.get("text"):
            yield condition
        for key in ("all", "any", "of", "meets"):
            if isinstance(condition.get(key), list):
                yield from _written(condition[key])


def _content(abstract: _Abstract, region: str, mark: str) -> policies.DocumentContent:
    document = abstract.document
    issued = document.get("issued")
    notes = [str(document.get("note") or ""), mark]
    if issued is not None and not isinstance(issued, date):
        notes.insert(0, f"成文时间：{issued}。")
    return policies.DocumentContent(
        title=str(document["title"]),
        text=abstract.text,
        number=str(document.get("number") or ""),
        issuer=str(document.get("issuer") or ""),
        region_path=_path(region),
        issued_on=issued if isinstance(issued, date) else None,
        url=str(document.get("url") or ""),
        status=_STATUSES[str(document.get("status") or "unknown")],
        note="".join(each for each in notes if each) or ORIGIN,
        is_public=True,
    )


def _path(region: str) -> str:
    """The path of a division, from its six digits."""
    for tail in ("0000", "00", ""):
        if region.endswith(tail):
            return region.removesuffix(tail) if region.strip("0") else ""
    return region


def _is_known(code: str) -> bool:
    try:
        policies.get_item(actor=ACTOR, code=code)
    except policies.ItemNotFound:
        return False
    return True


# --- those of the city ------------------------------------------------------------------------------------------------


def _make_items(now: datetime) -> list[str]:
    made = []
    for described_item in described()["items"]:
        words = _filled(described_item, now)
        code = str(_loaded(words["source"])["id"])
        if not _is_known(code):
            _make_item(code, words, now)
            made.append(code)
    return made


@transaction.atomic
def _make_item(code: str, words: Mapping[str, Any], now: datetime) -> None:
    document_id = _document(words["document"], now)
    sentences = policies.get_document(actor=ACTOR, document_id=document_id).sentences
    author = _account(described()["author"])
    at = now - timedelta(days=words["days_ago"])
    policies.create_item(
        actor=author,
        source=words["source"],
        document_id=document_id,
        agency_id=_agency_of(author),
        links={
            name: [each.number for each in sentences if any(part in each.text for part in parts)]
            for name, parts in words.get("links", {}).items()
        },
        elements={key: value for key, value in words.get("elements", {}).items() if value},
        demonstration=True,
        now=at,
    )
    _BECOMES[words["becomes"]](code, words, at, now)


def _adopted(code: str, words: Mapping[str, Any], at: datetime, now: datetime) -> None:
    policies.adopt_item(actor=ACTOR, code=code, reason=words["reason"], now=at)


def _withdrawn(code: str, words: Mapping[str, Any], at: datetime, now: datetime) -> None:
    _adopted(code, words, at, now)
    policies.withdraw_item(
        actor=_account(described()["author"]),
        code=code,
        reason=words["end_reason"],
        now=now - timedelta(days=words["ended_days_ago"]),
    )


def _submitted(code: str, words: Mapping[str, Any], at: datetime) -> int:
    return policies.submit_version(
        actor=_account(described()["author"]),
        code=code,
        explanation=words.get("explanation", ""),
        departments=words.get("departments", ()),
        associations=words.get("associations", ()),
        now=at,
    )


def _returned(code: str, words: Mapping[str, Any], at: datetime, now: datetime) -> None:
    case_id = _submitted(code, words, at)
    official, task_id = _task(case_id, "completeness", at)
    flow.return_case(actor=official, task_id=task_id, what=[words["returned"]], now=at + timedelta(hours=20))


def _consulted(code: str, words: Mapping[str, Any], at: datetime, now: datetime) -> int:
    """Until the public may comment; the number of the case."""
    case_id = _submitted(code, words, at)
    _complete(case_id, "completeness", "complete", at)
    consultation_id = _consultation(code, at)
    for place, comment in enumerate(words.get("comments", ())):
        given = at + timedelta(days=comment["after_days"])
        told = {
            "consultation_id": consultation_id,
            "kind": comment["kind"],
            "name": comment["name"],
            "text": comment["text"],
            "contact": comment.get("contact", ""),
            "now": given,
        }
        if comment.get("letter"):
            number = policies.enter_comment(actor=_reviewer("publicise"), **told)
        else:
            # An address of the range kept for examples, another one for each.
            number = policies.give_comment(
                actor=access.VISITOR, address=f"192.0.2.{consultation_id % 20 * 10 + place + 1}", **told
            )
        if "verdict" in comment:
            policies.answer_comment(
                actor=_reviewer("publicise"),
                consultation_id=consultation_id,
                number=number,
                verdict=comment["verdict"],
                answer=comment["answer"],
                now=given + timedelta(days=1),
            )
    return case_id


def _concluded(code: str, words: Mapping[str, Any], at: datetime, now: datetime) -> tuple[int, datetime]:
    """Until the comments are answered and published; the number of the case, and when that was."""
    case_id = _consulted(code, words, at, now)
    after = at + timedelta(days=_MONTH + 4)
    policies.conclude_consultation(
        actor=_reviewer("publicise"),
        consultation_id=_consultation(code, after),
        summary=words["summary"],
        now=after,
    )
    _complete(case_id, "consult", "consulted", after)
    _complete(case_id, "publicise", "concluded", after)
    return case_id, after


def _rejected(code: str, words: Mapping[str, Any], at: datetime, now: datetime) -> None:
    case_id, after = _concluded(code, words, at, now)
    reviewer = _reviewer("fairness")
    for finding in policies.findings_of(actor=reviewer, code=code, number=1, today=timezone.localdate(after)):
        policies.judge_finding(actor=reviewer, code=code, key=finding.key, now=after, **words["judged"])
    _complete(case_id, "fairness", "unfair", after + timedelta(days=3), words["end_reason"])


def _published(code: str, words: Mapping[str, Any], at: datetime, now: datetime) -> None:
    case_id, after = _concluded(code, words, at, now)
    reviewer = _reviewer("fairness")
    for finding in policies.findings_of(actor=reviewer, code=code, number=1, today=timezone.localdate(after)):
        policies.judge_finding(
            actor=reviewer,
            code=code,
            key=finding.key,
            verdict="justified",
            reason="演示：已核对，可以与该事项同时执行。",
            now=after,
        )
    _complete(case_id, "fairness", "fair", after + timedelta(days=3))
    _complete(case_id, "legality", "lawful", after + timedelta(days=6), "演示：合法。")
    _complete(case_id, "decide", "passed", after + timedelta(days=8), "演示：通过审查。")
    author = _account(described()["author"])
    policies.publish_item(actor=author, code=code, now=after + timedelta(days=9))
    if (following := words.get("next")) is not None:
        _begin_next(code, following, now - timedelta(days=3))


def _begin_next(code: str, following: Mapping[str, Any], at: datetime) -> None:
    """The draft of the next version, with the words changed."""
    author = _account(described()["author"])
    number = policies.begin_version(actor=author, code=code, now=at)
    version = policies.get_version(actor=author, code=code, number=number)
    source = version.source
    for old, new in following["replace"]:
        source = source.replace(old, new)
    policies.save_version(
        actor=author, code=code, source=source, revision=version.revision, note=following["note"], now=at
    )


def _stays(code: str, words: Mapping[str, Any], at: datetime, now: datetime) -> None:
    """A draft stays a draft."""


_BECOMES: Mapping[str, Callable[[str, Mapping[str, Any], datetime, datetime], object]] = {
    "draft": _stays,
    "adopted": _adopted,
    "withdrawn": _withdrawn,
    "returned": _returned,
    "consulted": _consulted,
    "rejected": _rejected,
    "published": _published,
}


def _document(name: str, now: datetime) -> int:
    """The document of the description, made when it is not there."""
    words = _filled(described()["documents"][name], now)
    found = policies.documents(actor=ACTOR, text=words["title"]).rows
    if found:
        return found[0].id
    author = _account(described()["author"])
    days_ago = words["days_ago"]
    issued = None if days_ago is None else timezone.localdate(now - timedelta(days=days_ago))
    return policies.add_document(
        actor=author,
        content=policies.DocumentContent(
            title=words["title"],
            text=words["text"],
            number=words.get("number", ""),
            issuer=words["issuer"],
            region_path=words["region"],
            issued_on=issued,
            status=words["status"],
            note=words["note"],
            is_public=True,
        ),
        agency_id=_agency_of(author),
        demonstration=True,
        now=now,
    )


def _consultation(code: str, at: datetime) -> int:
    """The consultation about an item that is open."""
    found = policies.consultations(today=timezone.localdate(at), state="open", limit=100).rows
    return next(each.id for each in found if each.code == code)


def _complete(case_id: int, step: str, outcome: str, at: datetime, opinion: str = "") -> None:
    official, task_id = _task(case_id, step, at)
    flow.complete_task(actor=official, task_id=task_id, outcome=outcome, opinion=opinion, now=at)


def _task(case_id: int, step: str, at: datetime) -> tuple[access.Actor, int]:
    """Who does a step of a review, and the task."""
    detail = flow.get_case(actor=ACTOR, case_id=case_id, now=at)
    return _reviewer(step), next(each.id for each in detail.tasks if each.open and each.step == step)


def _reviewer(step: str) -> access.Actor:
    return _account(described()["reviewers"][step])


def _account(username: str) -> access.Actor:
    return access.actor_by_reference(f"user:{access.find_account(actor=ACTOR, username=username)[0]}")


def _agency_of(actor: access.Actor) -> int | None:
    return next((grant.agency_id for grant in actor.grants if grant.agency_id is not None), None)


def _filled(words: Any, now: datetime) -> Any:
    """The description with its days and years put in."""
    today = timezone.localdate(now)
    values = {
        "last_year": today.year - 1,
        "year": today.year,
        "next_year": today.year + 1,
        "soon": (today + timedelta(days=_SOON)).isoformat(),
        "closing": (today + timedelta(days=_MONTH)).isoformat(),
    }

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return Template(value).substitute(values)
        if isinstance(value, list):
            return [fill(each) for each in value]
        if isinstance(value, dict):
            return {key: fill(each) for key, each in value.items()}
        return value

    return fill(words)


# --- in plain words ---------------------------------------------------------------------------------------------------


def _interpret(now: datetime) -> list[str]:
    """Publish the interpretations that are not there yet; the codes of their items."""
    made = []
    for code, words in described()["interpretations"].items():
        subject = policies.InterpretationSubject(code)
        desk = policies.interpretation_on_desk(actor=ACTOR, subject=subject)
        if desk.draft or desk.published or desk.past or not desk.public:
            continue
        with transaction.atomic():
            policies.begin_interpretation(actor=ACTOR, subject=subject, now=now)
            policies.save_interpretation(
                actor=ACTOR,
                subject=subject,
                content=policies.InterpretationContent(
                    plain=words["plain"],
                    sections=words["sections"],
                    questions=tuple(
                        policies.InterpretationQuestion(
                            each["question"], each["answer"], tuple(each.get("points", ()))
                        )
                        for each in words["questions"]
                    ),
                ),
                revision=1,
                now=now,
            )
            policies.publish_interpretation(actor=ACTOR, subject=subject, now=now)
        made.append(code)
    return made


# --- what comes of them -----------------------------------------------------------------------------------------------


def _declare(enterprises: Mapping[int, int], now: datetime) -> None:
    """What enterprises tell of themselves, unless they told it."""
    for each in described()["declared"]:
        party_id = enterprises.get(each["enterprise"])
        if party_id is None:
            continue
        told = parties.portrait(actor=ACTOR, party_id=party_id, now=now).facts
        if any(fact.column == each["column"] for fact in told):
            continue
        held = access.mandates_of_party(actor=ACTOR, party_id=party_id, today=timezone.localdate(now))
        if held:
            policies.supply_fact(
                actor=access.actor_by_reference(f"user:{held[0].user_id}"),
                party_id=party_id,
                code=each["code"],
                column=each["column"],
                text=each["text"],
                now=now,
            )


def _try_in_sandbox(now: datetime) -> None:
    author = _account(described()["author"])
    for each in described()["scenarios"]:
        if any(kept.name == each["name"] for kept in policies.scenarios(actor=author, code=each["code"])):
            continue
        item = policies.get_item(actor=author, code=each["code"])
        scenario_id = policies.save_scenario(
            actor=author,
            question=policies.SandboxQuestion(
                code=each["code"],
                number=item.versions[0].number,
                figures=tuple(each["figures"].items()),
            ),
            name=each["name"],
            now=now,
        )
        if each.get("report"):
            policies.issue_report(actor=author, scenario_id=scenario_id, now=now)
