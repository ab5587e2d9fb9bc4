"""List functions (DMN 1.5, 10.3.4.4), aggregation and sorting included."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from decimal import Decimal, DecimalException
from typing import Any

from yingshang.rules.feel import operators
from yingshang.rules.feel.functions.registry import builtin, whole
from yingshang.rules.feel.values import DECIMAL_128, Failure, Function, Unknown


@builtin("list contains(list: list, element: any|null)", sees_unknown=True)
def list_contains(items: list[Any], element: Any) -> Any:
    return operators.any_of(_is_same(each, element) for each in items)


def _is_same(left: Any, right: Any) -> Any:
    """Equality where a value of another kind is merely another value."""
    outcome = operators.equal(left, right)
    return (
        False
        if outcome.__class__ is Failure and Failure not in (left.__class__, right.__class__)
        else outcome
    )


@builtin("list replace(list: list, position: number, newItem: any|null)", sees_unknown=True)
def list_replace_at(items: list[Any], position: Decimal, new: Any) -> Any:
    index = _index(items, position)
    if isinstance(index, Failure):
        return index
    return [*items[:index], new, *items[index + 1 :]]


@builtin("list replace(list: list, match: function, newItem: any|null)", sees_unknown=True)
def list_replace_matching(items: list[Any], match: Function, new: Any) -> Any:
    result = []
    undecided = []
    for each in items:
        outcome = match.call([each, new])
        if outcome.__class__ is Unknown:
            undecided.append(outcome)
        elif outcome.__class__ is not bool:
            return Failure("match must answer true or false", "匹配函数应返回是或否")
        result.append(new if outcome is True else each)
    return Unknown.merge(undecided) if undecided else result


@builtin("count(list: list)", sees_unknown=True)
def count(items: list[Any]) -> Decimal:
    return Decimal(len(items))


def _comparable(items: list[Any]) -> bool:
    return all(not isinstance(each, bool | list | dict) and each is not None for each in items)


def _extreme(items: list[Any], sign: int) -> Any:
    if not items:
        return None
    if not _comparable(items):
        return Failure("these values have no order", "这些值不能比较大小")
    best = items[0]
    for each in items[1:]:
        order = operators.order_of(each, best)
        if order.__class__ is not int:
            return order
        if order == sign:
            best = each
    return best


@builtin("min(list: list)", variadic=True)
def minimum(items: list[Any]) -> Any:
    return _extreme(items, -1)


@builtin("max(list: list)", variadic=True)
def maximum(items: list[Any]) -> Any:
    return _extreme(items, 1)


def _numbers(items: list[Any]) -> Failure | None:
    if all(isinstance(each, Decimal) for each in items):
        return None
    return Failure("every value must be a number", "所有值都应为数字")


def _total(items: list[Any]) -> Any:
    total = Decimal(0)
    for each in items:
        total = DECIMAL_128.add(total, each)
    return total


@builtin("sum(list: list)", variadic=True)
def sum_(items: list[Any]) -> Any:
    if not items:
        return None
    if all(isinstance(each, operators.TEMPORAL) for each in items):
        return functools.reduce(lambda left, right: operators.arithmetic("+", left, right), items)
    return _numbers(items) or _total(items)


@builtin("product(list: list)", variadic=True)
def product(items: list[Any]) -> Any:
    if not items:
        return None
    wrong = _numbers(items)
    if wrong:
        return wrong
    try:
        return functools.reduce(DECIMAL_128.multiply, items)
    except DecimalException:
        return Failure("the result is no number", "计算结果不是有效数字")


@builtin("mean(list: list)", variadic=True)
def mean(items: list[Any]) -> Any:
    if not items:
        return None
    total = sum_(items)
    return total if isinstance(total, Failure) else operators.arithmetic("/", total, Decimal(len(items)))


@builtin("median(list: list)", variadic=True)
def median(items: list[Any]) -> Any:
    if not items:
        return None
    wrong = _numbers(items)
    if wrong:
        return wrong
    ordered = sorted(items)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return DECIMAL_128.divide(DECIMAL_128.add(ordered[middle - 1], ordered[middle]), Decimal(2))


@builtin("stddev(list: list)", variadic=True)
def standard_deviation(items: list[Any]) -> Any:
    """The sample standard deviation: it takes at least two values."""
    if len(items) < 2:
        return Failure("stddev needs at least two values", "stddev 至少需要两个值")
    wrong = _numbers(items)
    if wrong:
        return wrong
    average = DECIMAL_128.divide(_total(items), Decimal(len(items)))
    squares = [DECIMAL_128.power(DECIMAL_128.subtract(each, average), Decimal(2)) for each in items]
    return DECIMAL_128.sqrt(DECIMAL_128.divide(_total(squares), Decimal(len(items) - 1)))


@builtin("mode(list: list)", variadic=True)
def mode(items: list[Any]) -> Any:
    wrong = _numbers(items)
    if wrong:
        return wrong
    counts: dict[Decimal, int] = {}
    for each in items:
        counts[each] = counts.get(each, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(value for value, times in counts.items() if times == most)


def _quantifier(name: str, combine: Callable[[list[Any]], Any]) -> None:
    @builtin(f"{name}(list: list)", variadic=True, sees_unknown=True)
    def quantify(items: list[Any]) -> Any:
        return combine(items)


_quantifier("all", operators.all_of)
_quantifier("and", operators.all_of)
_quantifier("any", operators.any_of)
_quantifier("or", operators.any_of)


@builtin("sublist(list: list, start position: number, length?: number|null)", sees_unknown=True)
def sublist(items: list[Any], start: Decimal, length: Decimal | None = None) -> Any:
    index = _index(items, start)
    if isinstance(index, Failure):
        return index
    if length is None:
        return items[index:]
    size = whole(length)
    if size is None or size < 0 or index + size > len(items):
        return Failure("the list is not that long", "列表没有那么长")
    return items[index : index + size]


def _index(items: list[Any], position: Decimal) -> int | Failure:
    """A FEEL position (from 1, or negative from the end) as a Python index."""
    place = whole(position)
    if place is None or place == 0 or abs(place) > len(items):
        return Failure(f"the list has no position {position}", f"列表没有第 {position} 个位置")
    return place - 1 if place > 0 else len(items) + place


@builtin("insert before(list: list, position: number, newItem: any|null)", sees_unknown=True)
def insert_before(items: list[Any], position: Decimal, new: Any) -> Any:
    index = _index(items, position)
    return index if isinstance(index, Failure) else [*items[:index], new, *items[index:]]


@builtin("remove(list: list, position: number)", sees_unknown=True)
def remove(items: list[Any], position: Decimal) -> Any:
    index = _index(items, position)
    return index if isinstance(index, Failure) else [*items[:index], *items[index + 1 :]]


@builtin("reverse(list: list)", sees_unknown=True)
def reverse(items: list[Any]) -> list[Any]:
    return items[::-1]


@builtin("index of(list: list, match: any|null)")
def index_of(items: list[Any], match: Any) -> list[Any]:
    return [Decimal(place) for place, each in enumerate(items, start=1) if _is_same(each, match) is True]


def _plain_kind(items: list[Any]) -> bool:
    """Whether all are numbers or all are texts, so that a set tells them apart."""
    kinds = {each.__class__ for each in items}
    return kinds == {Decimal} or kinds == {str}


def _distinct(items: list[Any]) -> list[Any]:
    if _plain_kind(items):
        return list(dict.fromkeys(items))
    result: list[Any] = []
    for each in items:
        if not any(_is_same(each, kept) is True for kept in result):
            result.append(each)
    return result


@builtin("distinct values(list: list)")
def distinct_values(items: list[Any]) -> list[Any]:
    return _distinct(items)


@builtin("duplicate values(list: list)")
def duplicate_values(items: list[Any]) -> list[Any]:
    if _plain_kind(items):
        counts = Counter(items)
        return [each for each in counts if counts[each] > 1]
    return [each for each in _distinct(items) if sum(_is_same(each, other) is True for other in items) > 1]


def _flat(items: list[Any]) -> list[Any]:
    result: list[Any] = []
    for each in items:
        result.extend(_flat(each) if isinstance(each, list) else [each])
    return result


@builtin("flatten(list: list)")
def flatten(items: list[Any]) -> list[Any]:
    return _flat(items)


@builtin("sort(list: list, precedes?: function|null)")
def sort(items: list[Any], precedes: Function | None = None) -> Any:
    problem: list[Any] = []

    def order(left: Any, right: Any) -> int:
        if precedes is None:
            found = operators.order_of(left, right)
            if found.__class__ is int:
                return int(found)
            problem.append(found if found is not None else Failure("null has no order", "空值不能排序"))
            return 0
        for first, second, sign in ((left, right, -1), (right, left, 1)):
            outcome = precedes.call([first, second])
            if outcome is True:
                return sign
            if outcome is not False:
                problem.append(
                    outcome
                    if outcome.__class__ in (Unknown, Failure)
                    else Failure("precedes must answer true or false", "比较函数应返回是或否")
                )
        return 0

    ordered = sorted(items, key=functools.cmp_to_key(order))
    if any(each.__class__ is Unknown for each in problem):
        # Another outcome of this comparison might have led past the pair that has no order.
        return Unknown.merge(problem)
    return problem[0] if problem else ordered


# `append`, `concatenate` and `union` take any number of arguments, which no declaration above can say.


def _list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@builtin("append(arguments: list)", variadic=True, sees_unknown=True)
def append(arguments: list[Any]) -> Any:
    if arguments[0].__class__ is Unknown:
        return Unknown.merge(arguments[:1])
    return [*_list_of(arguments[0]), *arguments[1:]]


def _joined(arguments: list[Any]) -> Any:
    if any(each is None for each in arguments):
        return None
    open_lists = [each for each in arguments if each.__class__ is Unknown]
    if open_lists:
        return Unknown.merge(open_lists)
    return [item for each in arguments for item in _list_of(each)]


@builtin("concatenate(arguments: list)", variadic=True, sees_unknown=True)
def concatenate(arguments: list[Any]) -> Any:
    return _joined(arguments)


@builtin("union(arguments: list)", variadic=True)
def union(arguments: list[Any]) -> Any:
    joined = _joined(arguments)
    return _distinct(joined) if isinstance(joined, list) else joined
