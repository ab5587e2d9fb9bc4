"""Fills a platform with the sample city: agencies, staff, enterprises with a year of history, people who act for them.

Everything goes through the doors of the rooms, as anybody's data would: files are imported, accounts are created and
appointed, mandates are granted. So every step can be repeated, and one that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from yingshang.kernel.access import api as access
from yingshang.kernel.notices import api as notices
from yingshang.kernel.parties import api as parties
from yingshang.kernel.reference import api as reference
from yingshang.kernel.reference.api import parse_yaml
from yingshang.operations.errors import UnknownCity
from yingshang.operations.sample_deliveries import cut_into_deliveries
from yingshang.operations.sample_objections import load_objections
from yingshang.operations.sample_troubles import write_troubled_file
from yingshang.processes.enterprise_binding import api as enterprise_binding

Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and how much there is to do (None while unknown)."""

ACTOR = access.system_actor("sample-city")


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the demonstration, to be printed."""

    username: str
    name: str
    what: str
    where: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What was decided when the city was first made; kept beside the data, so that it stays the same city."""

    city: str
    as_of: date
    password: str

    @classmethod
    def of(cls, directory: Path, *, city: str, today: date) -> Demonstration:
        """The demonstration kept in `directory`, or a new one. A larger city can follow a smaller one."""
        if city not in described()["cities"]:
            known = ", ".join(described()["cities"])
            raise UnknownCity(
                f"there is no city {city!r}; CITY may be {known}",
                message_zh=f"没有名为“{city}”的示例城市；CITY 可以是 {known}",
            )
        file = directory / "demonstration.json"
        if file.exists():
            kept = json.loads(file.read_text(encoding="utf-8"))
            made = cls(city, date.fromisoformat(kept["as_of"]), kept["password"])
        else:
            made = cls(city, today, secrets.token_urlsafe(9))
        if not file.exists() or made.city != kept["city"]:
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial")
            partial.touch(mode=0o600)
            partial.write_text(
                json.dumps({"city": made.city, "as_of": made.as_of.isoformat(), "password": made.password}),
                encoding="utf-8",
            )
            partial.replace(file)
        return made


@cache
def described() -> dict[str, Any]:
    """`data/demonstration.yaml`; do not change the result."""
    text = (files(__package__) / "data" / "demonstration.yaml").read_text(encoding="utf-8")
    return dict(parse_yaml(text))


def load_city(demonstration: Demonstration, directory: Path, *, zone: ZoneInfo, progress: Progress) -> None:
    """Make the city's file, cut it into a year of deliveries, and import them in their order."""
    city = described()["cities"][demonstration.city]
    folder = directory / "sample-city" / demonstration.city
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "city.parquet"
    if not path.exists():
        reference.write_sample_city(
            path,
            enterprises=city["enterprises"],
            seed=city["seed"],
            as_of=demonstration.as_of,
            region=str(city["region"]),
            progress=partial(progress, "生成示例城市"),
        )
    deliveries = cut_into_deliveries(
        path, folder / "deliveries", as_of=demonstration.as_of, seed=city["seed"], zone=zone
    )
    for number, delivery in enumerate(deliveries, start=1):
        title = f"导入 {number}/{len(deliveries)} {delivery.title}"
        parties.import_facts(
            actor=ACTOR,
            path=delivery.path,
            file_name=f"{delivery.title}{delivery.as_of:%Y%m%d}.parquet",
            as_of=delivery.as_of,
            source=delivery.source,
            now=delivery.received_at,
            demonstration=True,
            progress=partial(progress, title),
        )
    troubled = folder / "district.csv"
    if not troubled.exists():
        write_troubled_file(
            path, troubled, as_of=demonstration.as_of, region=str(described()["requests"]["region"])
        )
    parties.import_facts(
        actor=ACTOR,
        path=troubled,
        file_name="区县补报.csv",
        as_of=demonstration.as_of,
        source="人社局",
        now=deliveries[-1].received_at,
        demonstration=True,
    )


def load_people(demonstration: Demonstration, *, now: datetime) -> tuple[Account, ...]:
    """Staff with their appointments, people with their mandates, and requests of people who would like one."""
    _document_codes(now)
    accounts = (*_staff(demonstration, now), *_clerks(demonstration, now))
    _messages(now)
    _looks(now)
    _requests(demonstration, now)
    load_objections(described()["objections"], clerks_enterprises(now), now=now)
    return accounts


def _document_codes(now: datetime) -> None:
    """For agencies that have none; what somebody has set stays."""
    for code, document_code in described()["document_codes"].items():
        agency = _agency(code)
        if not agency.document_code:
            parties.set_document_code(
                actor=ACTOR, agency_id=agency.id, document_code=document_code, now=now, reason="演示数据"
            )


def _staff(demonstration: Demonstration, now: datetime) -> Iterator[Account]:
    roles = {role.code: role for role in access.roles()}
    for person in described()["staff"]:
        agency = _agency(person["agency"])
        user_id = _account(person, demonstration, now, agency_id=agency.id)
        held = access.get_user(actor=ACTOR, user_id=user_id).summary.appointments
        if not any(each.role == person["role"] and each.agency_id == agency.id for each in held):
            access.appoint(
                actor=ACTOR,
                user_id=user_id,
                role=person["role"],
                agency_id=agency.id,
                now=now,
                valid_from=demonstration.as_of.replace(year=demonstration.as_of.year - 1, day=1),
            )
        yield Account(
            person["username"],
            person["name"],
            roles[person["role"]].name,
            agency.name,
            person.get("shown", False),
        )


def _clerks(demonstration: Demonstration, now: datetime) -> Iterator[Account]:
    # Of the city whose officials have accounts, so that what they start is carried on.
    largest = _largest_enterprises(str(described()["requests"]["region"]))
    to_be_tried = ""
    for each in described()["contacts"]:
        party = largest[each["enterprise"]]
        to_be_tried = f"可绑定 {party.credit_code}"
        known = parties.registered_contact(credit_code=str(party.credit_code))
        if known is None or not (known.email or known.phone):
            parties.record_contact(
                actor=ACTOR, party_id=party.id, email=each["email"], now=now, reason="演示数据"
            )
    for person in described()["clerks"]:
        user_id = _account(person, demonstration, now, agency_id=None)
        what, where = "注册用户", to_be_tried
        held = access.mandates_of_user(actor=ACTOR, user_id=user_id, today=now.date())
        legal = bool(person.get("legal_representative"))
        if "enterprise" in person:
            what, where = "法定代表人" if legal else "经办人", held[0].party_name if held else ""
        if "enterprise" in person and not held:
            party = largest[person["enterprise"]]
            where = party.name
            access.grant_mandate(
                actor=ACTOR,
                user_id=user_id,
                party_id=party.id,
                now=now,
                legal_representative=legal,
                reason="演示数据",
            )
        yield Account(person["username"], person["name"], what, where, person.get("shown", False))


def _messages(now: datetime) -> None:
    enterprises = clerks_enterprises(now)
    for number, message in enumerate(described()["messages"]):
        # A mandate may have been laid down by whoever tried it.
        if message["enterprise"] not in enterprises:
            continue
        notices.send(
            actor=ACTOR,
            to=notices.Recipient(party_id=enterprises[message["enterprise"]]),
            template="notices.announcement",
            context={"title": message["title"], "text": message["text"]},
            channels=("in_app",),
            now=now - timedelta(days=message["days_ago"]),
            once=f"demonstration:{number}",
        )


def _looks(now: datetime) -> None:
    enterprises = clerks_enterprises(now)
    for look in described()["looks"]:
        if (party_id := enterprises.get(look["enterprise"])) is None:
            continue
        noted = access.personal_views(actor=ACTOR, party_id=party_id)
        if any(each.purpose == look["purpose"] for each in noted):
            continue
        official = access.actor_by_reference(
            f"user:{access.find_account(actor=ACTOR, username=look['username'])[0]}"
        )
        seen = parties.personal_data(actor=official, party_id=party_id, now=now)
        access.note_personal_view(
            actor=official,
            party_id=party_id,
            fields=[each.name for each in seen],
            purpose=look["purpose"],
            now=now - timedelta(days=look["days_ago"]),
        )


def clerks_enterprises(now: datetime) -> dict[int, int]:
    """The enterprises somebody acts for, by their number in the file."""
    found: dict[int, int] = {}
    for person in described()["clerks"]:
        if "enterprise" in person:
            user_id = access.find_account(actor=ACTOR, username=person["username"])[0]
            held = access.mandates_of_user(actor=ACTOR, user_id=user_id, today=now.date())
            if held:
                found[person["enterprise"]] = held[0].party_id
    return found


def _requests(demonstration: Demonstration, now: datetime) -> None:
    requests = described()["requests"]
    reviewer_name = next(
        each["username"] for each in described()["staff"] if each["role"] == "window_official"
    )
    found = parties.search_parties(actor=ACTOR, region=str(requests["region"]), order="id", per_page=100).rows
    # A district with a desk of its own would take them; these are for the city's.
    with_desk = {each["agency"].partition("-")[0] for each in described()["staff"]}
    enterprises = [each for each in found if each.region_code not in with_desk]
    for number, (request, enterprise) in enumerate(zip(requests["made"], enterprises, strict=False), start=1):
        person = {"username": f"applicant{number}", "name": f"演示申请人{number}"}
        user_id = _account(person, demonstration, now, agency_id=None)
        applicant = access.actor_by_reference(f"user:{user_id}")
        if enterprise_binding.bindings(actor=applicant):
            continue
        asked = now - timedelta(days=request["days_ago"])
        assert enterprise.credit_code is not None
        made = enterprise_binding.request_binding(
            actor=applicant, credit_code=enterprise.credit_code, now=asked
        )
        if "approve" in request:
            reviewer = access.find_account(actor=ACTOR, username=reviewer_name)[0]
            enterprise_binding.decide_review(
                actor=access.actor_by_reference(f"user:{reviewer}"),
                request_id=made.id,
                approve=request["approve"],
                reason=request["reason"],
                now=asked + timedelta(days=1),
            )


def _largest_enterprises(region: str) -> list[parties.PartySummary]:
    found: list[parties.PartySummary] = []
    for size in ("大型", "中型", "小型", "微型"):
        if len(found) < len(described()["clerks"]):
            page = parties.search_parties(
                actor=ACTOR, region=region, size=size, status="存续", order="name", per_page=10
            )
            found += page.rows
    return found


def _account(
    person: dict[str, Any], demonstration: Demonstration, now: datetime, *, agency_id: int | None
) -> int:
    try:
        return access.find_account(actor=ACTOR, username=person["username"])[0]
    except access.UserNotFound:
        return access.create_user(
            actor=ACTOR,
            username=person["username"],
            name=person["name"],
            agency_id=agency_id,
            now=now,
            email=f"{person['username']}@example.org",
            password=demonstration.password,
        )


def _agency(code: str) -> parties.AgencyRow:
    found = parties.agencies(actor=ACTOR, text=code, per_page=50).rows
    return next(agency for agency in found if agency.code == code)
