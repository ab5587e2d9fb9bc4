"""The library's search at 50,000 documents: how long the index takes to be made, and a question to be answered."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from bench.areas import Figure

DOCUMENTS = 50_000
QUESTIONS = 200
_PLACES = ("", "23", "2301", "230102", "35", "3501", "44", "4403", "11", "33", "3303", "5101")
_WHOM = (
    "专精特新中小企业",
    "高新技术企业",
    "小微企业",
    "个体工商户",
    "规模以上工业企业",
    "外贸企业",
    "建筑业企业",
    "高校毕业生",
    "农业龙头企业",
)
_WHAT = (
    "稳岗返还",
    "扩岗补助",
    "研发费用补助",
    "贷款贴息",
    "首台套奖励",
    "技术改造",
    "设备更新",
    "展位费补贴",
    "人才引进",
    "房租减免",
    "上市奖励",
)
_HOW = ("若干措施", "实施细则", "管理办法", "申报指南", "通知", "意见", "行动方案")
_SENTENCES = (
    "对符合条件的{whom}，按照{what}标准给予一次性支持，单户最高不超过{number}万元。",
    "申请{what}的{whom}应当依法登记注册，无严重失信记录，并按规定缴纳社会保险。",
    "各有关部门要加强协同，推动{what}免申即享，确保资金直达{whom}。",
    "本办法自印发之日起施行，有效期{number}年，由主管部门负责解释。",
)


def measure(quick: bool) -> Iterator[Figure]:
    """Documents of about 1,500 characters, the index made of them, and questions of one to four words."""
    from yingshang.areas.policies.api import LibraryQuestion, rebuild_library, search_library
    from yingshang.areas.policies.search.index import update

    chance = random.Random(20261122)
    documents = DOCUMENTS // 50 if quick else DOCUMENTS
    _written(documents, chance)
    today = timezone.localdate()
    with TemporaryDirectory(prefix="search-") as folder:
        settings.DATA_DIRECTORY = Path(folder)
        begun = perf_counter()
        rebuild_library(day=today)
        yield Figure(f"index of {documents:,} documents made", perf_counter() - begun, "s")
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
        yield Figure("index on disk", size / 2**20, "MB")
        with connection.cursor() as cursor:
            cursor.execute("SELECT min(id) FROM policies_policydocument")
            first = cursor.fetchone()[0]
        begun = perf_counter()
        update(documents=[first], day=today)
        yield Figure("one changed document written", (perf_counter() - begun) * 1000, "ms")
        kinds: tuple[tuple[str, Callable[[], dict[str, Any]]], ...] = (
            ("words", lambda: {"text": _words(chance)}),
            (
                "words, a place and a facet",
                lambda: {"text": _words(chance), "place": "230102", "level": "province"},
            ),
            ("pinyin initials", lambda: {"text": chance.choice(("wgfh", "zjtx", "dktx", "jsgz"))}),
            ("no words, the newest", lambda: {"container": "innovation"}),
        )
        for name, makes in kinds:
            times: list[float] = []
            for _ in range(QUESTIONS // 10 if quick else QUESTIONS):
                question = LibraryQuestion(**makes())
                begun = perf_counter()
                search_library(question, day=today)
                times.append((perf_counter() - begun) * 1000)
            times.sort()
            yield Figure(f"answer with facets and rows: {name}", median(times), "ms", "100 ms", "median")
            yield Figure(f"the same, slowest of twenty: {name}", times[-1 - len(times) // 20], "ms", "100 ms")


def _words(chance: random.Random) -> str:
    return " ".join(chance.sample([*_WHOM, *_WHAT, *_HOW], chance.randint(1, 4)))


def _written(count: int, chance: random.Random) -> None:
    from yingshang.areas.policies.models import PolicyDocument
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.ledger.api import Target, record

    now = timezone.now()
    with transaction.atomic():
        for start in range(0, count, 1000):
            PolicyDocument.objects.bulk_create(
                [_document(number, chance, now) for number in range(start, min(start + 1000, count))]
            )
        record(
            actor=system_actor("setup"),
            action="policies.document_added",
            target=Target("policy_document", "bench", "bench"),
            now=now,
        )


def _document(number: int, chance: random.Random, now: datetime) -> Any:
    from yingshang.areas.policies.models import PolicyDocument

    whom, what, how = chance.choice(_WHOM), chance.choice(_WHAT), chance.choice(_HOW)
    lines = [
        chance.choice(_SENTENCES).format(
            whom=chance.choice(_WHOM), what=chance.choice(_WHAT), number=chance.randint(1, 500)
        )
        for _ in range(36)
    ]
    return PolicyDocument(
        title=f"关于支持{whom}{what}的{how}（{number}）",
        number=f"演示〔{2015 + number % 12}〕{number}号",
        issuer="演示机关",
        region_path=chance.choice(_PLACES),
        issued_on=date(2015 + number % 12, 1 + number % 12, 1 + number % 28),
        status="in_force",
        text="\n".join(lines),
        is_public=True,
        demonstration=True,
        created_at=now,
        created_by_name="bench",
        changed_at=now,
        changed_by_name="bench",
    )
