"""Values as JSON, for `yingshang feel --jsonl` and everything else outside that asks for an expression's value.

{"type": "number", "value": "1.5"}      a decimal string: JSON's own numbers are binary to most readers
{"type": "list", "value": [{"type": …}, …]}
{"type": "unknown", "missing": ["revenue"]}
{"type": "error", "message": "…"}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, DecimalException
from typing import Any

from yingshang.rules.errors import DomainError
from yingshang.rules.feel.evaluate import Mode, evaluate
from yingshang.rules.feel.functions import Environment
from yingshang.rules.feel.functions.conversion import text_of
from yingshang.rules.feel.operators import kind_of
from yingshang.rules.feel.parser import parse_expression
from yingshang.rules.feel.temporal import DateTime
from yingshang.rules.feel.values import Failure, Unknown, number, plain

_MODES = {mode.value: mode for mode in Mode}


def to_json(value: Any) -> dict[str, Any]:
    """A FEEL value as a JSON-ready object that names its type."""
    kind = kind_of(value)
    if isinstance(value, Unknown):
        return {"type": kind, "missing": sorted(value.missing)}
    if isinstance(value, Failure):
        return {"type": kind, "message": value.message, "message_zh": value.message_zh}
    content: Any
    if isinstance(value, Decimal):
        content = plain(value)
    elif value is None or isinstance(value, str | bool):
        content = value
    elif isinstance(value, list):
        content = [to_json(each) for each in value]
    elif isinstance(value, dict):
        content = {key: to_json(each) for key, each in value.items()}
    else:
        content = text_of(value, top=True)
    return {"type": kind, "value": content}


def from_json(value: Any) -> Any:
    """Plain JSON, read with `read_json`, as FEEL values. Raises DecimalException for a number beyond decimal128."""
    if isinstance(value, dict):
        return {key: from_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [from_json(each) for each in value]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return number(Decimal(str(value)) if isinstance(value, float) else value)
    return value


def read_json(text: str) -> Any:
    """JSON whose numbers are exact. Raises ValueError for what is no JSON, NaN and Infinity among it."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def answer_line(line: str, now: DateTime | None = None) -> dict[str, Any]:
    """The answer to one line `{"expr": …, "context": {…}?, "mode": "feel"|"policy"?}`. Never raises: a bad line is an
    answer of type `error`, which says what is wrong with it. Other entries, such as a number of the line, are let be.
    """
    try:
        return _answer(read_json(line), now)
    except DomainError as error:
        return {"type": "error", **error.as_dict()}
    except RecursionError:
        return _error("this line is nested too deeply", "嵌套过深")
    except DecimalException:
        return _error("a number in the context is too large", "context 中的数字过大")
    except ValueError as error:
        return _error(f"this line is no JSON: {error}", f"不是有效的 JSON：{error}")


def _answer(request: Any, now: DateTime | None) -> dict[str, Any]:
    if not isinstance(request, dict):
        return _error('a line is an object {"expr": …}', '每行应为对象 {"expr": …}')
    expression, context, mode = request.get("expr"), request.get("context"), request.get("mode") or "feel"
    if not isinstance(expression, str):
        return _error("expr is missing, or no string", "缺少 expr，或不是文字")
    if context is not None and not isinstance(context, dict):
        return _error("context is an object of names and values", "context 应为对象")
    if not isinstance(mode, str) or mode not in _MODES:
        return _error('mode is "feel" or "policy"', 'mode 只能是 "feel" 或 "policy"')
    facts = from_json(context or {})
    tree = parse_expression(expression, frozenset(_names(facts)))
    return to_json(evaluate(tree, facts, _MODES[mode], environment=Environment(now)))


def _names(value: Any) -> Iterator[str]:
    """Every name in the context, nested ones included: names may hold spaces and signs."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key.strip():
                yield key
            yield from _names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)


def _error(message: str, message_zh: str) -> dict[str, Any]:
    return {"type": "error", "message": message, "message_zh": message_zh}


__all__ = ["answer_line", "from_json", "read_json", "to_json"]
