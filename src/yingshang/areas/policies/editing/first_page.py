"""What the first page of an official document says of it: title, number 文号, issuer, day. Simple rules; pure.

They follow the layout of GB/T 9704-2012 (number below the red head, title in the middle, day at the end). What is not
found stays empty, and a person looks at all of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

HEAD, FOOT = 3000, 1500
_NUMBER = re.compile(
    r"(?P<who>[\u4e00-\u9fff]{1,14}?)\s*[〔\[［（(【]\s*(?P<year>(?:19|20)\d{2})\s*[〕\]］）)】]\s*(?P<n>\d{1,4})\s*号"
)
_KINDS = (
    "通知|意见|办法|规定|细则|措施|方案|公告|通告|决定|批复|若干政策|政策|条例|规则|计划|函|实施意见|指南"
)
_TITLE_END = re.compile(rf"(?:{_KINDS})(?:（[^）]{{1,12}}）|\([^)]{{1,12}}\))?$")
_ISSUER = re.compile(
    r"[\u4e00-\u9fff]{2,20}(?:人民政府|委员会|办公厅|办公室|厅|局|部|委|院|中心|管委会|国务院)(?:文件)?"
)
_DAY = re.compile(r"(?P<year>(?:19|20)\d{2})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*日")
_DIGITS = "〇一二三四五六七八九"
_CHINESE_DAY = re.compile(
    r"(?P<year>[二一][〇○零一二三四五六七八九]{3})年(?P<month>[一二三四五六七八九十]{1,3})月(?P<day>[一二三四五六七八九十]{1,3})日"
)
_BODY = re.compile(
    r"^[^。]{2,60}(?:：|:)$|^(?:第[一二三四五六七八九十百]+[章条]|[一二三四五六七八九十]+、|为[了贯]?)"
)


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What was found; empty where nothing was."""

    title: str = ""
    number: str = ""
    issuer: str = ""
    issued_on: date | None = None


def read_first_page(text: str, today: date) -> FirstPage:
    """What the beginning of a document, and its end, say of it. A day after `today` is none of issue."""
    lines = [re.sub(r"[ \t\u3000]+", " ", line).strip() for line in text[:HEAD].split("\n")]
    lines = [line for line in lines if line][:60]
    number = next((match for line in lines if (match := _NUMBER.search(line.replace(" ", "")))), None)
    title = _title(lines)
    return FirstPage(
        title=title,
        number=f"{number['who']}〔{number['year']}〕{int(number['n'])}号" if number else "",
        issuer=_issuer(lines, title, text),
        issued_on=_issued_on(text, today),
    )


def _title(lines: list[str]) -> str:
    """The first lines that together end like a title; a title goes over four lines at most."""
    for index, line in enumerate(lines[:25]):
        if _NUMBER.search(line.replace(" ", "")) or line.endswith(("。", "文件", "；")):
            continue
        joined = ""
        for following in lines[index : index + 4]:
            if joined and (_BODY.match(following) or following.endswith(("。", "；", "，"))):
                break
            joined += following.replace(" ", "") if _chinese(following) else following
            if _TITLE_END.search(joined) and 6 <= len(joined) <= 120:
                return joined
    first = next((line for line in lines if 4 <= len(line) <= 80 and not line.endswith(("。", "；"))), "")
    return first


def _chinese(text: str) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]", text))


def _issuer(lines: list[str], title: str, text: str) -> str:
    """Who signs: at the head (…文件), in the title before 关于, or above the day at the end."""
    for line in lines[:8]:
        bare = line.replace(" ", "")
        if bare.endswith("文件") and (match := _ISSUER.fullmatch(bare)):
            return match.group().removesuffix("文件")
    before, about, _ = title.partition("关于")
    if about and (match := _ISSUER.fullmatch(before)):
        return match.group()
    tail = [line.strip().replace(" ", "").replace("\u3000", "") for line in text[-FOOT:].split("\n")]
    signed = [line for line in tail if _ISSUER.fullmatch(line)]
    return signed[-1] if signed else ""


def _issued_on(text: str, today: date) -> date | None:
    """The day that stands alone on a line near the end; else one alone near the head."""
    for part in (reversed(text[-FOOT:].split("\n")), iter(text[:HEAD].split("\n"))):
        for line in part:
            bare = re.sub(r"[\s\u3000]|印发|发布|[（()）]", "", line)
            match = _DAY.fullmatch(bare) or _CHINESE_DAY.fullmatch(bare)
            day = _day(match) if match else None
            if day is not None and day <= today:
                return day
    return None


def _day(match: re.Match[str]) -> date | None:
    year = match["year"].replace("○", "〇").replace("零", "〇")
    written = "".join(str(_DIGITS.index(each)) if each in _DIGITS else each for each in year)
    try:
        return date(int(written), _small(match["month"]), _small(match["day"]))
    except ValueError:
        return None


def _small(text: str) -> int:
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return _DIGITS.index(text) if text in _DIGITS else 0
    return (_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0)
