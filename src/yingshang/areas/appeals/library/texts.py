"""What an answer says: tidied, held to its limits, masked; and templates with their placeholders filled in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import InvalidStep
from ..text.cleaning import clean
from ..text.masking import STAR, mask
from .rules import library_rules

_BRACES = re.compile(r"\{([^{}\n]{1,20})\}")
_BETWEEN = re.compile(r"[、,，;；/]")


@dataclass(frozen=True, slots=True)
class AnswerText:
    """An answer as it may be kept. `masked`: so many places of what was given were hidden."""

    question: str
    text: str
    law: str
    contact: str
    masked: int

    @property
    def publishable(self) -> bool:
        """Whether nothing in it is hidden: what is has to be put into other words before everybody reads it."""
        return STAR not in f"{self.question}{self.text}{self.law}"


def checked_answer(
    *, question: str, text: str, law: str = "", contact: str = "", known: Sequence[str] = ()
) -> AnswerText:
    """An answer without personal data, insults and the names in `known`. Raises InvalidStep."""
    limits = library_rules().limits
    question, law, contact = (" ".join(clean(each).split()) for each in (question, law, contact))
    text = clean(text)
    for field, name, value, shortest, longest in (
        ("question", "问题", question, limits.question_shortest, limits.question_longest),
        ("text", "答复", text, limits.text_shortest, limits.text_longest),
        ("law", "依据", law, 0, limits.law_longest),
    ):
        if not shortest <= len(value) <= longest:
            raise InvalidStep(
                f"the {field} has {len(value)} characters; write {shortest} to {longest}",
                message_zh=f"{name}有 {len(value)} 字，请写 {shortest} 至 {longest} 字",
                field=field,
            )
    for each in _BETWEEN.split(contact) if contact else ():
        if not library_rules().contact.fullmatch(each.strip()):
            raise InvalidStep(
                f"{each.strip()!r} is no number of an office; write one like 0451-84600000 or 12345, no mobile number",
                message_zh=f"“{each.strip()}”不是单位的公开电话，请写 0451-84600000 或 12345 这样的号码，不写手机号",
                field="contact",
            )
    said = [mask(each, known=known) for each in (question, text, law)]
    return AnswerText(
        said[0].text, said[1].text, said[2].text, contact, sum(len(each.findings) for each in said)
    )


def checked_template(text: str) -> str:
    """The text of a template: every placeholder in it is one there is. Raises InvalidStep."""
    limits = library_rules().limits
    text = clean(text)
    if not limits.text_shortest <= len(text) <= limits.text_longest:
        raise InvalidStep(
            f"{len(text)} characters; write {limits.text_shortest} to {limits.text_longest}",
            message_zh=f"共 {len(text)} 字，请写 {limits.text_shortest} 至 {limits.text_longest} 字",
            field="text",
        )
    names = [each.name for each in library_rules().placeholders.values()]
    unknown = [each for each in dict.fromkeys(_BRACES.findall(text)) if each not in names]
    if unknown:
        raise InvalidStep(
            f"{', '.join(unknown)} is no placeholder; write one of {', '.join(names)}",
            message_zh=f"“{'、'.join(unknown)}”不是可以自动填写的内容，可以用：{'、'.join(names)}",
            field="text",
        )
    return text


def filled(text: str, values: Mapping[str, str]) -> str:
    """A template with what is known of the appeal: `{诉求编号}` becomes the number. What is not known stays in braces.

    What is put in is not read again: a title with braces in it stays as it is.
    """
    by_name = {each.name: values.get(code, "") for code, each in library_rules().placeholders.items()}
    return _BRACES.sub(lambda found: by_name.get(found[1]) or found[0], text)
