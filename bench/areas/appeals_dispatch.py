"""Proposals for appeals: how often they are right on made-up ones, how long learning and proposing take.

    python -m bench.areas appeals_dispatch [--quick]

What is right is measured on made-up appeals (`sample_texts`): of wordings closed appeals have had, and of wordings
nobody has closed a case about. It says how the machinery behaves, not how well it does with what a city's people write.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from statistics import median

from bench.areas import Figure

REGION = "230102"
AIM, WHOLE_AIM = "< 5 ms", "< 200 ms"
DAY = date(2026, 11, 22)
_EACH = 2_000


def measure(quick: bool) -> Iterator[Figure]:
    """First without a database, then with one."""
    from yingshang.areas.appeals.dispatching.figures import measure_with, train
    from yingshang.areas.appeals.dispatching.learned import Model
    from yingshang.areas.appeals.sample_texts import sample_texts

    seen = [(each.text, each.topic) for each in sample_texts(_EACH, seed=2, wordings="known")]
    unseen = [(each.text, each.topic) for each in sample_texts(_EACH, seed=3, wordings="new")]
    most = 5_000 if quick else 50_000
    closed = [(each.text, each.dispatched_as) for each in sample_texts(most, seed=1, wordings="known")]
    yield from _right("the catalogue alone", measure_with(seen, None), measure_with(unseen, None))
    model: Model | None = None
    for count in (100, 1_000, 10_000, 50_000):
        if count > most:
            break
        began = time.process_time()
        model = train(closed[:count], day=DAY)
        seconds = time.process_time() - began
        yield from _right(f"{count:,} closed", measure_with(seen, model), measure_with(unseen, model))
        yield Figure(
            f"{count:,} closed: the newest fifth, held out, found first",
            float(model.figures["top1"]),
            "",
            note="6 in 100 of them were dispatched as something else",
        )
        yield Figure(
            f"{count:,} closed: learned, held-out figures and all (processors)",
            seconds,
            "s",
            "< 60 s" if count == 50_000 else "",
            note=f"{len(model.to_bytes()) / 2**20:.1f} MB kept",
        )
    assert model is not None
    yield from _pace(model, [text for text, _ in seen])
    yield from _with_database(model, [text for text, _ in seen], 20_000 if quick else 560_000)


def _right(what: str, seen: object, unseen: object) -> Iterator[Figure]:
    from yingshang.areas.appeals.dispatching.figures import Figures

    for name, figures in (("wordings seen", seen), ("wordings never seen", unseen)):
        assert isinstance(figures, Figures)
        share, right = figures.sure(0.85)
        yield Figure(
            f"{what}, {name}: topic found first",
            figures.top1,
            "",
            note=f"among the first three {figures.top3:.2f}; confidence misses by {figures.off:.2f}; "
            f"at least 85 % sure {share:.0%}, of these right {right:.0%}",
        )


def _pace(model: object, texts: list[str]) -> Iterator[Figure]:
    from yingshang.areas.appeals.alike.fingerprints import fingerprint
    from yingshang.areas.appeals.dispatching.learned import Model
    from yingshang.areas.appeals.dispatching.places import places_in
    from yingshang.areas.appeals.dispatching.proposals import propose

    assert isinstance(model, Model)
    whole = "".join(texts)
    yield from _times("a proposal", lambda number: propose(texts[number], model=model), AIM)
    yield from _times(
        "a proposal for 5,000 characters",
        lambda number: propose(whole[number * 50 : number * 50 + 5_000], model=model),
        AIM,
    )
    yield from _times("the places of a text", lambda number: places_in(texts[number], home=REGION), AIM)
    yield from _times("a fingerprint", lambda number: fingerprint(texts[number]), AIM)


def _with_database(model: object, texts: list[str], count: int) -> Iterator[Figure]:
    from django.utils import timezone

    from yingshang.areas.appeals.alike.finding import burst_candidates, mains_alike, said_before
    from yingshang.areas.appeals.dispatching.proposing import propose_for
    from yingshang.areas.appeals.models import Appeal
    from yingshang.kernel.access.api import system_actor

    now = timezone.now()
    _arrange(model, texts, count, now)
    actor = system_actor("bench")
    rows = list(Appeal.objects.filter(state="received").order_by("-pk")[:200])
    today = timezone.localdate(now)
    yield from _times(
        "the whole proposal for an appeal: model, agencies, places, reasons",
        lambda number: propose_for(rows[number], today=today),
        WHOLE_AIM,
        len(rows),
        time.perf_counter,
    )
    yield from _times(
        f"what of {count:,} appeals it might be joined to",
        lambda number: mains_alike(rows[number], actor=actor),
        WHOLE_AIM,
        len(rows),
        time.perf_counter,
    )
    yield from _times(
        f"what the same enterprise said of {count:,}",
        lambda number: said_before(party_id=1, text=rows[number].text),
        WHOLE_AIM,
        len(rows),
        time.perf_counter,
    )
    yield from _times(
        f"bursts of the last day among {count:,}",
        lambda number: burst_candidates(actor=actor, now=now),
        "",
        20,
        time.perf_counter,
    )


def _times(
    what: str,
    work: Callable[[int], object],
    aim: str,
    count: int = 200,
    clock: Callable[[], float] = time.process_time,
) -> Iterator[Figure]:
    """The median and the slowest of twenty, in milliseconds of the processor, or of another clock; the first, which
    loads things, left out.
    """
    work(0)
    seconds = []
    for number in range(count):
        began = clock()
        work(number)
        seconds.append((clock() - began) * 1000)
    seconds.sort()
    yield Figure(what, median(seconds), "ms", aim, "median")
    yield Figure(f"{what}, slowest of twenty", seconds[-1 - count // 20], "ms", aim)


def _arrange(model: object, texts: list[str], count: int, now: datetime) -> None:
    """The agencies of a city, the model, and so many appeals of five months, one in twenty open."""
    from datetime import timedelta

    from django.db import connection, transaction

    from yingshang.areas.appeals.alike.fingerprints import fingerprint
    from yingshang.areas.appeals.dispatching.learned import Model
    from yingshang.areas.appeals.dispatching.proposals import propose
    from yingshang.areas.appeals.models import Appeal, LearnedModel
    from yingshang.kernel.access.api import load_roles, system_actor
    from yingshang.kernel.ledger.api import Target, record
    from yingshang.kernel.parties.api import load_reference_data
    from yingshang.kernel.parties.models import Agency

    assert isinstance(model, Model)
    actor = system_actor("bench")
    load_reference_data(actor=actor, now=now, agency_regions=("230000", "230100", REGION))
    load_roles(actor=actor, now=now)
    desk = Agency.objects.get(region_id=REGION, kind="service-center")
    firsts = []
    for number, text in enumerate(texts):
        said = propose(text, model=model)
        firsts.append(
            Appeal(
                number=f"B{number}",
                region_path=REGION,
                desk=desk,
                channel="portal",
                title="测量",
                text=text,
                proposal={"topic": said.topic},
                likeness=list(fingerprint(text).bands),
                submitted_at=now - timedelta(minutes=number % 1400),
            )
        )
    columns = [
        field.column
        for field in Appeal._meta.concrete_fields
        if field.column
        not in {"id", "number", "state", "topic", "closed_by", "ended_at", "submitted_at", "closed_at"}
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    times = max(1, count // len(texts) - 1)
    with transaction.atomic():
        LearnedModel.objects.create(
            number=1, cases=model.cases, content=model.to_bytes(), used=True, made_at=now
        )
        Appeal.objects.bulk_create(firsts, batch_size=500)
        with connection.cursor() as cursor:
            # The others are these over and over, most of them closed.
            cursor.execute(
                f"""
                INSERT INTO appeals_appeal ({names}, number, state, topic, closed_by, ended_at, submitted_at, closed_at)
                SELECT {names}, number || '-' || n,
                       CASE WHEN n %% 20 = 0 THEN 'received' ELSE 'closed' END,
                       CASE WHEN n %% 20 = 0 THEN '' ELSE proposal ->> 'topic' END,
                       CASE WHEN n %% 20 = 0 THEN '' ELSE 'enterprise' END,
                       CASE WHEN n %% 20 = 0 THEN NULL ELSE submitted_at END,
                       submitted_at - make_interval(hours => 13 * n),
                       CASE WHEN n %% 20 = 0 THEN NULL ELSE submitted_at END
                FROM appeals_appeal CROSS JOIN generate_series(1, %s) AS n
                """,
                [times],
            )
        record(actor=actor, action="bench.arranged", target=Target("bench", "1"), now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE appeals_appeal")
