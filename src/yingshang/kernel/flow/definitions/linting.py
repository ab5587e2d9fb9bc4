"""What has to hold before a flow may be published."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from yingshang.rules.errors import ExpressionError
from yingshang.rules.feel.names import free_names

from ..errors import CannotPublish, ConditionUndecided, InvalidDiagram
from .bound import BoundFlow, not_accepted
from .conditions import holds, parse_condition, problems_of, unknown_outcomes
from .reading import Arrow, Diagram, Finding, Severity, Symbol, read_bpmn
from .rules import CompiledFlow, Link, Node, StepRule, outcome_name
from .soundness import walk_through

MOST_COMBINATIONS = 512
"""Combinations of outcomes that are tried to see whether a gateway always has a way out."""


@dataclass(frozen=True, slots=True)
class FormNames:
    """The fields of a published form, by what a step may do with them."""

    plain: frozenset[str] = frozenset()
    """Their answers may become data of the case."""
    kept: frozenset[str] = frozenset()
    """Their answers stay with the form: what is about people, and files."""
    set_by_process: frozenset[str] = frozenset()
    """Required, but nobody can type them."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the platform knows: role codes, ladder codes, forms by code. None means: do not check."""

    roles: Collection[str] | None = None
    ladders: Collection[str] | None = None
    forms: Mapping[str, FormNames] | None = None
    bound: BoundFlow | None = None
    """What the process behind this very definition can follow."""


def lint(bpmn: str | bytes, known: Known | None = None) -> tuple[Finding, ...]:
    """Everything there is to say about a diagram, errors first; what has no error can be published."""
    try:
        diagram = read_bpmn(bpmn)
    except InvalidDiagram as error:
        line = error.details.get("line")
        return (Finding("error", "definitions", error.message, error.message_zh, line),)
    return lint_diagram(diagram, known)


def lint_diagram(diagram: Diagram, known: Known | None = None) -> tuple[Finding, ...]:
    """The findings of a diagram that was read already."""
    findings = [*diagram.findings, *_Linter(diagram, known or Known()).findings()]
    sound = not any(finding.severity == "error" for finding in findings)
    if known is not None and known.bound is not None and sound:
        findings += not_accepted(_compiled(diagram, known.bound.definition), known.bound)
    rank = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(dict.fromkeys(findings), key=lambda each: (rank[each.severity], each.line or 0)))


def compile_bpmn(bpmn: str | bytes, known: Known | None = None, *, code: str = "") -> CompiledFlow:
    """The definition, ready to run, under `code` (the id of the process if none is given).

    Raises CannotPublish with the findings when the linter finds an error.
    """
    try:
        diagram = read_bpmn(bpmn)
        findings = lint_diagram(diagram, known)
    except InvalidDiagram:
        findings = lint(bpmn, known)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise CannotPublish(
            "; ".join(f"{each.where}: {each.message}" for each in errors[:10]),
            message_zh="；".join(f"{each.where}：{each.message_zh}" for each in errors[:10]),
            findings=[each.as_dict() for each in findings],
        )
    return _compiled(diagram, code or diagram.code)


def _compiled(diagram: Diagram, code: str) -> CompiledFlow:
    nodes, links = graph_of(diagram)
    order = reading_order(nodes, links)
    steps = {symbol: rule for symbol in order if (rule := diagram.symbols[symbol].rule) is not None}
    used = {rule.lane for rule in steps.values()}
    return CompiledFlow(
        code=code,
        name=diagram.name,
        name_en=diagram.name_en,
        source=diagram.source,
        facts=diagram.facts,
        lanes=tuple(drawn.lane for drawn in diagram.lanes if drawn.lane.code in used),
        case=diagram.case,
        nodes={symbol: nodes[symbol] for symbol in order},
        links=links,
        steps=steps,
        parallel_groups=_parallel_groups(nodes, links, tuple(steps)),
    )


def graph_of(diagram: Diagram) -> tuple[dict[str, Node], tuple[Link, ...]]:
    """Nodes and links that hold together; arrows that lead nowhere are left out."""
    nodes = {
        symbol.id: Node(symbol.id, symbol.kind, symbol.name, symbol.name_en, symbol.lane, symbol.terminate)
        for symbol in diagram.symbols.values()
    }
    defaults = {symbol.default for symbol in diagram.symbols.values() if symbol.default}
    ways = dict.fromkeys(nodes, 0)
    for arrow in diagram.arrows:
        if arrow.source in nodes:
            ways[arrow.source] += 1
    links = []
    for arrow in diagram.arrows:
        if arrow.source in nodes and arrow.target in nodes:
            single = nodes[arrow.source].kind == "exclusive" and ways[arrow.source] == 1
            default = single or arrow.id in defaults
            when = None if default or nodes[arrow.source].kind != "exclusive" else arrow.when
            links.append(Link(arrow.id, arrow.source, arrow.target, when, default, arrow.name))
    return nodes, tuple(links)


def reading_order(nodes: dict[str, Node], links: tuple[Link, ...]) -> tuple[str, ...]:
    """Nodes in the order a reader meets them: each after what leads to it, as far as there are no loops."""
    following: dict[str, list[str]] = {node: [] for node in nodes}
    for link in links:
        following[link.source].append(link.target)
    # Depth first without recursion; the reverse of the order of leaving is topological.
    left: list[str] = []
    seen: set[str] = set()
    starts = [node for node in nodes if nodes[node].kind == "start"] + list(nodes)
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(reversed(following[start])))]
        while stack:
            node, rest = stack[-1]
            child = next((each for each in rest if each not in seen), None)
            if child is None:
                left.append(node)
                stack.pop()
            else:
                seen.add(child)
                stack.append((child, iter(reversed(following[child]))))
    return tuple(reversed(left))


def _parallel_groups(
    nodes: dict[str, Node], links: tuple[Link, ...], steps: tuple[str, ...]
) -> tuple[tuple[str, ...], ...]:
    """The steps between each parallel gateway that splits and the nearest that all its branches come to."""
    following: dict[str, list[str]] = {node: [] for node in nodes}
    for link in links:
        following[link.source].append(link.target)

    def after(node: str, until: str | None = None) -> set[str]:
        seen: set[str] = set()
        waiting = [node]
        while waiting:
            each = waiting.pop()
            if each not in seen and each != until:
                seen.add(each)
                waiting.extend(following[each])
        return seen

    groups = []
    for node in nodes.values():
        if node.kind != "parallel" or len(following[node.id]) < 2:
            continue
        branches = [after(branch) for branch in following[node.id]]
        common = set.intersection(*branches)
        # The nearest: the one after which the others come.
        joins = [each for each in common if nodes[each].kind == "parallel" and each != node.id]
        join = max(joins, key=lambda each: len(after(each)), default=None)
        inside = set().union(*(after(branch, join) for branch in following[node.id]))
        groups.append(tuple(step for step in steps if step in inside))
    return tuple(groups)


class _Linter:
    def __init__(self, diagram: Diagram, known: Known) -> None:
        self.diagram = diagram
        self.known = known
        self.nodes, self.links = graph_of(diagram)
        self.found: list[Finding] = []
        self.into: dict[str, list[Link]] = {node: [] for node in self.nodes}
        self.out: dict[str, list[Link]] = {node: [] for node in self.nodes}
        for link in self.links:
            self.into[link.target].append(link)
            self.out[link.source].append(link)

    def say(self, severity: Severity, where: Symbol | Arrow | str, message: str, message_zh: str) -> None:
        if isinstance(where, str):
            self.found.append(Finding(severity, where, message, message_zh))
        else:
            named = f" ({where.name})" if where.name else ""
            self.found.append(
                Finding(
                    severity,
                    where.id,
                    f"{where.id}{named}: {message}",
                    f"{where.name or where.id}：{message_zh}",
                    where.line,
                )
            )

    def findings(self) -> list[Finding]:
        self.whole()
        self.arrows()
        for symbol in self.diagram.symbols.values():
            self.ways(symbol)
            if symbol.rule is not None:
                self.step(symbol)
        self.lanes()
        self.conditions()
        if not any(finding.severity == "error" for finding in (*self.found, *self.diagram.findings)):
            self.walk()
        return self.found

    def whole(self) -> None:
        diagram = self.diagram
        if not diagram.name:
            self.say("error", "process", "give the process a name", "请填写流程名称")
        starts = [symbol for symbol in diagram.symbols.values() if symbol.kind == "start"]
        if len(starts) != 1:
            self.say(
                "error",
                "process",
                f"a flow has exactly one start event; this has {len(starts)}",
                f"流程应有且只有一个开始事件，现有 {len(starts)} 个",
            )
        if not any(symbol.kind == "end" for symbol in diagram.symbols.values()):
            self.say("error", "process", "an end event is missing", "缺少结束事件")
        if not any(symbol.kind == "step" for symbol in diagram.symbols.values()):
            self.say("error", "process", "there is no step (user task)", "流程没有环节（用户任务）")
        if diagram.case.term is None:
            self.say(
                "warning",
                "process",
                "the case has no term, so nobody is reminded of the whole",
                "没有填写办件总时限，整体超时不会提醒",
            )
        self.ladder("process", diagram.case.ladder)
        names: dict[str, str] = {}
        for symbol in diagram.symbols.values():
            if symbol.kind == "step":
                other = names.setdefault(outcome_name(symbol.id), symbol.id)
                if other != symbol.id:
                    self.say(
                        "error",
                        symbol,
                        f"its outcome would have the same name as that of {other}; change the id",
                        f"结果名称与“{other}”相同，请修改 id",
                    )
        self.fact_names("process", diagram.facts)

    def fact_names(self, where: Symbol | str, declared: Iterable[str]) -> None:
        for fact in declared:
            if not fact or len(fact) > 100 or fact.startswith("outcome_of_"):
                self.say(
                    "error", where, f"{fact!r} cannot be the name of a fact", f"“{fact}”不能作为数据名称"
                )

    def ladder(self, where: Symbol | str, ladder: str | None) -> None:
        if ladder and self.known.ladders is not None and ladder not in self.known.ladders:
            listed = ", ".join(sorted(self.known.ladders)) or "-"
            self.say(
                "error",
                where,
                f"there is no ladder {ladder!r}; there are: {listed}",
                f"没有提醒规则“{ladder}”，可选：{listed}",
            )

    def arrows(self) -> None:
        for arrow in self.diagram.arrows:
            missing = [end for end in (arrow.source, arrow.target) if end not in self.nodes]
            if missing:
                self.say(
                    "error",
                    arrow,
                    f"this flow begins or ends at {missing[0]!r}, which is no step, gateway or event that can be used",
                    f"顺序流的起点或终点“{missing[0]}”不是可用的环节、网关或事件",
                )

    def ways(self, symbol: Symbol) -> None:
        into, out = self.into[symbol.id], self.out[symbol.id]
        if symbol.kind == "start":
            if into:
                self.say("error", symbol, "nothing leads into a start", "开始事件不能有流入")
            if len(out) != 1:
                self.say(
                    "error", symbol, "exactly one flow leads out of a start", "开始事件应有且只有一个流出"
                )
            return
        if not into:
            self.say(
                "error",
                symbol,
                "nothing leads here; draw a flow to it or remove it",
                "没有流入，永远不会到达；请连线或删除",
            )
        if symbol.kind == "end":
            if out:
                self.say("error", symbol, "nothing leads out of an end", "结束事件不能有流出")
            return
        if not out:
            self.say(
                "error",
                symbol,
                "nothing leads on from here; draw a flow to an end event",
                "没有流出；请连到结束事件",
            )
        if symbol.kind == "step" and len(out) > 1:
            self.say(
                "error",
                symbol,
                "several flows lead out of a step; put an exclusive or a parallel gateway behind it",
                "环节有多个流出；请在其后加排他网关或并行网关",
            )

    def step(self, symbol: Symbol) -> None:
        rule = symbol.rule
        assert rule is not None
        if not rule.name:
            self.say("error", symbol, "give the step a name", "请填写环节名称")
        if not rule.role:
            self.say(
                "error",
                symbol,
                "say which role does this step (role, such as window_official)",
                "请填写办理角色（role），如 window_official",
            )
        elif self.known.roles is not None and rule.role not in self.known.roles:
            listed = ", ".join(sorted(self.known.roles))
            self.say(
                "error",
                symbol,
                f"there is no role {rule.role!r}; there are: {listed}",
                f"没有角色“{rule.role}”，可选：{listed}",
            )
        self.fact_names(symbol, rule.sets)
        if not rule.lane:
            self.say(
                "error",
                symbol,
                "it stands in no lane; put it into the lane of the agency that does it",
                "不在任何泳道中；请放入办理机构的泳道",
            )
        before = self.steps_before(symbol.id)
        for other in rule.not_same_as:
            if other not in before or other == symbol.id:
                self.say(
                    "error",
                    symbol,
                    f"notSameAs names {other!r}, which is no step before this one",
                    f"notSameAs 中的“{other}”不是之前的环节",
                )
        for outcome in rule.outcomes:
            if outcome.ends and not self.ends_with(symbol.id, outcome.code):
                self.say(
                    "error",
                    symbol,
                    f"outcome {outcome.code!r} is to end the case, but the way it takes goes on; lead it to an end",
                    f"结果“{outcome.name}”应结束办件，但其流向还有后续；请连到结束事件",
                )
        if rule.term is None:
            self.say("warning", symbol, "it has no term, so nobody is reminded", "没有时限，超时不会提醒")
        self.ladder(symbol, rule.ladder)
        if rule.form and self.known.forms is not None:
            self.form(symbol, rule, self.known.forms.get(rule.form))

    def form(self, symbol: Symbol, rule: StepRule, form: FormNames | None) -> None:
        if form is None:
            self.say("error", symbol, f"there is no form {rule.form!r}", f"没有表单“{rule.form}”")
            return
        if form.set_by_process:
            listed = ", ".join(sorted(form.set_by_process))
            self.say(
                "error",
                symbol,
                f"nobody at a step can fill in {listed} of the form {rule.form!r}: only a process sets them",
                f"表单“{rule.form}”的必填项 {listed} 只能由业务流程写入，环节中无法填写",
            )
        for name in rule.sets:
            if name in form.kept:
                self.say(
                    "error",
                    symbol,
                    f"{name!r} is about a person, or a file: it stays with the form and is no data of the case",
                    f"“{name}”是个人信息或文件，只随表单保存，不能写入办件数据",
                )
            elif name not in form.plain:
                self.say(
                    "warning",
                    symbol,
                    f"the form {rule.form!r} has no field {name!r}; only the process behind the case can give it",
                    f"表单“{rule.form}”没有字段“{name}”，只能由业务流程写入",
                )

    def ends_with(self, step: str, outcome: str) -> bool:
        """Whether a step with this outcome leads to an end, or it cannot be told from the outcome alone."""
        out = self.out[step]
        facts = {outcome_name(step): outcome}
        steps = [node for node in self.nodes if self.nodes[node].kind == "step"]
        known = frozenset({*self.declared(steps), *map(outcome_name, steps)})
        for _ in self.nodes:
            if len(out) != 1:
                return True
            node = self.nodes[out[0].target]
            if node.kind != "exclusive":
                return node.kind == "end"
            out = self.taken(node.id, facts, known)
        return True

    def taken(self, gateway: str, facts: dict[str, str], known: frozenset[str]) -> list[Link]:
        """The one way out of a gateway that these facts decide; nothing if they do not."""
        for link in self.out[gateway]:
            if link.default:
                continue
            try:
                if holds(link.when or "", facts, known):
                    return [link]
            except (ConditionUndecided, ExpressionError):
                return []
        return [link for link in self.out[gateway] if link.default]

    def lanes(self) -> None:
        codes: dict[str, str] = {}
        homes: dict[str, str] = {}
        for drawn in self.diagram.lanes:
            if drawn.lane.code in codes:
                self.found.append(
                    Finding(
                        "error",
                        drawn.id,
                        f"two lanes have the code {drawn.lane.code!r}",
                        f"泳道代码“{drawn.lane.code}”重复",
                        drawn.line,
                    )
                )
            codes[drawn.lane.code] = drawn.id
            for member in drawn.members:
                if member not in self.diagram.symbols:
                    self.found.append(
                        Finding(
                            "warning",
                            drawn.id,
                            f"the lane names {member!r}, which is not there",
                            f"泳道引用了不存在的“{member}”",
                            drawn.line,
                        )
                    )
                elif homes.setdefault(member, drawn.id) != drawn.id:
                    self.say(
                        "error", self.diagram.symbols[member], "it stands in two lanes", "同时在两个泳道中"
                    )

    def conditions(self) -> None:
        arrows = {arrow.id: arrow for arrow in self.diagram.arrows}
        for arrow in arrows.values():
            source = self.diagram.symbols.get(arrow.source)
            if arrow.when is not None and source is not None and source.kind != "exclusive":
                self.say(
                    "error",
                    arrow,
                    "only flows out of an exclusive gateway have conditions; put one in between",
                    "只有排他网关的流出可以带条件；请在中间加排他网关",
                )
        for symbol in self.diagram.symbols.values():
            if symbol.default and symbol.default not in {link.id for link in self.out[symbol.id]}:
                self.say("error", symbol, "its default flow does not lead out of it", "默认流向不是它的流出")
            if symbol.kind == "exclusive" and len(self.out[symbol.id]) > 1:
                self.gateway(symbol, arrows)

    def gateway(self, symbol: Symbol, arrows: dict[str, Arrow]) -> None:
        before = self.steps_before(symbol.id)
        known = {*self.declared(before), *(outcome_name(step) for step in before)}
        sound = True
        for link in self.out[symbol.id]:
            arrow = arrows[link.id]
            if link.default:
                continue
            if not link.when:
                self.say(
                    "error",
                    arrow,
                    f"it needs a condition in FEEL, such as {self.example(before)}, or has to be the default flow",
                    f"需要 FEEL 条件，如 {self.example(before)}，或设为默认流向",
                )
                sound = False
                continue
            for english, chinese in problems_of(link.when, known):
                self.say(
                    "error",
                    arrow,
                    f"condition “{link.when[:80]}”: {english}",
                    f"条件“{link.when[:80]}”：{chinese}",
                )
                sound = False
            if sound:
                sound = self.outcomes_exist(arrow, link.when, before)
        if sound and not any(link.default for link in self.out[symbol.id]):
            self.always_a_way(symbol, before)

    def example(self, before: list[str]) -> str:
        for step in reversed(before):
            rule = self.diagram.symbols[step].rule
            if rule is not None:
                return f'{outcome_name(step)} = "{rule.outcomes[0].code}"'
        return "amount > 1000"

    def steps_before(self, node: str) -> list[str]:
        seen: set[str] = set()
        waiting = [node]
        while waiting:
            for link in self.into[waiting.pop()]:
                if link.source not in seen:
                    seen.add(link.source)
                    waiting.append(link.source)
        return [
            symbol for symbol in self.diagram.symbols if symbol in seen and self.nodes[symbol].kind == "step"
        ]

    def declared(self, before: Collection[str]) -> frozenset[str]:
        """The names conditions may read behind these steps: what the opening gives, and what they set."""
        rules = (self.diagram.symbols[step].rule for step in before)
        return frozenset(
            {*self.diagram.facts, *(name for rule in rules if rule is not None for name in rule.sets)}
        )

    def outcomes_exist(self, arrow: Arrow, when: str, before: list[str]) -> bool:
        codes = {}
        for step in before:
            rule = self.diagram.symbols[step].rule
            if rule is not None:
                codes[outcome_name(step)] = tuple(outcome.code for outcome in rule.outcomes)
        problems = unknown_outcomes(when, {*self.declared(before), *codes}, codes)
        for english, chinese in problems:
            self.say("error", arrow, english, chinese)
        return not problems

    def always_a_way(self, symbol: Symbol, before: list[str]) -> None:
        """Without a default flow, some condition has to hold whatever the outcomes are."""
        names = {outcome_name(step): step for step in before}
        known = frozenset({*self.declared(before), *names})
        conditions = [link.when or "" for link in self.out[symbol.id]]
        used = sorted({name for text in conditions for name in free_names(parse_condition(text, known))})
        advice = "make one of its flows the default", "请将其中一个流出设为默认流向"
        if any(name not in names for name in used):
            self.say(
                "error", symbol, f"it may have no way out: {advice[0]}", f"可能没有可走的流向：{advice[1]}"
            )
            return
        choices: list[list[str | None]] = []
        for name in used:
            rule = self.diagram.symbols[names[name]].rule
            assert rule is not None
            codes: list[str | None] = [outcome.code for outcome in rule.outcomes]
            choices.append(codes if self.certainly_done(names[name], symbol.id) else [*codes, None])
        for count, combination in enumerate(itertools.product(*choices)):
            if count >= MOST_COMBINATIONS:
                self.say(
                    "error", symbol, f"too many outcomes to try: {advice[0]}", f"结果组合过多：{advice[1]}"
                )
                return
            facts = dict(zip(used, combination, strict=True))
            try:
                good = any(holds(text, facts, known) for text in conditions)
            except (ConditionUndecided, ExpressionError):
                good = False
            if not good:
                case = ", ".join(f"{name} = {value or 'null'}" for name, value in facts.items())
                self.say(
                    "error",
                    symbol,
                    f"no flow holds when {case}; {advice[0]}",
                    f"当 {case} 时没有可走的流向；{advice[1]}",
                )
                return

    def certainly_done(self, step: str, gateway: str) -> bool:
        """Whether nobody comes to the gateway without doing the step first."""
        starts = [node for node in self.nodes if self.nodes[node].kind == "start"]
        seen = set(starts)
        waiting = list(starts)
        while waiting:
            for link in self.out[waiting.pop()]:
                if link.target != step and link.target not in seen:
                    seen.add(link.target)
                    waiting.append(link.target)
        return gateway not in seen

    def walk(self) -> None:
        order = reading_order(self.nodes, self.links)
        walk = walk_through({node: self.nodes[node] for node in order}, self.links)
        symbols = self.diagram.symbols
        if walk.too_many:
            self.say(
                "error",
                "process",
                "there are too many ways through this flow to check; split it, or use fewer parallel branches",
                "流程路径过多，无法检查；请拆分流程或减少并行分支",
            )
            return
        for node in walk.stuck:
            self.say(
                "error",
                symbols[node],
                "the case gets stuck here: it waits for a branch that may never come. "
                "Join parallel branches with a parallel gateway, and others with an exclusive one",
                "办件会停在这里：等待的分支可能不会到达。并行分支用并行网关汇合，其他分支用排他网关汇合",
            )
        for node in walk.doubled:
            self.say(
                "error",
                symbols[node],
                "two branches come here at the same time; join them with a parallel gateway first",
                "会被两个分支同时到达；请先用并行网关汇合",
            )
        for node in self.nodes:
            if node not in walk.reached and not walk.stuck:
                self.say("error", symbols[node], "it is never reached", "永远不会到达")
        if not walk.ends and not walk.stuck:
            self.say("error", "process", "the flow never ends", "流程无法结束")
        self.circles()

    def circles(self) -> None:
        """Loops of gateways alone would turn for ever."""
        following = {
            node: [
                link.target
                for link in self.out[node]
                if self.nodes[link.target].kind in ("exclusive", "parallel")
            ]
            for node in self.nodes
            if self.nodes[node].kind in ("exclusive", "parallel")
        }
        for start, first in following.items():
            seen: set[str] = set()
            waiting = list(first)
            while waiting:
                node = waiting.pop()
                if node == start:
                    self.say(
                        "error",
                        self.diagram.symbols[start],
                        "it leads back to itself without a step in between",
                        "不经过任何环节就回到自身，会无限循环",
                    )
                    return
                if node not in seen:
                    seen.add(node)
                    waiting.extend(following[node])
