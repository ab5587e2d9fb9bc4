"""Date and time functions (DMN 1.5, 10.3.4.6, 10.3.4.8 and 10.3.4.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from yingshang.rules.feel import temporal
from yingshang.rules.feel.functions.registry import Environment, builtin
from yingshang.rules.feel.values import Failure


@builtin("is(value1?: any|null, value2?: any|null)")
def is_(left: Any = None, right: Any = None) -> Any:
    """Identity: no conversion between zones, unlike `=`."""
    if left is None or right is None:
        return left is right
    if isinstance(left, temporal.Temporal) or isinstance(right, temporal.Temporal):
        return temporal.identical(left, right)
    return left.__class__ is right.__class__ and left == right


@builtin("now()", needs_environment=True)
def now(environment: Environment) -> Any:
    return environment.now or Failure("the time was not given to this evaluation", "未提供当前时间")


@builtin("today()", needs_environment=True)
def today(environment: Environment) -> Any:
    return (
        environment.now.date
        if environment.now
        else Failure("the date was not given to this evaluation", "未提供当前日期")
    )


def _declare(name: str, function: Callable[[Any], Any]) -> None:
    @builtin(f"{name}(date: any)")
    def apply(value: Any) -> Any:
        found = function(value)
        return found if found is not None else Failure(f"{name} takes a date", f"{name} 需要日期")


_declare("day of year", temporal.day_of_year)
_declare("day of week", temporal.day_of_week)
_declare("month of year", temporal.month_of_year)
_declare("week of year", temporal.week_of_year)
