"""Flows as pictures, and the same in words."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from tests.kernel.flow.flow_texts import FACT_OBJECTION, PLAIN
from yingshang.kernel.flow.definitions import compose_bpmn, parse_steps
from yingshang.kernel.flow.drawing import draw

BPMN = compose_bpmn(parse_steps(FACT_OBJECTION))
SVG = "{http://www.w3.org/2000/svg}"


def test_a_drawing_is_well_formed_and_says_what_it_shows() -> None:
    root = etree.fromstring(draw(BPMN, here={"accept": "done", "verify": "late"}).encode())
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby") == title.get("id") and root.get("aria-describedby") == description.get(
        "id"
    )
    assert title.text == "流程图：事实异议办理"
    assert (
        description.text
        == "受理（政务服务中心，已办理） → 核实（数据来源部门，已超时） → 答复（政务服务中心）"
    )
    shown = "".join(root.itertext())
    for word in ("受理", "核实", "答复", "政务服务中心", "数据来源部门", "✓", "已超时"):
        assert word in shown


def test_in_english() -> None:
    root = etree.fromstring(draw(BPMN, here={"verify": "ready"}, language="en").encode())
    assert root.find(f"{SVG}title").text == "Flow: Objection to a fact"
    assert "Verify (Source agency, in progress)" in root.find(f"{SVG}desc").text
    shown = "".join(root.itertext())
    assert not re.search(r"[一-鿿]", shown), shown


@pytest.mark.parametrize("standing", ["ready", "done", "late", "paused", "skipped"])
def test_every_standing_shows_without_colour_too(standing: str) -> None:
    plain, drawn = draw(BPMN), draw(BPMN, here={"verify": standing})
    assert f"flow-step flow-{standing}" in drawn
    assert len(re.sub(r"<[^>]*>", "", drawn)) > len(re.sub(r"<[^>]*>", "", plain))


def test_text_takes_the_colour_of_the_page() -> None:
    root = etree.fromstring(draw(BPMN, here={"verify": "late"}).encode())
    for text in root.iter(f"{SVG}text"):
        assert text.get("fill") == "currentColor"
    assert "<style" not in draw(BPMN) and "onclick" not in draw(BPMN)


def test_two_drawings_on_a_page_do_not_share_identifiers() -> None:
    one, other = (
        set(re.findall(r'id="([^"]+)"', draw(BPMN, here={"verify": each}))) for each in ("late", "done")
    )
    assert one and not one & other


def test_a_diagram_nobody_has_drawn_is_laid_out() -> None:
    root = etree.fromstring(draw(PLAIN).encode())
    assert len(root.findall(f".//{SVG}g[@data-step]")) == 2


def test_the_drawing_of_a_modeler_is_kept() -> None:
    moved = BPMN.replace('x="', 'x="1')
    assert draw(moved) != draw(BPMN)


def test_unknown_steps_and_standings_change_nothing() -> None:
    assert "flow-nowhere" not in draw(BPMN, here={"accept": "nowhere", "nobody": "done"})
