"""Situations of the answer library: a sent reply, and an answer in each state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.areas.appeals.factories import Said, answered_appeal, reply_of
from tests.kept import kept
from tests.kernel.access.factories import DAOLI, NOW, Person, official, region
from yingshang.areas.appeals import api
from yingshang.areas.appeals.models import LibraryAnswer

LATER = NOW + timedelta(hours=2)
WORDS: Mapping[str, Any] = {
    "question": "营业执照变更后，许可证多久能变更完？",
    "text": "材料齐全的，自受理之日起五个工作日内办结。可以在网上提交，不用到窗口。",
    "law": "《中华人民共和国行政许可法》第四十九条",
    "contact": "0451-84600000、12345",
    "topic": "registration",
}


@dataclass(frozen=True)
class Kept:
    """An answer, the appeal it came from, who keeps it and who else does."""

    id: int
    said: Said
    keeper: Person
    other: Person

    @property
    def row(self) -> LibraryAnswer:
        return LibraryAnswer.objects.get(pk=self.id)

    def write(self, now: datetime = LATER, **more: Any) -> int:
        """A next version, by who keeps it."""
        return api.write_answer(
            actor=self.keeper.actor(now),
            answer_id=self.id,
            **{**WORDS, "region_path": region(DAOLI).path, **more},
            now=now,
        )

    def publish(self, now: datetime = LATER) -> int:
        """By the other one."""
        return api.publish_answer(actor=self.other.actor(now), answer_id=self.id, now=now)


@kept
def proposed_answer(**more: Any) -> Kept:
    """One that waits for another official to publish it."""
    said = answered_appeal()
    number = api.propose_answer(
        actor=said.people.handler.actor(LATER),
        reply_id=reply_of(said).pk,
        **{**WORDS, "region_path": region(DAOLI).path, **more},
        now=LATER,
    )
    return Kept(number, said, said.people.handler, official("department_official", DAOLI, "commerce"))


@kept
def returned_answer() -> Kept:
    """One that has to be put into other words."""
    found = proposed_answer()
    api.return_answer(
        actor=found.other.actor(LATER), answer_id=found.id, remark="请写明从哪一天起算", now=LATER
    )
    return found


@kept
def published_answer(**more: Any) -> Kept:
    """One that everybody reads."""
    found = proposed_answer(**more)
    found.publish()
    return found


@kept
def rewritten_answer() -> Kept:
    """One that everybody reads, and of which a next version waits."""
    found = published_answer()
    found.write(text="材料齐全的，自受理之日起三个工作日内办结，可以在网上提交。")
    return found


@kept
def retired_answer() -> Kept:
    """One that holds no longer."""
    found = published_answer()
    api.retire_answer(actor=found.keeper.actor(LATER), answer_id=found.id, reason="规定已经修改", now=LATER)
    return found


@kept
def dropped_answer() -> Kept:
    """One that nobody wanted."""
    found = proposed_answer()
    api.drop_answer(actor=found.keeper.actor(LATER), answer_id=found.id, reason="只适用于这一家", now=LATER)
    return found
