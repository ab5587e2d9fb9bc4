"""What a reject says to the person who has to mend the cell, in English and Chinese."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

from ..credit_code import check_credit_code
from ..industries import suggest_industries
from ..regions import region_path, suggest_regions, townships
from .column_type import ColumnType

_SHOWN = 60

_PLAIN: dict[str, tuple[str, str]] = {
    "not_a_number": ("{value} is not a number", "{value} 不是数字"),
    "not_whole": ("{value} is not a whole number", "{value} 不是整数"),
    "too_many_decimals": (
        "{value} has more than {scale} decimal places; round it where it comes from",
        "{value} 的小数超过 {scale} 位，请在数据来源处取舍",
    ),
    "number_too_large": ("{value} is larger than can be kept exactly", "{value} 超出可精确保存的范围"),
    "below_minimum": ("{value} is less than the minimum {minimum}", "{value} 小于最小值 {minimum}"),
    "above_maximum": ("{value} is more than the maximum {maximum}", "{value} 大于最大值 {maximum}"),
    "not_a_boolean": (
        "{value} is neither true nor false; write true or false, 是 or 否",
        "{value} 不是“是”或“否”",
    ),
    "not_a_date": ("{value} is not a date; write it as 2024-01-31", "{value} 不是日期，请写成 2024-01-31"),
    "impossible_date": ("{value}: there is no such day", "{value}：没有这一天"),
    "time_of_day": ("{value} has a time of day where a date is wanted", "{value} 含有时刻，此处只应有日期"),
    "not_text": ("{value} is not text", "{value} 不是文本"),
    "not_a_list": ("{value} is not a list", "{value} 不是列表"),
    "not_a_list_of_contexts": (
        "{value} is not a list of lines; write JSON: [{{…}}, {{…}}]",
        "{value} 不是明细列表，请写成 JSON：[{{…}}, {{…}}]",
    ),
    "not_a_context": ("{value} is not a JSON object", "{value} 不是 JSON 对象"),
    "repeated_field": ("{value} names a field twice", "{value} 中字段重复"),
    "excel_error": ("the cell shows the error {value}", "单元格显示错误 {value}"),
    "uncalculated_formula": (
        "the formula in the cell was never calculated; open the file in Excel or WPS and save it",
        "单元格中的公式没有计算结果，请用 Excel 或 WPS 打开后保存",
    ),
    "digits_lost": (
        "{value} is a number of more than 15 digits, of which Excel loses some; format the cells as text",
        "{value} 是超过 15 位的数字，Excel 会丢失末位，请将单元格设为文本格式",
    ),
    "broken_encoding": ("{value} holds bytes that are no characters", "{value} 含有无法识别的字节"),
    "missing_id": ("the row has no id", "缺少主体标识"),
    "duplicate_id": ("{value} was already in row {note}", "{value} 已在第 {note} 行出现"),
    "wrong_cell_count": ("the row has {note} cells: {value}", "该行的单元格数不符（{note}）：{value}"),
}


@lru_cache(maxsize=10_000)
def reason(code: str, text: str, expected: ColumnType | None, note: str = "") -> tuple[str, str]:
    """The message of a reject in English and Chinese. `text` is what the cell holds."""
    value = repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
    value_zh = f"“{value[1:-1]}”"
    if code == "not_in_list":
        allowed = sorted(expected.values) if expected else []
        near = get_close_matches(text, allowed, n=3, cutoff=0.4) or allowed[:8]
        return f"{value} is not one of {', '.join(near)}", f"{value_zh} 不在可选值之中：{'、'.join(near)}"
    if code == "unknown_regions" and (township := townships().get(text)) is not None:
        division = f"{township.parent_code} {region_path(township.parent_code or '')}"
        return (
            f"{value} is a township, {township.name}; a division of six digits is wanted here: {division}",
            f"{value_zh} 是乡级代码（{township.name}），此处应填六位区划代码：{division}",
        )
    if code in ("unknown_regions", "unknown_townships"):
        standard = "GB/T 2260" if code == "unknown_regions" else "GB/T 10114"
        hint = "、".join(f"{each.code} {region_path(each.code)}" for each in suggest_regions(text, 3))
        return (
            f"{value} is no division of {standard}" + (f"; did you mean {hint}?" if hint else ""),
            f"{value_zh} 不是 {standard} 行政区划代码" + (f"，是否为：{hint}？" if hint else ""),
        )
    if code == "unknown_industries":
        hint = "、".join(f"{each.code} {each.name}" for each in suggest_industries(text, 3))
        return (
            f"{value} is no industry of GB/T 4754-2017" + (f"; did you mean {hint}?" if hint else ""),
            f"{value_zh} 不是 GB/T 4754-2017 行业代码" + (f"，是否为：{hint}？" if hint else ""),
        )
    if code == "invalid_credit_code":
        found = check_credit_code(text).errors
        return (
            f"{value} is not a unified social credit code: {'; '.join(each.message for each in found)}",
            f"{value_zh} 不是有效的统一社会信用代码：{'；'.join(each.message_zh for each in found)}",
        )
    english, chinese = _PLAIN[code]
    scale = expected.scale if expected else 0
    minimum = expected.minimum if expected else None
    maximum = expected.maximum if expected else None
    return (
        english.format(value=value, scale=scale, minimum=minimum, maximum=maximum, note=note),
        chinese.format(value=value_zh, scale=scale, minimum=minimum, maximum=maximum, note=note),
    )
