"""The reports as files: whole, escaped, in both languages, usable without a mouse, small, and saying what they do not know."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import re
from collections.abc import Callable, Mapping
from importlib import resources
from itertools import pairwise
from typing import Any

import pytest

from yingshang.web.reports import render_match_report, render_simulation_report

Data = dict[str, Any]
Maker = Callable[..., Data]
EVIL = "<script>alert('注入')</script>\"'&{{ 7*7 }}{x}%s"
VOID = {"meta", "input", "link", "br", "hr", "img"}


class Page(html.parser.HTMLParser):
    """A page as a list of elements; complains about what is not closed."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attributes}) == len(attributes), (tag, attributes)
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return "".join(self.texts)


def _poisoned(value: Any) -> Any:
    """The same data with every text turned into an attack, but for figures."""
    if isinstance(value, Mapping):
        return {key: _poisoned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_poisoned(item) for item in value]
    if isinstance(value, str) and not re.fullmatch(r"-?[\d.]+", value):
        return EVIL
    return value


@pytest.fixture
def pages(match_summary: Maker, simulation: Maker) -> dict[str, str]:
    """Each report, full and empty."""
    return {
        "match": render_match_report(match_summary()),
        "match-english": render_match_report(match_summary(), language="en"),
        "match-empty": render_match_report({}),
        "match-poisoned": render_match_report(_poisoned(match_summary())),
        "simulation": render_simulation_report(simulation()),
        "simulation-english": render_simulation_report(simulation(), language="en"),
        "simulation-empty": render_simulation_report({}),
        "simulation-poisoned": render_simulation_report(_poisoned(simulation())),
    }


def test_each_report_is_one_file_that_needs_nothing(pages: dict[str, str]) -> None:
    for name, source in pages.items():
        page = Page(source)
        assert source.startswith("<!DOCTYPE html>"), name
        assert not any("src" in attributes for _, attributes in page.elements), name
        assert page.all("link") == [] and page.all("img") == [], name
        style = source[source.index("<style>") : source.index("</style>")]
        assert "@import" not in style and "http" not in style, name
        assert re.findall(r"url\(([^)]*)\)", style) and set(re.findall(r"url\((.)", style)) == {"#"}, name


def test_the_content_policy_names_exactly_this_style_and_script(pages: dict[str, str]) -> None:
    for source in pages.values():
        policy = next(
            attributes["content"] or ""
            for attributes in Page(source).all("meta")
            if attributes.get("http-equiv") == "Content-Security-Policy"
        )
        assert "default-src 'none'" in policy
        for tag in ("style", "script"):
            inside = re.findall(rf"<{tag}>(.*?)</{tag}>", source, re.DOTALL)
            assert len(inside) == 1
            digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
        assert " style=" not in source and not re.search(r"<[^>]* on\w+=", source)


def test_what_comes_from_data_is_text(pages: dict[str, str]) -> None:
    for name in ("match-poisoned", "simulation-poisoned"):
        page = Page(pages[name])
        assert len(page.all("script")) == 1, name
        assert "alert('注入')" not in pages[name], name
        assert EVIL in page.text, name
        assert "49" not in re.findall(r"&amp;(.{0,4})\{", pages[name]), name


def test_a_script_is_no_source_address(match_summary: Maker) -> None:
    data = match_summary(1)
    data["results"][0]["url"] = "javascript:alert(1)"
    assert "javascript:" not in render_match_report(data)
    assert all((a.get("href") or "").startswith("#") for a in Page(render_match_report(data)).all("a"))


def test_the_same_data_gives_the_same_bytes(match_summary: Maker, simulation: Maker) -> None:
    assert render_match_report(match_summary()) == render_match_report(match_summary())
    assert render_simulation_report(simulation()) == render_simulation_report(simulation())


def test_many_items_stay_small_and_the_charts_say_what_they_leave_out(
    match_summary: Maker, simulation: Maker
) -> None:
    for source in (
        render_match_report(match_summary(1500)),
        render_simulation_report(simulation(1500)),
    ):
        assert len(source.encode()) < 1_500_000
        assert "图中只列前 40 项" in source and "The chart shows the first 40 of" in source
        table = source[source.index('<table id="items-table"') :]
        assert table[: table.index("</table>")].count("<tr") == 1501


def test_headings_descend_one_level_at_a_time(pages: dict[str, str]) -> None:
    for name, source in pages.items():
        levels = [int(tag[1]) for tag, _ in Page(source).elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in pairwise(levels)), name


def test_names_and_references_resolve(pages: dict[str, str]) -> None:
    for name, source in pages.items():
        page = Page(source)
        marks = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
        assert len(marks) == len(set(marks)), name
        for _, attributes in page.elements:
            for key in ("for", "aria-labelledby", "aria-controls"):
                if attributes.get(key):
                    assert attributes[key] in marks, (name, key, attributes)
            if (attributes.get("href") or "").startswith("#"):
                assert (attributes["href"] or "")[1:] in marks, (name, attributes)


def test_tables_have_a_caption_and_scoped_headings_and_are_reachable_by_keyboard(
    pages: dict[str, str],
) -> None:
    for name, source in pages.items():
        page = Page(source)
        assert len(page.all("table")) == len(page.all("caption")), name
        assert all(attributes.get("scope") in ("col", "row") for attributes in page.all("th")), name
        regions = [a for a in page.all("div") if a.get("class") == "scroll"]
        assert all(a.get("tabindex") == "0" and a.get("aria-labelledby") for a in regions), name
        for block in re.findall(r"<tbody>(.*?)</tbody>", source, re.DOTALL):
            assert all(row.startswith("<th") for row in re.findall(r"<tr[^>]*>(.{3})", block)), name


def test_pictures_are_hidden_from_screen_readers_and_controls_have_labels(pages: dict[str, str]) -> None:
    for name, source in pages.items():
        page = Page(source)
        labels = {a.get("for") for a in page.all("label")}
        assert {"language-zh", "language-en"} <= labels, name
        assert all(a.get("type") == "button" for a in page.all("button")), name
        outside = re.sub(r'<ul class="legend" aria-hidden="true">.*?</ul>', "", source, flags=re.DOTALL)
        assert re.findall(r"<svg(?![^>]*aria-hidden=\"true\")", outside) == [], name


def test_every_word_of_ours_is_said_in_both_languages(pages: dict[str, str]) -> None:
    for name in ("match-empty", "simulation-empty"):
        body = pages[name][pages[name].index("<main") :]
        body = body[: body.index("<script>")]
        assert body.count('<span class="zh">') == body.count('<span class="en" lang="en">') > 10
        without_english = re.sub(r'<span class="en" lang="en">.*?</span>', "", body, flags=re.DOTALL)
        texts = re.findall(r">([^<>]+)<", without_english)
        assert not [text for text in texts if re.search(r"[A-Za-z]{4}", text) and "CNY" not in text], name
        without_chinese = re.sub(r'<(span|text) class="(tick )?zh".*?</\1>', "", body, flags=re.DOTALL)
        assert not re.search(r">[^<>]*[一-鿿][^<>]*<", without_chinese), name


def test_the_language_shown_first_is_the_one_asked_for(pages: dict[str, str]) -> None:
    for name, mark in (
        ("match", "zh"),
        ("match-english", "en"),
        ("simulation", "zh"),
        ("simulation-english", "en"),
    ):
        chosen = [a["id"] for a in Page(pages[name]).all("input") if "checked" in a]
        assert chosen == [f"language-{mark}"], name
        assert Page(pages[name]).all("html")[0]["lang"] == ("en" if mark == "en" else "zh-Hans")
    with pytest.raises(ValueError, match="language"):
        render_match_report({}, language="de")  # type: ignore[arg-type]


def test_the_headline_figures_are_those_of_the_run(match_summary: Maker, pages: dict[str, str]) -> None:
    data = match_summary()
    automatic = sum(item["entitled"] for item in data["results"] if item["delivery"] == "automatic")
    source = pages["match"]
    assert "12,907 <span" in source and "64.5%" in source
    assert f"{automatic:,} <span" in source
    assert f'value="{data["total_certain"]}"' in source and f'value="{data["total_possible"]}"' in source
    assert "以2026年11月21日为判定日，对 20,000 户主体逐一判定 48 项政策事项，共 960,000 次判定。" in source
    assert (
        "As of 21 November 2026, 48 policy items were decided for 20,000 subjects: 960,000 decisions"
        in source
    )


def test_what_is_not_right_is_said_before_the_figures(pages: dict[str, str]) -> None:
    notices = pages["match"][
        pages["match"].index('<ul class="notices">') : pages["match"].index("headlines-title")
    ]
    for words in ("有 1 处错误", "有 3 次判定出错", "剔除 3 行", "5 项政策在判定日不在有效期内"):
        assert words in notices
    assert "notices" not in re.sub(r"<style>.*?</style>", "", pages["match-empty"], flags=re.DOTALL)


def test_amounts_that_are_not_known_are_counted_not_zero(pages: dict[str, str]) -> None:
    assert "另有 12 户金额未知" in pages["match"]
    assert "+ 12 户未知" in pages["match"]


def test_every_section_has_something_to_say_when_there_is_nothing(pages: dict[str, str]) -> None:
    assert pages["match-empty"].count('<p class="empty">') == 8
    assert pages["simulation-empty"].count('<p class="empty">') == 8


def test_undecided_without_a_list_of_facts_is_not_called_complete() -> None:
    source = render_match_report({"results": [{"id": "A", "undecided": 5, "refused": 5}]})
    assert "数据齐全" not in source and "没有列出缺哪些数据" in source


def test_rejects_that_are_not_listed_are_not_denied() -> None:
    source = render_match_report({"rejected_rows": 7})
    assert "没有剔除任何一行" not in source and "剔除 7 行" in source


@pytest.mark.parametrize(
    ("budget", "words"),
    [("100.00", "确定支出已超出预算"), ("250.00", "有可能超出预算"), ("900.00", "草案也在预算之内")],
)
def test_a_draft_is_held_against_its_budget(budget: str, words: str) -> None:
    state = {"entitled": 2, "undecided": 1, "amount_certain": "200.00", "amount_possible": "300.00"}
    data = {"totals": {"base": state, "draft": state}, "budget": {"amount": budget}}
    assert words in render_simulation_report(data)


def test_the_steps_of_the_waterfall_add_up_to_the_net_change(simulation: Maker) -> None:
    data = simulation(60)
    source = render_simulation_report(data)
    table = source[source.index('<table id="difference-chart"') :]
    rows = re.findall(r'<tr><th.*?<data class="figure" value="(-?[\d.]+)"', table[: table.index("</table>")])
    fen = [round(float(value) * 100) for value in rows]
    assert sum(fen[:-1]) == fen[-1]
    assert 10 < len(fen) <= 17 and "其余" in table


def test_an_amount_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="amount_certain"):
        render_match_report({"results": [{"id": "A", "amount_certain": "many"}]})


def test_codes_are_shown_as_names_and_sizes_in_their_order() -> None:
    group = {
        "subjects": 9,
        "entitled": 4,
        "undecided": 2,
        "amount_certain": "5.00",
        "amount_possible": "6.00",
    }
    keys = ["微型", "", "大型", "中型"]
    source = render_match_report(
        {
            "results": [{"id": "A", "name": "甲", "region": "440310", "undecided": 1}],
            "missing": [{"fact": "loans", "name": "贷款 (loans)", "decisions": 1}],
            "by_group": {"size": [group | {"key": key, "name": key or "未知"} for key in keys]},
        }
    )
    assert "广东省深圳市坪山区" in source and "(loans)" not in source
    table = source[source.index('<table id="group-0"') :]
    names = re.findall(r'<th scope="row"><span class="zh">(\w+)</span>', table)
    assert names[:4] == ["大型", "中型", "微型", "未知"]


def test_what_limits_a_payment_is_said() -> None:
    item = {"id": "A", "entitled": 5, "amount_certain": "9.00", "amount_errors": 1, "beyond_quota": 2}
    source = render_match_report(
        {"results": [item | {"covered_by_another": 3, "budget": "8.00", "quota": 2}]}
    )
    for words in ("1 户金额出错，未计入", "2 户超出名额", "3 户已由其他政策覆盖", "必超", "名额 2 个"):
        assert words in source


def test_an_example_may_be_an_outcome_with_its_amount() -> None:
    example = {
        "subject": "A",
        "item": "P1",
        "before": "refused None",
        "after": "entitled 120000.00",
        "reason": "",
    }
    source = render_simulation_report({"examples": {"gain": [example]}})
    table = source[source.index('<table id="examples-gain"') :]
    cells = re.findall(r"<td>(.*?)</td>", table)
    assert "不符合" in cells[1] and "None" not in cells[1]
    assert "12 万元" in cells[2] and "符合" in cells[2] and cells[3] == "—"


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(sign * 2 for sign in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("ink", "surface", 7),
        ("muted", "surface", 4.5),
        ("muted", "page", 4.5),
        ("muted", "raised", 4.5),
        ("link", "surface", 4.5),
        ("brand-ink", "brand", 4.5),
        ("gain", "surface", 4.5),
        ("lose", "surface", 4.5),
        ("warn-ink", "warn-surface", 4.5),
        ("bad-ink", "bad-surface", 4.5),
        ("good-ink", "good-surface", 4.5),
        ("entitled", "refused", 3),
        ("money", "surface", 3),
        ("undecided", "surface", 3),
        ("before", "surface", 3),
        ("limit", "surface", 3),
    ],
)
def test_colours_can_be_told_apart(theme: str, ink: str, ground: str, least: float) -> None:
    style = resources.files("yingshang.web.reports").joinpath("static/report.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\n *\}", style, re.DOTALL)
    tokens = dict(re.findall(r"--([\w-]+): (#\w+)", blocks[0]))
    if theme != "light":
        tokens |= dict(re.findall(r"--([\w-]+): (#\w+)", blocks[1 if theme == "dark" else 2]))
    one, other = sorted((_luminance(tokens[ink]), _luminance(tokens[ground])), reverse=True)
    assert (one + 0.05) / (other + 0.05) >= least
