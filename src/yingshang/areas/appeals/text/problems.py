"""How much an appeal may say, and what to do when it says more. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass

from yingshang.rules.errors import DomainError

from .cleaning import clean
from .rules import Limits, text_rules

_LINE = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the title or the body, and what to write instead."""

    field: str
    code: str
    message: str
    message_zh: str


class InvalidText(DomainError):
    """A title or body that cannot be taken. `problems` names every one, `field` the first's."""

    code = "appeals.invalid_text"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(
            "; ".join(each.message for each in problems),
            message_zh="；".join(each.message_zh for each in problems),
            field=problems[0].field,
            problems=[asdict(each) for each in problems],
        )
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Checked:
    """A title and a body that may be kept."""

    title: str
    body: str


def checked(title: str, body: str, *, title_needed: bool = True) -> Checked:
    """Title and body, tidied. An empty title becomes the first words of the body, where one is needed.

    Raises InvalidText.
    """
    limits = text_rules().limits
    too_much = tuple(
        _too_long(field, len(text), longest)
        for field, text, longest in (
            ("title", title, limits.title_longest),
            ("body", body, limits.body_longest),
        )
        if len(text) > limits.raw_longest
    )
    if too_much:
        raise InvalidText(too_much)
    title, body = " ".join(clean(title).split()), clean(body)
    problems: list[Problem] = []
    if len(title) > limits.title_longest:
        problems.append(_too_long("title", len(title), limits.title_longest))
    if len(body) > limits.body_longest:
        problems.append(_too_long("body", len(body), limits.body_longest))
    elif (told := _says_nothing(body, limits)) is not None:
        problems.append(told)
    if problems:
        raise InvalidText(tuple(problems))
    if title_needed and not title:
        title = _first_words(body, limits.title_longest)
    return Checked(title, body)


def _too_long(field: str, length: int, longest: int) -> Problem:
    over = length - longest
    if field == "title":
        return Problem(
            field,
            "too_long",
            f"the title has {length:,} characters; take out {over:,}, {longest} are allowed",
            f"标题有 {length:,} 字，最多 {longest} 字，请删去 {over:,} 字，详细情况写在正文里",
        )
    return Problem(
        field,
        "too_long",
        f"the text has {length:,} characters; take out {over:,}, {longest:,} are allowed: write down the main points "
        "and attach the rest as a file",
        f"正文有 {length:,} 字，最多 {longest:,} 字，请删去 {over:,} 字：写明要点，其余内容可作为附件上传",
    )


def first_sentence(text: str) -> str:
    """What a text without a title is called: its first sentence, or the beginning of it.

    Taken of a masked text, so that nothing is cut in two before it is masked.
    """
    return _first_words(re.split(r"[。！？!?；;]", text.strip(), maxsplit=1)[0], _LINE)


def _says_nothing(body: str, limits: Limits) -> Problem | None:
    words = [sign for sign in body if unicodedata.category(sign)[0] in "LN"]
    if len(words) >= limits.body_shortest and len(set(words)) >= limits.fewest_different:
        return None
    if not body:
        return Problem(
            "body",
            "empty",
            "the text is empty; write what happened, where and since when",
            "正文不能为空，请写明发生了什么事、在哪里、从什么时候开始",
        )
    return Problem(
        "body",
        "says_nothing",
        f"{len(body)} signs do not say what happened; write in words what happened, where and since when",
        f"只有 {len(body)} 个符号，看不出是什么事。请用文字写明发生了什么事、在哪里、从什么时候开始",
    )


def _first_words(body: str, longest: int) -> str:
    line = " ".join(body.split("\n", 1)[0].split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
