"""What a web process keeps in memory: populations, sessions over them, and what is being computed. Bounded.

Nothing here is truth: it comes from the snapshot, and what is dropped is read again. Work is done by a few threads of
the process, which touch files and memory only, never the database; a request waits for it a moment, and then says how
far it is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

from yingshang.kernel.reference.api import policy_catalogue
from yingshang.rules.policy.compile import Program

from .engine import Asked, SandboxSession, columns_for
from .population import Place, Population, SnapshotGone
from .values import Outcome

PINNED_SECONDS: Final = 30 * 60
"""How long a population is asked although a newer snapshot exists, so that figures move because of parameters only."""

_WORKERS: Final = 2

SessionKey = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a session is about: a version of an item and the one it is held against, over a place, on a day."""

    place: Place
    source: str
    base: Program | None
    base_number: int | None
    base_digest: str
    day: date
    region_digits: int


@dataclass
class Run:
    """A question under way: who asks it, of which session."""

    asker: str
    key: SessionKey
    future: Future[Outcome] = field(default_factory=Future)
    stage: str = "waiting"
    done: int = 0
    total: int = 0


@dataclass
class _Held:
    """A population and the sessions over it, the least recently asked first."""

    population: Population
    facts_at: datetime
    since: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    sessions: dict[SessionKey, SandboxSession] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        return self.population.nbytes + sum(each.nbytes for each in list(self.sessions.values()))


@dataclass(frozen=True, slots=True)
class Told:
    """What memory says to a question: the outcome, or how far it is."""

    outcome: Outcome | None
    facts_at: datetime
    newer: bool
    stage: str = ""
    done: int = 0
    total: int = 0


class Memory:
    """The sandbox of one process. `most_bytes` bounds what it keeps between questions."""

    def __init__(self, most_bytes: int, *, threads: int = 2) -> None:
        self.most_bytes = most_bytes
        self.threads = threads
        self._held: dict[Place, _Held] = {}
        self._runs: dict[tuple[Any, ...], Run] = {}
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

    def ask(
        self,
        subject: Subject,
        asked: Asked,
        *,
        files: tuple[Path, ...],
        asker: str,
        fresh: bool = False,
        wait: float,
    ) -> Told:
        """The outcome if it is there within `wait` seconds. Raises SnapshotGone: ask again, with the newer files."""
        held = self._population(subject.place, files, fresh)
        newer = held.population.files != files
        key = (subject.source, subject.base_digest, subject.day)
        question = (id(held), key, asked.figures, asked.budget)
        with self._lock:
            session = held.sessions.get(key)
            known = session.known(asked) if session is not None else None
            if known is not None and session is not None:
                held.sessions[key] = held.sessions.pop(key)
                return Told(known, held.facts_at, newer)
            run = self._runs.get(question)
            if run is None:
                self._give_up(asker, key)
                run = self._begin(question, asker, lambda run: self._work(run, held, key, subject, asked))
        try:
            outcome = run.future.result(timeout=wait)
        except NotYet:
            if not run.future.done():
                return Told(None, held.facts_at, newer, run.stage, run.done, run.total)
            outcome = run.future.result()
        except CancelledError:
            return Told(None, held.facts_at, newer, run.stage, run.done, run.total)
        except SnapshotGone:
            with self._lock:
                if self._held.get(subject.place) is held:
                    del self._held[subject.place]
            raise
        finally:
            if run.future.done():
                with self._lock:
                    self._runs.pop(question, None)
        return Told(outcome, held.facts_at, newer)

    @property
    def nbytes(self) -> int:
        """What is kept."""
        return sum(each.nbytes for each in list(self._held.values()))

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._held.clear()

    # --- what is under way ----------------------------------------------------------------------------------------

    def _begin(self, question: tuple[Any, ...], asker: str, work: Callable[[Run], Outcome]) -> Run:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="sandbox")
        run = Run(asker, question[1])
        run.future = self._pool.submit(work, run)
        self._runs[question] = run
        return run

    def _give_up(self, asker: str, key: SessionKey) -> None:
        """What the same person asked before and nobody has begun with is not wanted any more."""
        for question, run in list(self._runs.items()):
            if (run.asker, run.key) == (asker, key) and run.future.cancel():
                del self._runs[question]

    def _work(self, run: Run, held: _Held, key: SessionKey, subject: Subject, asked: Asked) -> Outcome:
        def tell(stage: str) -> Callable[[int, int], None]:
            def told(done: int, total: int) -> None:
                run.stage, run.done, run.total = stage, done, total

            return told

        # One at a time over a population: its columns and what is remembered of them are shared.
        with held.lock:
            session = held.sessions.get(key)
            if session is None:
                programs: Sequence[Program] = [asked.program, *([subject.base] if subject.base else [])]
                batch = held.population.batch(columns_for(programs), tell("reading"))
                session = SandboxSession(
                    batch,
                    policy_catalogue(),
                    subject.day,
                    subject.base,
                    subject.base_number,
                    subject.region_digits,
                    self.threads,
                )
            outcome = session.ask(asked, tell("computing"))
            with self._lock:
                held.sessions.pop(key, None)
                held.sessions[key] = session
                self._bound(held)
        return outcome

    # --- what is kept ---------------------------------------------------------------------------------------------

    def _population(self, place: Place, files: tuple[Path, ...], fresh: bool) -> _Held:
        with self._lock:
            held = self._held.pop(place, None)
            if held is not None and held.population.files != files:
                pinned = not fresh and monotonic() - held.since <= PINNED_SECONDS
                held = held if pinned else None
            if held is None:
                written = max((file.stat().st_mtime for file in files if file.exists()), default=0.0)
                held = _Held(Population(files, place), datetime.fromtimestamp(written, UTC), monotonic())
            self._held[place] = held
            return held

    def _bound(self, using: _Held) -> None:
        """Sessions not asked for longest go first, then whole populations; what has just been asked stays."""
        for place, held in list(self._held.items()):
            if self.nbytes <= self.most_bytes:
                return
            if held is not using:
                del self._held[place]
        while self.nbytes > self.most_bytes and len(using.sessions) > 1:
            using.sessions.pop(next(iter(using.sessions)))
            wanted = {name for session in using.sessions.values() for name in session.batch.schema.names}
            using.population.keep(wanted)
