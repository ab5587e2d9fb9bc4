"""Single values of ISO 20022 messages: texts, moments, days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache

from yingshang.areas.claims.banking.errors import InvalidPayment
from yingshang.areas.claims.banking.values import CHINA
from yingshang.areas.claims.banking.xml_messages import Element, namespace, qualified


def moment(value: datetime) -> str:
    """A moment as ISODateTime in China's time, to the second."""
    return value.astimezone(CHINA).isoformat(timespec="seconds")


@cache
def _path(path: str, message: str) -> str:
    return "/".join(qualified(message, each) for each in path.split("/"))


def reader(message: str) -> Callable[[Element, str], str]:
    """What reads the text below a path such as Id/Othr/Id of a message's element, blank when there is none."""

    def text(element: Element, path: str) -> str:
        found = element.find(_path(path, message))
        return (found.text or "") if found is not None else ""

    return text


def tags(message: str) -> Callable[[str], str]:
    """What makes the names of a message's elements."""
    start = f"{{{namespace(message)}}}"
    return lambda name: start + name


def parsed_moment(value: str, field: str) -> datetime:
    """An ISODateTime; without an offset it is China's time. Raises InvalidPayment."""
    try:
        read = datetime.fromisoformat(value.strip())
        return read if read.tzinfo else read.replace(tzinfo=CHINA)
    except ValueError:
        raise InvalidPayment(
            f"{field}: {value!r} is no moment", message_zh=f"{field}：{value!r} 不是有效的时间", field=field
        ) from None


def parsed_day(value: str, field: str) -> date:
    """An ISODate, its offset left aside. Raises InvalidPayment."""
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        raise InvalidPayment(
            f"{field}: {value!r} is no day", message_zh=f"{field}：{value!r} 不是有效的日期", field=field
        ) from None
