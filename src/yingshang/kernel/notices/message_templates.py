"""What messages say: data files with Chinese and English, each room its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

import yaml
from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import Node

from .errors import InvalidTemplate, MissingContext, UnknownTemplate

LANGUAGES = ("zh-hans", "en")
HIDDEN = "******"

_engine = Engine(autoescape=False)


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One template. `fields` are what it needs to be told, `secret` those of them that are kept until delivery only."""

    code: str
    name: str
    name_en: str
    fields: tuple[str, ...]
    secret: tuple[str, ...]
    texts: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words. `hidden` is the body without what is secret in it."""

    subject: str
    body: str
    hidden: str


_declared: dict[str, MessageTemplate] = {}


def declare_templates(path: Traversable) -> None:
    """Make the templates of a data file known; called when Django starts. Raises InvalidTemplate."""
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["templates"]
    for row in rows:
        template = _read(row, path.name)
        _declared[template.code] = template


def message_templates() -> tuple[MessageTemplate, ...]:
    """All templates, by code."""
    return tuple(_declared[code] for code in sorted(_declared))


def get_template(code: str) -> MessageTemplate:
    """The template with this code. Raises UnknownTemplate."""
    if code not in _declared:
        raise UnknownTemplate(f"no message template {code!r}", message_zh=f"没有消息模板“{code}”", value=code)
    return _declared[code]


def render(template: MessageTemplate, language: str, context: Mapping[str, Any]) -> Rendered:
    """The template in one language. Raises MissingContext when something it tells of was not given."""
    missing = [name for name in template.fields if name not in context]
    if missing:
        raise MissingContext(
            f"the template {template.code} needs {', '.join(missing)}",
            message_zh=f"消息模板“{template.name}”缺少：{'、'.join(missing)}",
            missing=missing,
        )
    subject, body = template.texts[language if language in template.texts else LANGUAGES[0]]
    values = {name: context[name] for name in template.fields}
    hidden = {**values, **dict.fromkeys(template.secret, HIDDEN)}
    return Rendered(
        # A line break in a subject would begin another header.
        " ".join(_fill(subject, hidden).split()),
        _fill(body, values).strip(),
        _fill(body, hidden).strip(),
    )


def _fill(text: str, values: Mapping[str, Any]) -> str:
    return str(Template(text, engine=_engine).render(Context(dict(values), autoescape=False)))


def _read(row: Mapping[str, Any], file: str) -> MessageTemplate:
    code = str(row.get("code", ""))
    try:
        template = MessageTemplate(
            code=code,
            name=row["name"],
            name_en=row["name_en"],
            fields=tuple(row.get("fields", ())),
            secret=tuple(row.get("secret", ())),
            texts={language: (row[language]["subject"], row[language]["body"]) for language in LANGUAGES},
        )
    except (KeyError, TypeError) as error:
        raise InvalidTemplate(f"{file}: {code or row}: {error} is missing") from None
    if not set(template.secret) <= set(template.fields):
        raise InvalidTemplate(f"{file}: {code}: what is secret must be among the fields")
    for language, texts in template.texts.items():
        for text in texts:
            _check(text, template, f"{file}: {code}: {language}")
    return template


def _check(text: str, template: MessageTemplate, where: str) -> None:
    """A name that nobody fills in would be an empty place in the message."""
    try:
        nodes = Template(text, engine=_engine).nodelist
    except TemplateSyntaxError as error:
        raise InvalidTemplate(f"{where}: {error}") from None
    for node in nodes.get_nodes_by_type(Node):
        expression = getattr(node, "filter_expression", None)
        name = str(getattr(getattr(expression, "var", None), "var", "")).split(".")[0]
        if name and name not in template.fields:
            raise InvalidTemplate(f"{where}: {name!r} is not among the fields")
