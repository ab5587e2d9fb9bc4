"""The built-in functions of FEEL (DMN 1.5, chapter 10.3.4), one module a chapter."""

from yingshang.rules.feel.functions import (
    contexts,
    conversion,
    days,
    lists,
    numbers,
    ranges,
    strings,
)
from yingshang.rules.feel.functions.registry import (
    Builtin,
    Environment,
    builtin_names,
    call_builtin,
    find_builtin,
)

__all__ = [
    "Builtin",
    "Environment",
    "builtin_names",
    "call_builtin",
    "contexts",
    "conversion",
    "days",
    "find_builtin",
    "lists",
    "numbers",
    "ranges",
    "strings",
]
