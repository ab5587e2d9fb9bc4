"""Where symbols stand when nobody has drawn them: columns from left to right, rows inside lanes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .reading import Box
from .rules import Lane, Link, Node

COLUMN = 160.0
ROW = 110.0
LABEL = 30.0
"""Width of the strip with the name of the pool, and of each lane."""
LEFT, TOP = 160.0, 80.0

SIZES = {
    "step": (110.0, 76.0),
    "exclusive": (50.0, 50.0),
    "parallel": (50.0, 50.0),
    "start": (36.0, 36.0),
    "end": (36.0, 36.0),
}

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes of symbols, lanes and the pool, and the ways of the links."""

    boxes: dict[str, Box]
    lanes: dict[str, Box]
    pool: Box
    ways: dict[str, tuple[Point, ...]]


def lay_out(nodes: Mapping[str, Node], links: Sequence[Link], lanes: Sequence[Lane]) -> Layout:
    """Place everything. `nodes` come in reading order; a node in no lane stands in the first."""
    return _Layout(nodes, links, lanes).place()


class _Layout:
    def __init__(self, nodes: Mapping[str, Node], links: Sequence[Link], lanes: Sequence[Lane]) -> None:
        self.nodes = nodes
        self.links = links
        self.lanes = [lane.code for lane in lanes] or [""]
        position = {node: index for index, node in enumerate(nodes)}
        self.forward = [link for link in links if position[link.source] < position[link.target]]
        self.back = [link for link in links if position[link.source] >= position[link.target]]
        self.column: dict[str, int] = {}
        self.row: dict[str, int] = {}
        self.taken: dict[tuple[str, int], set[int]] = {}
        """Rows used in a lane and column."""
        self.dummies: dict[tuple[str, int], int] = {}
        """Row of a long link in a column it passes."""
        self.first_row: dict[str, int] = {}
        # Two links that turn between the same columns do not turn on the same line.
        self.aside = {link.id: (index % 5 - 2) * 6.0 for index, link in enumerate(links)}

    def lane_of(self, node: str) -> str:
        lane = self.nodes[node].lane
        return lane if lane in self.lanes else self.lanes[0]

    def place(self) -> Layout:
        self.columns()
        self.rows()
        rows = 0
        boxes: dict[str, Box] = {}
        lanes: dict[str, Box] = {}
        width = LABEL * 2 + COLUMN * (max(self.column.values(), default=0) + 1)
        for lane in self.lanes:
            self.first_row[lane] = rows
            height = 1 + max(
                (max(used) for (name, _), used in self.taken.items() if name == lane and used), default=0
            )
            lanes[lane] = Box(LEFT + LABEL, TOP + ROW * rows, width - LABEL, ROW * height)
            rows += height
        for node in self.nodes:
            x, y = self.centre(self.column[node], self.global_row(node))
            node_width, node_height = SIZES[self.nodes[node].kind]
            boxes[node] = Box(x - node_width / 2, y - node_height / 2, node_width, node_height)
        ways = {link.id: self.way(link, boxes) for link in self.forward}
        for index, link in enumerate(self.back):
            ways[link.id] = self.way_back(link, boxes, rows, index)
        pool = Box(LEFT, TOP, width, ROW * max(rows, 1))
        return Layout(boxes, lanes, pool, ways)

    def columns(self) -> None:
        into: dict[str, list[str]] = {node: [] for node in self.nodes}
        for link in self.forward:
            into[link.target].append(link.source)
        for node in self.nodes:
            self.column[node] = max((self.column[each] + 1 for each in into[node]), default=0)

    def rows(self) -> None:
        into: dict[str, list[Link]] = {node: [] for node in self.nodes}
        for link in self.forward:
            into[link.target].append(link)
        by_column: dict[int, list[str]] = {}
        for node in self.nodes:
            by_column.setdefault(self.column[node], []).append(node)
        passing = [link for link in self.forward if self.column[link.target] - self.column[link.source] > 1]
        for column in sorted(by_column):
            # Ends last: what goes on keeps the straight line.
            for node in sorted(by_column[column], key=lambda each: self.nodes[each].kind == "end"):
                lane = self.lane_of(node)
                wanted = next(
                    (self.row[link.source] for link in into[node] if self.lane_of(link.source) == lane), 0
                )
                self.row[node] = self.take(lane, column, wanted)
            # Those already on their way keep their row.
            for link in sorted(passing, key=lambda each: (each.id, column - 1) not in self.dummies):
                if self.column[link.source] < column < self.column[link.target]:
                    lane = self.lane_of(link.source)
                    wanted = self.dummies.get((link.id, column - 1), self.row[link.source])
                    self.dummies[link.id, column] = self.take(lane, column, wanted)

    def take(self, lane: str, column: int, wanted: int) -> int:
        used = self.taken.setdefault((lane, column), set())
        row = wanted
        while row in used:
            row += 1
        used.add(row)
        return row

    def global_row(self, node: str) -> int:
        return self.first_row[self.lane_of(node)] + self.row[node]

    def centre(self, column: int, row: int) -> Point:
        return LEFT + LABEL * 2 + COLUMN * (column + 0.5), TOP + ROW * (row + 0.5)

    def free_between(self, column: int, one: int, other: int) -> bool:
        """Whether nothing stands in this column between two rows."""
        low, high = sorted((one, other))
        for lane in self.lanes:
            for row in self.taken.get((lane, column), ()):
                if low < self.first_row[lane] + row < high:
                    return False
        return True

    def way(self, link: Link, boxes: dict[str, Box]) -> tuple[Point, ...]:
        source, target = boxes[link.source], boxes[link.target]
        first, last = self.column[link.source], self.column[link.target]
        rows = [self.global_row(link.source)]
        lane = self.lane_of(link.source)
        rows += [self.first_row[lane] + self.dummies[link.id, column] for column in range(first + 1, last)]
        rows.append(self.global_row(link.target))
        points: list[Point] = []
        down = (
            self.nodes[link.source].kind in ("exclusive", "parallel")
            and self.degree(link.source, "source") > 1
            and rows[1] != rows[0]
            and self.free_between(first, rows[0], rows[1])
            and (rows[1] not in self.rows_used(first))
        )
        y = source.y + source.height / 2
        if down:
            edge = source.y + source.height if rows[1] > rows[0] else source.y
            points.append((source.x + source.width / 2, edge))
            y = self.centre(first, rows[1])[1]
            points.append((source.x + source.width / 2, y))
        else:
            points.append((source.x + source.width, y))
        for index in range(1, len(rows)):
            after = self.centre(0, rows[index])[1]
            if after == y:
                continue
            column = first + index
            final = index == len(rows) - 1
            if (
                final
                and self.nodes[link.target].kind in ("exclusive", "parallel")
                and self.degree(link.target, "target") > 1
                and self.free_between(column, rows[index - 1], rows[index])
                and rows[index - 1] not in self.rows_used(column)
            ):
                middle = target.x + target.width / 2
                points.append((middle, y))
                points.append((middle, target.y + target.height if y > after else target.y))
                return tuple(points)
            edge = LEFT + LABEL * 2 + COLUMN * column + self.aside[link.id]
            points.append((edge, y))
            points.append((edge, after))
            y = after
        points.append((target.x, y))
        return tuple(points)

    def degree(self, node: str, side: str) -> int:
        """How many links leave a node, or come to it."""
        return sum(1 for link in self.links if getattr(link, side) == node)

    def rows_used(self, column: int) -> set[int]:
        return {
            self.first_row[lane] + row for lane in self.lanes for row in self.taken.get((lane, column), ())
        }

    def way_back(self, link: Link, boxes: dict[str, Box], rows: int, index: int) -> tuple[Point, ...]:
        """A loop goes round below everything."""
        source, target = boxes[link.source], boxes[link.target]
        low = TOP + ROW * rows + 20 + 14 * index
        start, end = source.x + source.width / 2, target.x + target.width / 2
        return (
            (start, source.y + source.height),
            (start, low),
            (end, low),
            (end, target.y + target.height),
        )
