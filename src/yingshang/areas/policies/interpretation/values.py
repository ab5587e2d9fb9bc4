"""What an interpretation says and how it is given away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

SECTIONS = ("who", "amount", "when", "how", "bring")
"""The parts of an interpretation, in the order they are read: for whom, how much, when, how, what to bring."""
USES = ("beside", "instead")
"""How an uploaded picture stands to the one drawn from the item."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its answer. `points` are ids of conditions (or `benefit`) of the item, or numbers of sentences."""

    question: str
    answer: str
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InterpretationContent:
    """The words: one sentence, sections by their codes, questions."""

    plain: str = ""
    sections: Mapping[str, str] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()

    @property
    def words(self) -> str:
        """All of them, to be searched."""
        told = [self.plain, *(self.sections.get(code, "") for code in SECTIONS)]
        told += [f"{each.question}\n{each.answer}" for each in self.questions]
        return "\n".join(each for each in told if each)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an interpretation is about: an item by its code, or a document by its number."""

    code: str = ""
    document_id: int | None = None


@dataclass(frozen=True, slots=True)
class InterpretationView:
    """One interpretation with all it says. `generated`: its words are as they were made from the subject."""

    id: int
    number: int
    state: str
    content: InterpretationContent
    generated: bool
    first_version: int | None
    last_version: int | None
    picture_id: int | None
    picture_alt: str
    picture_use: str
    revision: int
    changed_at: datetime
    changed_by_name: str
    published_at: datetime | None
    published_by_name: str
    published_event: int | None
    ended_at: datetime | None
    end_reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a question may point at: a condition or a sentence, with its words."""

    id: str
    text: str
    clause: str = ""


@dataclass(frozen=True, slots=True)
class InterpretationDesk:
    """An interpretation as its author sees it.

    `version` is the version a new one would be written for (none for a document). `unfounded` are figures of the draft
    that the subject does not hold; `outdated` those of the published one that it held and holds no more; `behind`:
    the published one was not affirmed for the version in force. `past` were taken down, newest first.
    """

    subject: Subject
    name: str
    version: int | None
    public: bool
    draft: InterpretationView | None
    published: InterpretationView | None
    past: tuple[InterpretationView, ...]
    unfounded: tuple[str, ...]
    outdated: tuple[str, ...]
    behind: bool
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class PublicQuestion:
    """A question, its answer, and the conditions or sentences it is founded on."""

    question: str
    answer: str
    points: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class PublicInterpretation:
    """A published interpretation. `covers`: it was written or affirmed for the version that is shown.

    `outdated` are figures it speaks of that the shown version no longer holds. `receipt` is the code of the receipt of
    its publication.
    """

    id: int
    number: int
    plain: str
    sections: tuple[tuple[str, str], ...]
    questions: tuple[PublicQuestion, ...]
    generated: bool
    first_version: int | None
    last_version: int | None
    covers: bool
    outdated: tuple[str, ...]
    picture: bool
    picture_alt: str
    picture_use: str
    published_at: datetime
    published_by_name: str
    receipt: str
