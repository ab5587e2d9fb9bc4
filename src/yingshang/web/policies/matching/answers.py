"""The answers given to the calculator so far, carried in the address: signed, and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core import signing

_SALT = "yingshang.policies.calculator"
_LONGEST = 6_000
_MOST = 80


@dataclass(frozen=True, slots=True)
class Answers:
    """A region, and column → answer in the order they were given; None is a fact that was skipped (不知道)."""

    region: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> dict[str, Any]:
        return {column: value for column, value in self.given.items() if value is not None}

    @property
    def skipped(self) -> list[str]:
        return [column for column, value in self.given.items() if value is None]

    def with_answer(self, column: str, value: Any) -> Answers:
        """The same with one more; a later answer on the same fact takes the place of the earlier."""
        given = {name: each for name, each in self.given.items() if name != column}
        return Answers(self.region, {**given, column: value} if len(given) < _MOST else given)

    def one_back(self) -> Answers:
        """Without the last answer; before the first one, without the region."""
        if not self.given:
            return Answers()
        return Answers(self.region, dict(list(self.given.items())[:-1]))

    def without(self, column: str) -> Answers:
        """Without one answer, to be asked again."""
        return Answers(self.region, {name: each for name, each in self.given.items() if name != column})

    def written(self) -> str:
        """As it stands in the address."""
        return signing.dumps([self.region, list(self.given.items())], salt=_SALT, compress=True)


def read_answers(text: str) -> Answers:
    """What an address carries; nothing, when it was changed or cut off on the way."""
    if not text or len(text) > _LONGEST:
        return Answers()
    try:
        region, given = signing.loads(text, salt=_SALT)
        return Answers(str(region), {str(column): value for column, value in given})
    except (signing.BadSignature, ValueError, TypeError):
        return Answers()
