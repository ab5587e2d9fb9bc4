"""Context functions (DMN 1.5, 10.3.4.10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yingshang.rules.feel.functions.registry import builtin
from yingshang.rules.feel.values import Failure, OpenContext, Unknown


@builtin("get value(m: context, key: string)", sees_unknown=True)
def get_value(context: dict[str, Any], key: str) -> Any:
    if key in context:
        return context[key]
    return Unknown.fact(f"{context.path}.{key}") if isinstance(context, OpenContext) else None


def _with_entries(context: dict[str, Any], entries: Mapping[str, Any]) -> dict[str, Any]:
    """The context with other entries; what an open one does not have stays unknown."""
    if isinstance(context, OpenContext):
        return OpenContext({**context, **entries}, context.path, context.declared)
    return {**context, **entries}


@builtin("get value(m: context, keys: list)", sees_unknown=True)
def get_value_along(context: dict[str, Any], keys: list[Any]) -> Any:
    value: Any = context
    for key in keys:
        if value.__class__ in (Unknown, Failure) or key.__class__ in (Unknown, Failure):
            return Unknown.merge((value, key)) if Unknown in (value.__class__, key.__class__) else value
        if not isinstance(value, dict) or not isinstance(key, str):
            return None
        value = get_value(value, key)
    return value


@builtin("get entries(m: context)", sees_unknown=True)
def get_entries(context: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context(entries: list)", sees_unknown=True)
def context(entries: list[Any]) -> Any:
    result: dict[str, Any] = {}
    for entry in entries:
        if entry.__class__ is Unknown:
            return Unknown.merge((entry,))
        if not isinstance(entry, dict) or not (
            isinstance(entry, OpenContext) or {"key", "value"} <= entry.keys()
        ):
            return Failure("an entry has a key and a value", "每一项应有 key 和 value")
        key = get_value(entry, "key")
        if key.__class__ is Unknown:
            return Unknown.merge((key,))
        if not isinstance(key, str) or key in result:
            return Failure("keys are strings, each once", "键应为不重复的文字")
        result[key] = get_value(entry, "value")
    return result


@builtin("context put(context: context, key: string, value: any|null)", sees_unknown=True)
def context_put(context: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return _with_entries(context, {key: value})


@builtin("context put(context: context, keys: list, value: any|null)", sees_unknown=True)
def context_put_along(context: dict[str, Any], keys: list[Any], value: Any) -> Any:
    if not keys:
        return Failure("keys must not be empty", "键不能为空")
    key, *rest = keys
    if key.__class__ is Unknown:
        return Unknown.merge((key,))
    if not isinstance(key, str):
        return Failure("keys are strings", "键应为文字")
    if not rest:
        return _with_entries(context, {key: value})
    inner = get_value(context, key)
    if inner.__class__ is Unknown:
        return Unknown.merge((inner,))
    if inner is not None and not isinstance(inner, dict):
        return Failure(f"{key} is no context", f"“{key}”不是结构")
    changed = context_put_along({} if inner is None else inner, rest, value)
    return _with_entries(context, {key: changed}) if isinstance(changed, dict) else changed


@builtin("context merge(contexts: list)", sees_unknown=True)
def context_merge(contexts: list[Any]) -> Any:
    merged: dict[str, Any] = {}
    for each in contexts:
        if each.__class__ is Unknown:
            return Unknown.merge((each,))
        if not isinstance(each, dict):
            return Failure("only contexts can be merged", "只能合并结构")
        # An entry that an open context does not have may yet come to replace the earlier one.
        merged = (
            OpenContext(each, each.path) if isinstance(each, OpenContext) else _with_entries(merged, each)
        )
    return merged
