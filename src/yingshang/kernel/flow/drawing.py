"""A flow as a picture: SVG with lanes, where a case stands, and the same in words for those who cannot see it.

Colours are of middle brightness and text takes the colour of the page, so it reads in light and dark and on paper;
what state a step is in never shows by colour alone. Everything of the definition is escaped: it is text of strangers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from html import escape
from typing import Literal

from .definitions.layout import lay_out
from .definitions.linting import graph_of, reading_order
from .definitions.reading import Box, Diagram, Symbol, read_bpmn
from .definitions.rules import Lane

Standing = Literal["ready", "done", "late", "paused", "skipped"]

_STANDINGS: dict[str, tuple[str, str, str, str]] = {
    # words, colour and sign of each
    "ready": ("办理中", "in progress", "#2f77d1", "▶"),
    "done": ("已办理", "done", "#2b9a52", "✓"),
    "late": ("已超时", "late", "#d64545", "!"),
    "paused": ("已暂停", "paused", "#c98a00", "Ⅱ"),
    "skipped": ("未经过", "not taken", "#8a94a6", "–"),
}
_LINE = "#7b8798"
_FONT = 13.0
_MARGIN = 12.0

Point = tuple[float, float]


def draw(bpmn: str, *, here: Mapping[str, str] | None = None, language: str = "zh-hans") -> str:
    """The SVG of a definition. `here` says of steps where they stand: ready, done, late, paused or skipped."""
    diagram = read_bpmn(bpmn)
    return _Drawing(diagram, dict(here or {}), language.startswith("en")).svg()


class _Drawing:
    def __init__(self, diagram: Diagram, here: dict[str, str], english: bool) -> None:
        self.diagram = diagram
        self.here = here
        self.english = english
        self.nodes, self.links = graph_of(diagram)
        order = reading_order(self.nodes, self.links)
        self.nodes = {node: self.nodes[node] for node in order}
        self.boxes: dict[str, Box] = {}
        self.lane_boxes: list[tuple[Lane, Box]] = []
        self.pool: Box | None = None
        self.ways: dict[str, tuple[Point, ...]] = {}
        self.place()

    def place(self) -> None:
        """As its author drew it, if everything is drawn; otherwise laid out here."""
        diagram = self.diagram
        lanes = [drawn.lane for drawn in diagram.lanes]
        drawn = all(node in diagram.boxes for node in self.nodes) and all(
            link.id in diagram.ways for link in self.links
        )
        if drawn:
            self.boxes = {node: diagram.boxes[node] for node in self.nodes}
            self.ways = {link.id: diagram.ways[link.id] for link in self.links}
            self.pool = diagram.boxes.get(diagram.pool)
            self.lane_boxes = [
                (each.lane, diagram.boxes[each.id]) for each in diagram.lanes if each.id in diagram.boxes
            ]
            return
        layout = lay_out(self.nodes, self.links, lanes)
        self.boxes, self.ways = layout.boxes, layout.ways
        if lanes:
            self.pool = layout.pool
            self.lane_boxes = [(lane, layout.lanes[lane.code]) for lane in lanes]

    def word(self, chinese: str, english: str) -> str:
        return english if self.english and english else chinese

    def svg(self) -> str:
        left, top, right, bottom = self.extent()
        width, height = right - left, bottom - top
        body = [self.frames()]
        body += [self.link(index) for index in range(len(self.links))]
        body += [self.symbol(self.diagram.symbols[node]) for node in self.nodes]
        title, description = self.title(), self.description()
        key = hashlib.sha256(f"{title}{description}{sorted(self.here.items())}".encode()).hexdigest()[:10]
        language = "en" if self.english else "zh-Hans"
        arrow = (
            f'<marker id="flow-arrow-{key}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
            f'markerHeight="8" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="{_LINE}"/></marker>'
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="flow-drawing" role="img" lang="{language}" '
            f'aria-labelledby="flow-title-{key}" aria-describedby="flow-text-{key}" '
            f'width="{width:g}" height="{height:g}" viewBox="{left:g} {top:g} {width:g} {height:g}" '
            f'font-family="inherit" font-size="{_FONT:g}" fill="none" '
            f'style="print-color-adjust:exact;-webkit-print-color-adjust:exact">'
            f'<title id="flow-title-{key}">{_text(title)}</title>'
            f'<desc id="flow-text-{key}">{_text(description)}</desc>'
            f"<defs>{arrow}</defs>" + "".join(body).replace("@arrow", f"flow-arrow-{key}") + "</svg>"
        )

    def extent(self) -> tuple[float, float, float, float]:
        boxes = [*self.boxes.values(), *(box for _, box in self.lane_boxes)]
        if self.pool is not None:
            boxes.append(self.pool)
        points = [point for way in self.ways.values() for point in way]
        xs = [box.x for box in boxes] + [box.x + box.width for box in boxes] + [x for x, _ in points]
        # Room below symbols for their names.
        ys = [box.y for box in boxes] + [box.y + box.height for box in boxes] + [y for _, y in points]
        if not xs:
            return 0, 0, 100, 40
        below = 0.0 if self.pool is not None else 24.0
        return min(xs) - _MARGIN, min(ys) - _MARGIN, max(xs) + _MARGIN, max(ys) + _MARGIN + below

    # --- words ---------------------------------------------------------------------------------------------------

    def title(self) -> str:
        name = self.word(self.diagram.name, self.diagram.name_en)
        return f"Flow: {name}" if self.english else f"流程图：{name}"

    def description(self) -> str:
        """What the picture shows, step by step."""
        lanes = {
            each.lane.code: each.lane.label("en" if self.english else "zh") for each in self.diagram.lanes
        }
        sentences = []
        for node in self.nodes.values():
            if node.kind != "step":
                continue
            name = self.word(node.name, node.name_en)
            parts = [lanes[node.lane]] if node.lane in lanes else []
            if node.id in self.here and self.here[node.id] in _STANDINGS:
                chinese, english, _, _ = _STANDINGS[self.here[node.id]]
                parts.append(self.word(chinese, english))
            detail = ", ".join(parts) if self.english else "，".join(parts)
            if detail:
                name += f" ({detail})" if self.english else f"（{detail}）"
            sentences.append(name)
        return (" → " if not self.english else "; then ").join(sentences)

    # --- shapes --------------------------------------------------------------------------------------------------

    def frames(self) -> str:
        parts = []
        for lane, box in self.lane_boxes:
            parts.append(
                f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" '
                f'stroke="{_LINE}" stroke-opacity=".5"/>'
            )
            parts.append(self.upright(self.word(lane.name, lane.name_en), box))
        if self.pool is not None:
            box = self.pool
            parts.append(
                f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" '
                f'stroke="{_LINE}"/>'
            )
            if not any(lane_box == box for _, lane_box in self.lane_boxes):
                parts.append(self.upright(self.word(self.diagram.name, self.diagram.name_en), box))
        return f'<g class="flow-lanes" aria-hidden="true">{"".join(parts)}</g>'

    def upright(self, name: str, box: Box) -> str:
        x, y = box.x + 15, box.y + box.height / 2
        most = max(2.0, box.height / _FONT - 0.4)
        return (
            f'<text x="{x:g}" y="{y:g}" fill="currentColor" text-anchor="middle" dominant-baseline="central" '
            f'transform="rotate(-90 {x:g} {y:g})">{_text(_cut(name, most))}</text>'
        )

    def link(self, index: int) -> str:
        link = self.links[index]
        way = self.ways[link.id]
        points = " ".join(f"{x:g},{y:g}" for x, y in way)
        taken = f'stroke="{_LINE}" stroke-width="1.5"'
        parts = [f'<polyline points="{points}" {taken} marker-end="url(#@arrow)"/>']
        if link.default and len([each for each in self.links if each.source == link.source]) > 1:
            (x, y), (x2, y2) = way[0], way[1]
            dx, dy = (1, 0) if x2 != x else (0, 1)
            sign = 1 if (x2 - x or y2 - y) > 0 else -1
            x, y = x + 10 * dx * sign, y + 10 * dy * sign
            parts.append(f'<path d="M{x - 4:g} {y + 5:g}L{x + 4:g} {y - 5:g}" {taken}/>')
        name = self.link_name(link.source, link.target, link.name, link.when)
        if name:
            x, y = _label_place(way)
            parts.append(
                f'<text x="{x:g}" y="{y:g}" fill="currentColor" font-size="11.5">{_text(_cut(name, 9))}</text>'
            )
        return f'<g class="flow-link" aria-hidden="true">{"".join(parts)}</g>'

    def link_name(self, source: str, target: str, name: str, when: str | None) -> str:
        """The name of a way out; in English that of the end it leads to, where the file has only a Chinese one."""
        node = self.nodes[target]
        if self.english and node.kind == "end" and node.name_en and name == node.name:
            return ""
        if self.english and name:
            for symbol in self.diagram.symbols.values():
                for outcome in symbol.rule.outcomes if symbol.rule is not None else ():
                    if outcome.name == name and outcome.name_en:
                        return outcome.name_en
        if node.kind == "end" and name == node.name:
            return ""
        return name or (when or "")

    def symbol(self, symbol: Symbol) -> str:
        box = self.boxes[symbol.id]
        x, y = box.x + box.width / 2, box.y + box.height / 2
        name = self.word(symbol.name, symbol.name_en)
        match symbol.kind:
            case "step":
                return self.step(symbol, box, name)
            case "start" | "end":
                radius = min(box.width, box.height) / 2
                thick = 3.5 if symbol.kind == "end" else 1.5
                shape = f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" stroke="{_LINE}" stroke-width="{thick:g}"/>'
                if symbol.terminate:
                    shape += f'<circle cx="{x:g}" cy="{y:g}" r="{radius * 0.5:g}" fill="{_LINE}"/>'
            case _:
                half_width, half_height = box.width / 2, box.height / 2
                shape = (
                    f'<path d="M{x:g} {box.y:g}L{x + half_width:g} {y:g}L{x:g} {y + half_height:g}'
                    f'L{box.x:g} {y:g}z" stroke="{_LINE}" stroke-width="1.5"/>'
                )
                size = min(box.width, box.height) * 0.2
                if symbol.kind == "parallel":
                    shape += _strokes(x, y, size * 1.2, ((0, -1, 0, 1), (-1, 0, 1, 0)))
                else:
                    shape += _strokes(x, y, size, ((-1, -1, 1, 1), (-1, 1, 1, -1)))
        label = ""
        if name:
            label = (
                f'<text x="{x:g}" y="{box.y + box.height + 14:g}" fill="currentColor" font-size="11.5" '
                f'text-anchor="middle">{_text(_cut(name, 10))}</text>'
            )
        return f'<g class="flow-{symbol.kind}" aria-hidden="true">{shape}{label}</g>'

    def step(self, symbol: Symbol, box: Box, name: str) -> str:
        standing = self.here.get(symbol.id, "")
        chinese, english, colour, sign = _STANDINGS.get(standing, ("", "", _LINE, ""))
        strong = standing in ("ready", "late", "paused")
        look = f'stroke="{colour}" stroke-width="{2.5 if strong else 1.5:g}"'
        if standing:
            look += f' fill="{colour}" fill-opacity="{0.16 if strong else 0.08:g}"'
        if standing == "skipped":
            look += ' stroke-dasharray="5 4"'
        parts = [
            f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="8" {look}/>'
        ]
        x, y = box.x + box.width / 2, box.y + box.height / 2
        room = 18.0 if standing else 0.0
        lines = _wrap(name, (box.width - 14) / _FONT, max(1, int((box.height - room - 8) / (_FONT * 1.25))))
        first = y - room / 2 - (len(lines) - 1) * _FONT * 0.625
        spans = "".join(
            f'<tspan x="{x:g}" y="{first + index * _FONT * 1.25:g}">{_text(line)}</tspan>'
            for index, line in enumerate(lines)
        )
        weight = ' font-weight="600"' if strong else ""
        parts.append(
            f'<text fill="currentColor" text-anchor="middle" dominant-baseline="central"{weight}>{spans}</text>'
        )
        hover = name
        if standing:
            words = self.word(chinese, english)
            parts.append(
                f'<text x="{x:g}" y="{box.y + box.height - 13:g}" fill="currentColor" text-anchor="middle" '
                f'dominant-baseline="central" font-size="11"><tspan fill="{colour}" font-weight="700">'
                f"{sign}</tspan> {_text(words)}</text>"
            )
            hover = f"{name}: {words}" if self.english else f"{name}：{words}"
        classes = f"flow-step flow-{standing}" if standing in _STANDINGS else "flow-step"
        return f'<g class="{classes}" data-step="{_text(symbol.id)}"><title>{_text(hover)}</title>{"".join(parts)}</g>'


def _strokes(x: float, y: float, size: float, lines: tuple[tuple[int, int, int, int], ...]) -> str:
    path = "".join(
        f"M{x + size * a:g} {y + size * b:g}L{x + size * c:g} {y + size * d:g}" for a, b, c, d in lines
    )
    return f'<path d="{path}" stroke="{_LINE}" stroke-width="3"/>'


def _label_place(way: tuple[Point, ...]) -> Point:
    """Beside the beginning of a way, where it leaves its gateway."""
    (x, y), (x2, y2) = way[0], way[1]
    if x2 == x and len(way) > 2:
        return x + 6, (y2 - 6 if y2 > y else y2 + 14)
    return x + 16, y - 7


def _text(value: str) -> str:
    """Escaped, and without characters XML cannot hold."""
    return escape("".join(each for each in value if each >= " " and each not in "￾￿"), quote=True)


def _width(character: str) -> float:
    return 1.0 if ord(character) > 0x2E7F else 0.56


def _cut(text: str, most: float) -> str:
    """As much as has room, in widths of a Chinese character."""
    used = 0.0
    for index, character in enumerate(text):
        used += _width(character)
        if used > most and index < len(text):
            return text[: max(index - 1, 1)] + "…"
    return text


def _wrap(text: str, width: float, most: int) -> list[str]:
    """Lines of at most `width` Chinese characters; words stay whole where they can."""
    lines = [""]
    used = 0.0
    for word in _words(text):
        needed = sum(map(_width, word))
        if used and used + needed > width:
            lines.append("")
            used = 0.0
            word = word.lstrip()
            needed = sum(map(_width, word))
        while needed > width:
            part = _cut(word, width)[:-1] or word[:1]
            lines[-1] += part
            lines.append("")
            word = word[len(part) :]
            needed = sum(map(_width, word))
        lines[-1] += word
        used += needed
    lines = [line for line in lines if line] or [""]
    if len(lines) > most:
        lines = lines[:most]
        lines[-1] = lines[-1][: max(len(lines[-1]) - 1, 1)] + "…"
    return lines


def _words(text: str) -> list[str]:
    """Chinese characters one by one, other words whole with the blank before them."""
    words: list[str] = []
    for character in text:
        if words and _width(character) < 1 and character != " " and _width(words[-1][-1]) < 1:
            words[-1] += character
        else:
            words.append(character)
    return words
