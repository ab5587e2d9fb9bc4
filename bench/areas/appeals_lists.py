"""Lists of 560,000 appeals with their history: what a regular official waits for, and the sweeper's pace.

    python -m bench.areas appeals_lists [--quick]         (BENCH_APPEALS=100000 for another number)

560,000 is Shenzhen's figure of five months. They lie in the districts of a city, each with its desk and its agencies;
one in twenty is open. What they say is made up: 2,000 texts of some ninety topics. The lists are asked for through the
pages, by people logged in as anybody is; tabs, filters, words and pages are drawn by a fixed seed.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from bench.areas import Figure
from bench.areas._server import server_processor

CITY = "230100"
AIM, SWEEP_AIM = "< 0.3 s", "> 400 a second"
KINDS = (
    "market-regulation",
    "tax",
    "human-resources",
    "housing-construction",
    "natural-resources",
    "commerce",
)
LOOKS = 120
_BRACKETS = {"BEGIN", "COMMIT"}
PASSWORD = "bench-correct-horse"
QUERIES = 12


def measure(quick: bool) -> Iterator[Figure]:
    """On an empty, migrated database."""
    from django.utils import timezone

    count = int(os.environ.get("BENCH_APPEALS") or (20_000 if quick else 560_000))
    now = timezone.now()
    began = time.perf_counter()
    people = _arrange(count, now)
    yield Figure(f"{count:,} appeals with history loaded", time.perf_counter() - began, "s")
    for name, username in people.items():
        yield from _looks(name, username)
    yield from _swept(count, now)


def _looks(name: str, username: str) -> Iterator[Figure]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_SSL_REDIRECT = False
    client = Client(SERVER_NAME="localhost", HTTP_X_FORWARDED_FOR="192.0.2.1")
    entered = client.post("/account/login/", {"login": username, "password": PASSWORD}, secure=True)
    if entered.status_code != 302:
        raise SystemExit(f"{entered.status_code} {entered.content[:400]!r}")
    draw = random.Random(20261122)
    looks: list[tuple[float, str]] = []
    worked: list[float] = []
    queries = 0
    for number in range(LOOKS + 5):
        asked = _question(draw)
        before = time.process_time() + server_processor()
        with CaptureQueriesContext(connection) as captured:
            start = time.perf_counter()
            answer = client.get("/desk/appeals/", asked, secure=True)
            took = time.perf_counter() - start
        busy = time.process_time() + server_processor() - before
        if answer.status_code != 200:
            raise SystemExit(f"{answer.status_code} {asked} {answer.content[:400]!r}")
        if number < 5:
            # What a process loads at its first pages is another figure.
            continue
        looks.append((took, str(asked)))
        worked.append(busy)
        queries = max(queries, sum(each["sql"] not in _BRACKETS for each in captured.captured_queries))
    looks.sort()
    worked.sort()
    for took, question in looks[-8:]:
        print(f"    {took:.3f} s {question}", flush=True)
    yield Figure(f"the list of {name}, median of {LOOKS} looks", looks[len(looks) // 2][0], "s", AIM)
    yield Figure(f"the list of {name}, 95 of 100", looks[int(len(looks) * 0.95)][0], "s", AIM)
    yield Figure(
        "the same, processors (here and in the server), 95 of 100", worked[int(len(worked) * 0.95)], "s", AIM
    )
    yield Figure(f"the list of {name}, queries at most", queries, "", f"<= {QUERIES}")


def _question(draw: random.Random) -> dict[str, Any]:
    asked: dict[str, Any] = {"tab": draw.choice(["dispatch", "mine", "parts", "late", "all", "all", "all"])}
    if draw.random() < 0.3:
        asked["text"] = draw.choice(["许可证", "工程款", "停电", "税务 退税", "贷款", "噪声 施工"])
    if draw.random() < 0.2:
        asked["state"] = draw.choice(["closed", "handling", "received"])
    if draw.random() < 0.2:
        asked["difficulty"] = "hard"
    if draw.random() < 0.3:
        asked["page"] = draw.choice([2, 3, 10, 50])
    return asked


def _swept(count: int, now: datetime) -> Iterator[Figure]:
    """2,000 appeals become late at once: rungs fired, messages written, notices of supervision issued; and, as the job
    after the sweep does, set as documents.
    """
    from yingshang.areas.appeals.models import SupervisionNotice
    from yingshang.areas.appeals.supervising.documents import set_waiting
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.clock.api import sweep
    from yingshang.kernel.notices.models import Message

    began, busy = time.perf_counter(), _processors()
    fired, told = 0, Message.objects.count()
    later = now + timedelta(days=30)
    while True:
        result = sweep(actor=system_actor("bench"), now=later)
        fired += result.fired
        if not result.fired:
            break
    took, busy = time.perf_counter() - began, _processors() - busy
    yield Figure("processors for a rung (here and in the server)", busy / max(fired, 1), "s")
    yield Figure(
        f"{fired:,} rungs of late appeals fired",
        fired / took,
        "a second",
        SWEEP_AIM,
        f"{SupervisionNotice.objects.count():,} supervision notices issued among them, "
        f"{Message.objects.count() - told:,} messages written",
    )
    began, busy = time.perf_counter(), _processors()
    done = set_waiting(actor=system_actor("bench"), now=later)
    took, busy = time.perf_counter() - began, _processors() - busy
    yield Figure("processors for a supervision notice set as a document by the job", busy / max(done, 1), "s")
    yield Figure(f"{done:,} supervision notices set as documents by the job", done / took, "a second")


def _processors() -> float:
    """Seconds of processors taken here, by what was started from here, and in the server."""
    own = os.times()
    return own.user + own.system + own.children_user + own.children_system + server_processor()


def _staff(actor: Any, districts: list[str], now: datetime) -> None:
    """Somebody at every desk and agency, so that each rung is told to somebody."""
    from datetime import date

    from yingshang.kernel.access.api import appoint, create_user
    from yingshang.kernel.parties.models import Agency

    desks = Agency.objects.filter(region_id__in=[CITY, *districts], kind="service-center")
    agencies = Agency.objects.filter(region_id=districts[0], kind__in=KINDS)
    posts = [(each.pk, role) for each in desks for role in ("window_official", "supervisor")]
    posts += [(each.pk, "department_official") for each in agencies]
    for place, role in posts:
        user = create_user(
            actor=actor,
            username=f"bench-{place}-{role}",
            name=role,
            agency_id=place,
            password=PASSWORD,
            now=now,
        )
        appoint(actor=actor, user_id=user, role=role, agency_id=place, valid_from=date(2020, 1, 1), now=now)


def _arrange(count: int, now: datetime) -> dict[str, str]:
    """Districts with desks, agencies and people, and the appeals; who looks, by name."""
    from datetime import date

    from django.db import connection, transaction
    from django.utils import timezone

    from yingshang.areas.appeals.api import dispatch_appeal, submit_appeal
    from yingshang.areas.appeals.models import Appeal
    from yingshang.areas.appeals.sample_texts import sample_texts
    from yingshang.kernel.access.api import appoint, create_user, load_roles, system_actor
    from yingshang.kernel.clock.api import load_defaults
    from yingshang.kernel.documents.api import load_defaults as load_documents
    from yingshang.kernel.ledger.api import Target, record
    from yingshang.kernel.parties.api import load_reference_data
    from yingshang.kernel.parties.models import Agency
    from yingshang.kernel.reference.api import leaves_of

    actor = system_actor("bench")
    districts = [each.code for each in leaves_of(CITY)]
    load_reference_data(actor=actor, now=now, agency_regions=("230000", CITY, *districts))
    load_roles(actor=actor, now=now)
    load_defaults(actor=actor, region_path="23", now=now)
    load_documents(actor=actor, region_path="23", now=now)
    people = {}
    for name, role, kind, region in (
        ("an official of an agency", "department_official", KINDS[0], districts[0]),
        ("a desk of a district", "window_official", "service-center", districts[0]),
        ("a supervisor of the city", "supervisor", "service-center", CITY),
    ):
        place = Agency.objects.get(region_id=region, kind=kind)
        user = create_user(
            actor=actor,
            username=f"bench-{role}",
            name=name,
            agency_id=place.pk,
            password=PASSWORD,
            now=now,
        )
        appoint(
            actor=actor, user_id=user, role=role, agency_id=place.pk, valid_from=date(2020, 1, 1), now=now
        )
        people[name] = f"bench-{role}"
    _staff(actor, districts, now)
    # The first are said through the door, and have clocks; the others are made of them.
    late = 200 if count < 100_000 else 2_000
    places = list(Agency.objects.filter(region_id=districts[0], kind__in=KINDS).values_list("pk", flat=True))
    for number, sample in enumerate(sample_texts(late, seed=7)):
        said = submit_appeal(
            actor=actor,
            channel="hotline",
            reference=f"bench-{number}",
            region_code=districts[number % len(districts)],
            title=sample.text[:20],
            body=f"{sample.text}（{number}）",
            now=now,
        )
        if number % 2:
            # So that supervision notices follow: an agency is sent them, a desk is told.
            dispatch_appeal(
                actor=actor,
                appeal_id=said.id,
                agency_id=places[number % len(places)],
                topic=sample.topic,
                now=now,
            )
    agencies = list(
        Agency.objects.filter(region_id__in=districts, kind__in=KINDS).values_list("pk", "region__path")
    )
    columns = [
        field.column
        for field in Appeal._meta.concrete_fields
        if field.column
        not in {
            "id", "number", "state", "agency_id", "closed_by", "closed_at", "ended_at", "submitted_at", "due_on",
            "deadline_id", "contact_deadline_id", "step_deadline_id", "channel_reference", "region_path", "topic",
            "difficulty", "dispatched_at",
        }
    ]  # fmt: skip
    names = ", ".join(f'"{name}"' for name in columns)
    # Open are those of the last week, one in twenty; of them those older than five days are late.
    ago = "(n * 7717 + appeals_appeal.id::int * 4409) %% 216000"
    young = f"{ago} < 10800"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE held (place int, agency bigint, path text) ON COMMIT DROP")
        for number, (pk, path) in enumerate(agencies):
            cursor.execute("INSERT INTO held VALUES (%s, %s, %s)", [number, pk, path])
        cursor.execute(
            f"""
            INSERT INTO appeals_appeal ({names}, number, state, agency_id, closed_by, closed_at, ended_at, submitted_at,
                                        due_on, channel_reference, region_path, topic, difficulty)
            SELECT {names}, number || '-' || n,
                   CASE WHEN {young} THEN (ARRAY['dispatched', 'handling', 'answered'])[1 + n %% 3]
                        ELSE 'closed' END,
                   held.agency,
                   CASE WHEN {young} THEN '' ELSE 'enterprise' END,
                   CASE WHEN {young} THEN NULL ELSE submitted_at END,
                   CASE WHEN {young} THEN NULL ELSE submitted_at END,
                   submitted_at - make_interval(mins => {ago}),
                   (submitted_at - make_interval(mins => {ago}))::date + 5,
                   '', held.path, 't' || (n %% 60),
                   (ARRAY['simple', 'simple', 'simple', 'complex', 'complex', 'hard'])[1 + n %% 6]
            FROM appeals_appeal CROSS JOIN generate_series(1, %s) AS n
                 JOIN held ON held.place = (n * 7 + appeals_appeal.id) %% %s
            -- Numbers are given as appeals come: those of all districts among each other.
            ORDER BY {ago} DESC
            """,
            [max(1, count // late - 1), len(agencies)],
        )
        cursor.execute(
            """
            INSERT INTO appeals_holding (appeal_id, agency_id, since, until, began_by, ended_by, reason, given_by_name)
            SELECT id, agency_id, submitted_at, ended_at, 'dispatched',
                   CASE WHEN ended_at IS NULL THEN '' ELSE 'closed' END, '', 'bench'
            FROM appeals_appeal WHERE agency_id IS NOT NULL AND deadline_id IS NULL
            """
        )
        cursor.execute(
            """
            INSERT INTO appeals_contact (appeal_id, agency_id, way, reached, said, at, by_name)
            SELECT id, agency_id, 'telephone', true, '', submitted_at + interval '1 hour', 'bench'
            FROM appeals_appeal WHERE agency_id IS NOT NULL AND deadline_id IS NULL
            """
        )
        cursor.execute(
            """
            INSERT INTO appeals_reply (appeal_id, agency_id, state, text, outcome, number, written_at, written_by,
                                       written_by_name, sent_at, approved_by, approved_by_name, remark)
            SELECT id, agency_id, 'sent', '已办理，请查看。', 'solved', '', submitted_at, 'user:1', 'bench', ended_at,
                   'user:2', 'bench', ''
            FROM appeals_appeal WHERE state = 'closed'
            """
        )
        record(actor=actor, action="bench.arranged", target=Target("bench", "1"), now=timezone.now())
    with connection.cursor() as cursor:
        for table in ("appeals_appeal", "appeals_holding", "appeals_contact", "appeals_reply"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    return people
