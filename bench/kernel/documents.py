"""Documents: how quickly PDFs are made, files are taken in and handed over, and what a page costs in memory."""

from __future__ import annotations

import io
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from bench.kernel import Figure

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def measure(quick: bool) -> Iterator[Figure]:
    """Replies generated, uploads checked and stored, text read, ranges handed over, unused files swept."""
    from yingshang.kernel.access.api import system_actor
    from yingshang.kernel.documents.api import (
        Owner,
        extract_text,
        generate,
        load_defaults,
        open_document,
        register_owner,
        store,
        sweep_files,
    )
    from yingshang.kernel.documents.composing import compose, pdf

    actor = system_actor("bench")
    register_owner("bench", may_read=lambda *_: True)
    load_defaults(actor=actor, region_path="", now=NOW)
    owner = Owner("bench", "1")
    times = 5 if quick else 30

    values = dict.fromkeys(
        ("enterprise", "credit_code", "fact", "held_value", "source", "outcome", "corrected_value", "agency"),
        "参保人数",
    )
    numbers = iter(range(1_000_000))

    def reply() -> None:
        context = {
            **values,
            "number": f"〔2026〕{next(numbers)}号",
            "reason": "经核查属实。" * 30,
            "date": NOW,
        }
        generate(
            actor=actor,
            template="objection_reply",
            context=context,
            owner=owner,
            receipt_code="ABCD",
            now=NOW,
        )

    yield Figure("a reply of two pages made and kept", _middle(reply, times) * 1000, "ms")

    long = {each: {"title": "标题", "body": "{{ x }}"} for each in ("zh-hans", "en")}
    composed = compose(long, {"x": "正文十个字的一句话。" * 1000}, language="zh-hans", day=date(2026, 11, 23))
    yield Figure(
        "a text of 10,000 characters set", _middle(lambda: pdf(composed), times) * 1000, "ms", "under 20 s"
    )
    hostile = compose(long, {"x": "(" * 90_000}, language="zh-hans", day=date(2026, 11, 23))
    yield Figure(
        "the longest text allowed, without a place to break",
        _middle(lambda: pdf(hostile), 1) * 1000,
        "ms",
        "under 20 s",
    )
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    yield Figure("most memory of a process that sets a document", memory, "MB", "2,048 MB")

    made = pdf(composed)
    yield Figure(
        "text read from a PDF of 16 pages",
        _middle(lambda: extract_text(made, "application/pdf"), times) * 1000,
        "ms",
    )

    size = 1 if quick else 8
    contents = iter([os.urandom(size << 19).hex().encode() for _ in range(times)])
    upload = _middle(
        lambda: store(actor=actor, content=io.BytesIO(next(contents)), name="a.txt", owner=owner, now=NOW),
        times,
    )
    yield Figure(
        "a text file taken in, checked and flushed to the disk", size / upload, "MB/s", note=f"{size} MB each"
    )
    yield Figure(
        "a PDF taken in: searched for what runs, opened in a process of its own",
        _middle(lambda: store(actor=actor, content=made, name="a.pdf", owner=owner, now=NOW), times) * 1000,
        "ms",
    )

    large = store(
        actor=actor, content=os.urandom(size << 19).hex().encode(), name="b.txt", owner=owner, now=NOW
    )

    def part() -> None:
        opened = open_document(actor=actor, document_id=large.id, now=NOW)
        with opened.file:
            assert sum(len(each) for each in opened.chunks(large.size // 2, 65_536)) == 65_536

    yield Figure("64 KB out of the middle of a file, access checked", _middle(part, 10 * times) * 1000, "ms")

    begun = time.perf_counter()
    sweep_files(actor=actor, now=NOW)
    yield Figure("a sweep that finds nothing to do", (time.perf_counter() - begun) * 1000, "ms")


def _middle(work: Callable[[], object], times: int) -> float:
    """The median of several runs, in seconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
