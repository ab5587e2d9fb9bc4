"""Does a flow always come to an end? Every way through it is walked, on paper.

A marking is where tokens lie. Steps and exclusive gateways may go any of their ways; a parallel gateway waits for all
that lead to it. Found are: what is never reached, where it gets stuck, and where two tokens come to one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .rules import Link, Node

MOST_MARKINGS = 20_000

Marking = frozenset[str]
"""Ids of the links that hold a token."""


@dataclass(slots=True)
class Walk:
    """What walking every way found."""

    reached: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    """Parallel gateways that wait for a token which cannot come."""
    doubled: set[str] = field(default_factory=set)
    """Nodes that two tokens come to."""
    too_many: bool = False
    ends: bool = False


class Net:
    """The diagram as tokens see it. `nodes` come in reading order."""

    def __init__(self, nodes: Mapping[str, Node], links: tuple[Link, ...]) -> None:
        self.nodes = nodes
        self.order = {node: index for index, node in enumerate(nodes)}
        self.links = {link.id: link for link in links}
        self.into: dict[str, list[str]] = {node: [] for node in nodes}
        self.out: dict[str, list[str]] = {node: [] for node in nodes}
        for link in links:
            self.into[link.target].append(link.id)
            self.out[link.source].append(link.id)

    def first(self) -> Marking:
        """The marking after the start."""
        return frozenset(
            link for node in self.nodes.values() if node.kind == "start" for link in self.out[node.id]
        )

    def next(self, marking: Marking, walk: Walk) -> Iterator[Marking]:
        """Every way on from a marking, moving one token: the one least far on.

        Tokens elsewhere neither help nor hinder it, so the order of moves does not matter, and ten parallel branches
        are ten times as much to walk as one, not a hundred thousand times. Taking the hindmost lets two tokens that
        can meet, meet. An end that stops everything comes last.
        """
        stops = False
        for link in sorted(marking, key=lambda each: self.order[self.links[each].target]):
            node = self.nodes[self.links[link].target]
            if node.kind == "parallel":
                if not set(self.into[node.id]) <= marking:
                    continue
                walk.reached.add(node.id)
                yield self._put(marking - set(self.into[node.id]), self.out[node.id], walk)
                return
            walk.reached.add(node.id)
            if node.kind != "end":
                for way in self.out[node.id]:
                    yield self._put(marking - {link}, [way], walk)
                return
            walk.ends = True
            if not node.terminate:
                yield marking - {link}
                return
            stops = True
        if stops:
            yield frozenset()

    def _put(self, marking: Marking, links: list[str], walk: Walk) -> Marking:
        for link in links:
            # Two tokens on one link, or two links with tokens into a step: it would be there twice at a time.
            target = self.links[link].target
            others = set(self.into[target]) - {link}
            joins = self.nodes[target].kind in ("parallel", "end")
            if link in marking or (not joins and others & marking):
                walk.doubled.add(target)
        return marking | frozenset(links)


def walk_through(nodes: Mapping[str, Node], links: tuple[Link, ...]) -> Walk:
    """Walk every way from the start; gives up, and says so, after MOST_MARKINGS. `nodes` come in reading order."""
    net = Net(nodes, links)
    walk = Walk()
    first = net.first()
    walk.reached |= {node.id for node in nodes.values() if node.kind == "start"}
    seen = {first}
    waiting = [first]
    while waiting:
        marking = waiting.pop()
        following = list(net.next(marking, walk))
        if not following and marking:
            walk.stuck |= {net.links[link].target for link in marking}
        for each in following:
            if each not in seen:
                if len(seen) >= MOST_MARKINGS:
                    walk.too_many = True
                    return walk
                seen.add(each)
                waiting.append(each)
    return walk
