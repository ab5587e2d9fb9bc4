"""Definitions and the engine: what loading, moving and keeping a case costs. Called by `flow`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources import files
from statistics import median
from time import perf_counter
from typing import Any

from bench.kernel import Figure

STEP = "{{id: {id}, name: 环节, who: {{role: window_official, agency: window}}, term: {{working_days: 2}}{more}}}"


def figures(quick: bool) -> Iterator[Figure]:
    """The engine alone, without a database, from the kept text to the text to keep."""
    from yingshang.kernel.flow import engine
    from yingshang.kernel.flow.definitions import compile_bpmn, compose_bpmn, lint, parse_steps, read_spec
    from yingshang.kernel.flow.drawing import draw

    rounds = 20 if quick else 300
    small = (files("yingshang.kernel.flow") / "data/flows/fact_objection.yaml").read_text(encoding="utf-8")
    for name, text, aim in (
        ("3 steps (the objection to a fact)", small, "4 ms"),
        ("30 steps, 4 of them at a time", _large(), ""),
    ):
        bpmn = compose_bpmn(parse_steps(text))
        spec = compile_bpmn(bpmn).spec
        kept = json.dumps(engine.begin(spec, {}).state)
        times: list[float] = []
        largest = len(kept)
        for _ in range(max(1, rounds // 10)):
            state = kept
            while True:
                begun = perf_counter()
                loaded = json.loads(state)
                step, token = next(iter(loaded["ready"].items()))
                outcome = read_spec(spec).steps[step].outcomes[0].code
                position = engine.complete(spec, loaded, token, {}, outcome=outcome)
                state = json.dumps(position.state, ensure_ascii=False)
                times.append(perf_counter() - begun)
                largest = max(largest, len(state))
                if position.ended:
                    break
        yield Figure(f"load, step, save: {name}", median(times) * 1000, "ms", aim, "engine alone, median")
        yield Figure(
            f"the same, of the slowest steps: {name}", sorted(times)[-1 - len(times) // 20] * 1000, "ms"
        )
        yield Figure(f"state kept at its largest: {name}", largest / 1024, "KB")
        yield Figure(
            f"a definition read the first time in a process: {name}",
            _middle(partial(_cold, engine, read_spec, spec), rounds // 10) * 1000,
            "ms",
        )
        yield Figure(f"linted: {name}", _middle(partial(lint, bpmn), rounds // 10) * 1000, "ms")
        yield Figure(f"drawn: {name}", _middle(partial(draw, bpmn), rounds // 10) * 1000, "ms")


def _cold(engine: Any, read_spec: Any, spec: str) -> None:
    read_spec.cache_clear()
    engine._program.cache_clear()
    engine.begin(spec, {})


def _middle(act: Callable[[], Any], times: int) -> float:
    taken = []
    for _ in range(times):
        begun = perf_counter()
        act()
        taken.append(perf_counter() - begun)
    return median(taken)


def _large() -> str:
    """Six groups one after the other: four steps at a time and one that decides whether the next is done."""
    parts = []
    for group in range(6):
        branches = ", ".join(f"[{_step(f's{group}_{number}')}]" for number in range(4))
        parts.append(f"  - parallel: [{branches}]")
        when = f", when: 'outcome_of_s{group}_0 = \"done\"'"
        parts.append(f"  - {_step(f'd{group}', when)}")
    return "code: large\nname: 大流程\nsteps:\n" + "\n".join(parts) + "\n"


def _step(identifier: str, more: str = "") -> str:
    return STEP.format(id=identifier, more=more)
