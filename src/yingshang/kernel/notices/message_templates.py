"""What messages say: data files with Chinese and English, each room its own, and what people have made of them since.

A room's file declares a template: its code, what it is told (`fields`), which of that is secret, and a first wording.
People change the wording only, in versions (`text_versions`), and a wording is checked when it is saved.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources.abc import Traversable
from typing import Any, cast

from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import FilterExpression, Node
from django.template.defaulttags import TemplateLiteral

from yingshang.kernel.reference.api import parse_yaml

from . import kinds
from .errors import InvalidTemplate, MissingContext, UnknownKind, UnknownTemplate

LANGUAGES = ("zh-hans", "en")
HIDDEN = "******"
LONGEST_SUBJECT, LONGEST_BODY = 200, 4_000
LANGUAGE_NAMES = {"zh-hans": ("中文", "Chinese"), "en": ("英文", "English")}
PART_NAMES = {"subject": ("标题", "subject"), "body": ("正文", "body")}

Texts = Mapping[str, tuple[str, str]]
"""Language → subject and body."""

_TAGS = frozenset({"if", "elif", "else", "endif"})
_FILTERS = frozenset({"date", "default", "truncatechars"})
_engine = Engine(autoescape=False)


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One template. `fields` are what it needs to be told, `secret` those of them that are kept until delivery only."""

    code: str
    name: str
    name_en: str
    fields: tuple[str, ...]
    secret: tuple[str, ...]
    texts: Texts
    kind: str = kinds.DEFAULT
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class TextProblem:
    """What is wrong with a wording, and where: the language, "subject" or "body", and the line."""

    language: str
    part: str
    line: int
    message: str
    message_zh: str

    @property
    def where(self) -> str:
        return f"{LANGUAGE_NAMES[self.language][1]} {PART_NAMES[self.part][1]}, line {self.line}"

    @property
    def where_zh(self) -> str:
        return f"{LANGUAGE_NAMES[self.language][0]}{PART_NAMES[self.part][0]}第{self.line}行"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words. `hidden` is the body without what is secret in it."""

    subject: str
    body: str
    hidden: str


_declared: dict[str, MessageTemplate] = {}


def declare_templates(path: Traversable) -> None:
    """Make the templates of a data file known; called when Django starts. Raises InvalidTemplate."""
    rows = parse_yaml(path.read_text(encoding="utf-8"))["templates"]
    for row in rows:
        template = _read(row, path.name)
        _declared[template.code] = template


def message_templates() -> tuple[MessageTemplate, ...]:
    """All templates as their rooms' files have them, by code."""
    return tuple(_declared[code] for code in sorted(_declared))


def get_template(code: str) -> MessageTemplate:
    """The template with this code, as its room's file has it. Raises UnknownTemplate."""
    if code not in _declared:
        near = difflib.get_close_matches(code, _declared, n=1)
        hint, hint_zh = (f"; did you mean {near[0]}?", f"；是否指“{near[0]}”？") if near else ("", "")
        raise UnknownTemplate(
            f"no message template {code!r}{hint}", message_zh=f"没有消息模板“{code}”{hint_zh}", value=code
        )
    return _declared[code]


def render(
    template: MessageTemplate, language: str, context: Mapping[str, Any], texts: Texts | None = None
) -> Rendered:
    """The template in one language, in the words of its file or in `texts`.

    Raises MissingContext when something it tells of was not given.
    """
    missing = [name for name in template.fields if name not in context]
    if missing:
        raise MissingContext(
            f"the template {template.code} needs {', '.join(missing)}",
            message_zh=f"消息模板“{template.name}”缺少：{'、'.join(missing)}",
            missing=missing,
        )
    values = {name: context[name] for name in template.fields}
    return fill(template.texts if texts is None else texts, language, values, template.secret)


def fill(texts: Texts, language: str, values: Mapping[str, Any], secret: Collection[str] = ()) -> Rendered:
    """A wording with these values; in a language it does not have, in the first one."""
    subject, body = texts[language if language in texts else LANGUAGES[0]]
    hidden = {**values, **dict.fromkeys(secret, HIDDEN)} if secret else values
    whole = _filled(body, values).strip()
    return Rendered(
        # A line break in a subject would begin another header.
        " ".join(_filled(subject, hidden).split()),
        whole,
        _filled(body, hidden).strip() if secret else whole,
    )


def check_texts(
    texts: Texts, *, fields: Collection[str], secret: Collection[str] = (), strict: bool = True
) -> tuple[TextProblem, ...]:
    """Everything that is wrong with a wording. `strict` is for what people type: variables and conditions, no more."""
    return tuple(
        problem
        for language, (subject, body) in texts.items()
        for part, text, longest in (("subject", subject, LONGEST_SUBJECT), ("body", body, LONGEST_BODY))
        for problem in _problems(language, part, text, longest, fields, secret, strict)
    )


def as_texts(data: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[str, str]]:
    """A wording as the database keeps it: {"zh-hans": {"subject", "body"}, …}."""
    return {
        language: (data[language]["subject"], data[language]["body"])
        for language in LANGUAGES
        if language in data
    }


def as_data(texts: Texts) -> dict[str, dict[str, str]]:
    """A wording for the database."""
    return {language: {"subject": subject, "body": body} for language, (subject, body) in texts.items()}


def _filled(text: str, values: Mapping[str, Any]) -> str:
    return str(_compiled(text).render(Context(dict(values), autoescape=False)))


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Template:
    """A wording is used for thousands of messages, and reading it takes longer than filling it in."""
    return Template(text, engine=_engine)


def _read(row: Mapping[str, Any], file: str) -> MessageTemplate:
    code = str(row.get("code", ""))
    try:
        kind = kinds.get_kind(row.get("kind", kinds.DEFAULT))
        template = MessageTemplate(
            code=code,
            name=row["name"],
            name_en=row["name_en"],
            fields=tuple(row.get("fields", ())),
            secret=tuple(row.get("secret", ())),
            texts={language: (row[language]["subject"], row[language]["body"]) for language in LANGUAGES},
            kind=kind.code,
            urgent=bool(row.get("urgent", kind.urgent)),
        )
    except (KeyError, TypeError) as error:
        raise InvalidTemplate(f"{file}: {code or row}: {error} is missing") from None
    except UnknownKind as error:
        raise InvalidTemplate(f"{file}: {code}: {error.message}") from None
    if not set(template.secret) <= set(template.fields):
        raise InvalidTemplate(f"{file}: {code}: what is secret must be among the fields")
    problems = check_texts(template.texts, fields=template.fields, strict=False)
    if problems:
        raise InvalidTemplate(
            f"{file}: {code}: {problems[0].language}: {problems[0].where}: {problems[0].message}"
        )
    return template


def _problems(
    language: str,
    part: str,
    text: str,
    longest: int,
    fields: Collection[str],
    secret: Collection[str],
    strict: bool,
) -> Iterator[TextProblem]:
    def problem(line: int, message: str, message_zh: str) -> TextProblem:
        return TextProblem(language, part, line, message, message_zh)

    if strict and not text.strip():
        yield problem(1, "write something", "不能为空")
        return
    if strict and len(text) > longest:
        yield problem(
            1, f"has {len(text)} characters; at most {longest}", f"有{len(text)}字，最多{longest}字"
        )
    if strict and (wrong := _forbidden(text)):
        yield problem(*wrong)
        return
    try:
        nodes = Template(text, engine=_engine).nodelist
    except TemplateSyntaxError as error:
        yield problem(_line_of(error, text), str(error), f"写法有误：{error}")
        return
    used = set()
    for node in nodes.get_nodes_by_type(Node):
        line = getattr(getattr(node, "token", None), "lineno", 1)
        for expression in _expressions(node):
            name, *attributes = str(getattr(expression.var, "var", "")).split(".")
            if not name or _is_literal(expression):
                continue
            used.add(name)
            if name not in fields:
                yield problem(line, *_unknown(name, fields))
            elif strict and attributes:
                yield problem(
                    line,
                    f"write {{{{ {name} }}}} without .{attributes[0]}",
                    f"请写 {{{{ {name} }}}}，不要加 .{attributes[0]}",
                )
            for filter_name in _filters(expression) if strict else ():
                if filter_name not in _FILTERS:
                    known = ", ".join(sorted(_FILTERS))
                    yield problem(
                        line,
                        f"the filter {filter_name} cannot be used here; there are {known}",
                        f"不能使用过滤器 {filter_name}；可用：{known}",
                    )
    if strict and part == "body":
        for name in secret:
            if name not in used:
                yield problem(
                    1,
                    f"{{{{ {name} }}}} is missing: without it the message is of no use",
                    f"缺少 {{{{ {name} }}}}：没有它，这条消息没有用处",
                )


def _unknown(name: str, fields: Collection[str]) -> tuple[str, str]:
    near = difflib.get_close_matches(name, fields, n=1, cutoff=0.5)
    hint, hint_zh = (
        (f" Did you mean {{{{ {near[0]} }}}}?", f"是否指 {{{{ {near[0]} }}}}？") if near else ("", "")
    )
    known = ", ".join(fields) or "none"
    known_zh = "、".join(fields) or "没有变量"
    return (
        f"{name!r} is not among the fields, which are: {known}.{hint}",
        f"没有变量“{name}”；可用：{known_zh}。{hint_zh}",
    )


def _expressions(node: Node) -> Iterator[FilterExpression]:
    """The expressions of a node itself; those inside it are nodes of their own."""
    direct = getattr(node, "filter_expression", None)
    if direct is not None:
        yield direct
    for condition, _ in getattr(node, "conditions_nodelists", ()):
        if condition is not None:
            yield from _operands(condition)


def _operands(condition: Any) -> Iterator[FilterExpression]:
    if isinstance(condition, TemplateLiteral):
        yield cast(FilterExpression, condition.value)
    for side in ("first", "second"):
        inner = getattr(condition, side, None)
        if inner is not None:
            yield from _operands(inner)


def _is_literal(expression: FilterExpression) -> bool:
    return getattr(expression.var, "lookups", ()) is None or not hasattr(expression.var, "lookups")


def _filters(expression: FilterExpression) -> list[str]:
    return re.findall(r"\|\s*(\w+)", re.sub(r"\"[^\"]*\"|'[^']*'", "", expression.token))


def _forbidden(text: str) -> tuple[int, str, str] | None:
    """The first thing people may not write: it is found before anything is made of the text."""
    for match in re.finditer(r"{%\s*(\S*)[^\n]*?%}|{#|{{[^\n]*?}}|{{|}}|{%|%}", text):
        line = text.count("\n", 0, match.start()) + 1
        piece, tag = match.group(), match.group(1)
        if tag is None and piece in ("{{", "}}", "{%", "%}"):
            return (
                line,
                f"{piece} stands alone; a variable is written {{{{ variable }}}}",
                f"{piece} 没有配对；变量的写法是 {{{{ 变量 }}}}",
            )
        if piece == "{#" or (tag is not None and tag not in _TAGS):
            what = piece if piece == "{#" else f"{{% {tag} %}}"
            return (
                line,
                f"{what} cannot be used here; write {{{{ variable }}}}, or {{% if variable %}}…{{% endif %}}",
                f"不能使用 {what}；请写 {{{{ 变量 }}}}，或者 {{% if 变量 %}}…{{% endif %}}",
            )
    return None


def _line_of(error: TemplateSyntaxError, text: str) -> int:
    token = getattr(error, "token", None)
    return int(getattr(token, "lineno", 1) or 1)
