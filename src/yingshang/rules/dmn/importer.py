"""Decision models: `.dmn` files of DMN 1.1 to 1.5 (1.5: chapters 6 to 8 and 10.2) as common modellers write them.

Understood: decisions, input data, business knowledge models, item definitions; decision tables, literal expressions,
boxed contexts, invocations, lists, relations, functions, conditionals, filters and iterators; requirements between
them. Everything else that would change an answer (imports, decision services, functions in Java or PMML, other
expression languages) is refused with the id of the element. Diagrams, annotations and a modeller's own extensions do
not change answers and are passed over.

What modellers do differently, and what is done about it:

- Camunda Modeler names the result of a decision by the decision's id as often as by its name, and needs no input
  data: a decision can be reached by name, by its variable and by id, and a free name in an expression is an input.
- An empty input cell is "-"; an empty output cell is null.
- Types are written `feel:number`, `number`, `integer`, `{namespace}number`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from yingshang.rules.dmn.document import parse_table
from yingshang.rules.dmn.markup import Element, ModelError, read_xml
from yingshang.rules.dmn.table import Compiler, DecisionTable
from yingshang.rules.errors import DomainError, ExpressionError
from yingshang.rules.feel import syntax
from yingshang.rules.feel.evaluate import Evaluation, Mode, Scope, compile_expression, settled
from yingshang.rules.feel.functions import Environment, find_builtin
from yingshang.rules.feel.operators import kind_of, kind_zh
from yingshang.rules.feel.parser import parse_expression, parse_unary_tests
from yingshang.rules.feel.syntax import Node, TypeName, UnaryTests
from yingshang.rules.feel.types import TYPE_NAMES, coerce
from yingshang.rules.feel.values import Failure, OpenContext, Unknown, open_facts

_NAMESPACES = {
    "http://www.omg.org/spec/DMN/20130901": "1.0",
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20151130": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
_EXPRESSIONS = (
    "decisionTable", "literalExpression", "context", "invocation", "list", "relation", "functionDefinition",
    "conditional", "filter", "for", "some", "every",
)  # fmt: skip
# Common names for the built-in types, DMN 1.5, table 10.3.2.1 and Camunda's own.
_TYPE_ALIASES = {
    "integer": "number", "long": "number", "double": "number", "float": "number", "decimal": "number",
    "dateTime": "date and time", "dayTimeDuration": "days and time duration",
    "daysAndTimeDuration": "days and time duration", "yearMonthDuration": "years and months duration",
    "yearsAndMonthsDuration": "years and months duration", "any": "Any",
}  # fmt: skip
# The entry of a boxed context that is its result (DMN 1.5, 10.2.1.4): no name that FEEL could spell.
_RESULT = "<result>"


@dataclass(frozen=True, slots=True)
class DataType:
    """The type of a value: a FEEL type, and tests that the value, or each of its elements, must pass."""

    type: TypeName
    allowed: UnaryTests | None = None
    collection: bool = False
    components: tuple[tuple[str, DataType], ...] = ()


@dataclass(frozen=True, slots=True)
class ModelInput:
    """Something the model has to be told. `declared`: as input data, not only as a free name in an expression."""

    name: str
    element: str
    type: DataType | None = None
    declared: bool = True


@dataclass(frozen=True, slots=True)
class ModelDecision:
    """A decision: its logic, what it requires, and the names its result is known by."""

    name: str
    element: str
    node: Node
    requires: tuple[str, ...]
    aliases: tuple[str, ...]
    type: DataType | None = None
    table: Mapping[str, Any] | None = None
    """The decision table as plain data, if that is its logic."""


@dataclass(frozen=True, slots=True)
class MissingLogic(Node):
    """A decision drawn but not written (DMN 1.5, 6.3.7): null in FEEL mode, and in policy mode a Failure."""

    name: str

    def compile_with(self, compiler: Compiler) -> Evaluation:
        """The function from a scope to null or Failure."""
        answer = (
            Failure(f"{self.name} has no logic yet", f"“{self.name}”尚未写明逻辑")
            if compiler.policy
            else None
        )
        return lambda scope: answer


@dataclass(slots=True)
class DecisionModel:
    """An imported model. Decisions stand in an order in which each comes after what it requires."""

    name: str
    version: str
    inputs: dict[str, ModelInput]
    details: dict[str, ModelDecision]
    knowledge: dict[str, Node]
    _compiled: dict[tuple[str, Mode], Evaluation] = field(default_factory=dict)

    @property
    def decisions(self) -> dict[str, Node]:
        """The logic of each decision, by its name."""
        return {name: each.node for name, each in self.details.items()}

    def evaluate(
        self,
        decision_name: str,
        context: Mapping[str, Any],
        mode: Mode = Mode.FEEL,
        *,
        environment: Environment | None = None,
    ) -> Any:
        """The result of a decision, by name or id, with everything it requires.

        `context` holds FEEL values by the names of inputs. One that is absent is null in FEEL mode and Unknown in
        policy mode; one that does not fit its type or its allowed values is null, or in policy mode a Failure.
        """
        values: dict[str, Any] = {}
        for name, value in context.items():
            declared = self.inputs.get(name)
            if mode is Mode.POLICY:
                value = open_facts(value, name)
            values[name] = _fitted(value, declared.type if declared else None, name, mode)
        knowledge: dict[str, Any] = {}
        functions = Scope(knowledge, environment=environment)
        for name, node in self.knowledge.items():
            knowledge[name] = self._evaluation(f"knowledge {name}", node, mode)(functions)
        wanted = self._find(decision_name)
        results: dict[str, Any] = {}
        try:
            for name in self._needed(wanted.name):
                decision = self.details[name]
                scope = Scope(results, Scope(values, functions))
                value = self._evaluation(f"decision {name}", decision.node, mode)(scope)
                value = _fitted(value, decision.type, name, mode)
                for alias in decision.aliases:
                    results[alias] = value
        except RecursionError:
            failure = Failure("a function calls itself without end", "函数无休止地调用自身")
            return failure if mode is Mode.POLICY else None
        value = results[wanted.aliases[0]]
        return settled(value) if mode is Mode.POLICY else value

    def _evaluation(self, key: str, node: Node, mode: Mode) -> Evaluation:
        found = self._compiled.get((key, mode))
        if found is None:
            found = self._compiled[key, mode] = compile_expression(node, mode)
        return found

    def _find(self, name: str) -> ModelDecision:
        found = self.details.get(name) or next(
            (each for each in self.details.values() if name in (each.element, *each.aliases)), None
        )
        if found is None:
            close = difflib.get_close_matches(name, list(self.details), n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            hint_zh = f"，是否为“{close[0]}”？" if close else ""
            raise ModelError(
                f"there is no decision {name!r}{hint}", message_zh=f"没有名为“{name}”的决策{hint_zh}"
            )
        return found

    def _needed(self, name: str) -> list[str]:
        wanted = {name}
        for each in reversed(self.details):
            if each in wanted:
                wanted.update(self.details[each].requires)
        return [each for each in self.details if each in wanted]


def import_dmn(xml: bytes) -> DecisionModel:
    """The decision model of a `.dmn` file. Raises ModelError or ExpressionError, naming the element's id."""
    root = read_xml(xml)
    if root.name != "definitions" or root.namespace not in _NAMESPACES:
        raise ModelError(
            f"this is no DMN 1.1 to 1.5 file: its root is {root.name} of {root.namespace or 'no namespace'}",
            message_zh=f"不是 DMN 1.1 至 1.5 的文件：根元素为 {root.name}，命名空间为 {root.namespace or '空'}",
        )
    return _Importer(root).model()


def to_policy_tables(model: DecisionModel) -> dict[str, dict[str, Any]]:
    """Each decision table of a model as the plain data a policy document holds (see document.py), by decision."""
    return {name: dict(each.table) for name, each in model.details.items() if each.table is not None}


# --- values and their types ---------------------------------------------------------------------------------------

_MISFIT = object()


def _fitted(value: Any, data_type: DataType | None, name: str, mode: Mode) -> Any:
    """A value as its declared type takes it (DMN 1.5, 10.3.2.9.4); null or Failure if it does not fit."""
    if data_type is None:
        return value
    converted = _converted(value, data_type, mode)
    if converted is not _MISFIT:
        return converted
    if mode is Mode.FEEL:
        return None
    return Failure(
        f"{name} ({kind_of(value)}) does not fit its type {data_type.type.name} or its allowed values",
        f"“{name}”（{kind_zh(value)}）不符合其类型或允许的取值",
    )


def _converted(value: Any, data_type: DataType, mode: Mode) -> Any:
    """The value converted, or _MISFIT. Parts nobody has told us fit every type."""
    if value is None or value.__class__ in (Unknown, Failure):
        return value
    if data_type.collection:
        inner = data_type.type.arguments[0] if data_type.type.arguments else TypeName("Any")
        single = DataType(inner, data_type.allowed, False, data_type.components)
        items = [_converted(each, single, mode) for each in (value if isinstance(value, list) else [value])]
        return _MISFIT if any(each is _MISFIT for each in items) else items
    if data_type.type.name == "context" and data_type.type.entries:
        value = _converted_context(value, data_type, mode)
    else:
        value = coerce(value, data_type.type)
        value = _MISFIT if value is None else value
    if value is _MISFIT or data_type.allowed is None:
        return value
    outcome = compile_expression(data_type.allowed, Mode.POLICY)(Scope({"?": value}))
    return value if outcome is True or outcome.__class__ is Unknown else _MISFIT


def _converted_context(value: Any, data_type: DataType, mode: Mode) -> Any:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return _MISFIT
    if mode is Mode.FEEL and any(key not in value for key, _ in data_type.type.entries):
        return _MISFIT
    entries = dict(value)
    for name, component in data_type.components:
        if name in entries:
            entries[name] = _converted(entries[name], component, mode)
            if entries[name] is _MISFIT:
                return _MISFIT
    if not isinstance(value, OpenContext):
        return entries
    entries.update(value.lacking(key for key, _ in data_type.type.entries))
    return OpenContext(entries, value.path, declared=True)


# --- from elements to nodes ---------------------------------------------------------------------------------------


class _Importer:
    def __init__(self, root: Element) -> None:
        self.root = root
        self.by_id: dict[str, Element] = {}
        for element in root.all(
            "decision", "inputData", "businessKnowledgeModel", "decisionService", "knowledgeSource"
        ):
            identifier = element.get("id")
            if identifier:
                self.by_id[identifier] = element
        self.names = frozenset(self._known_names())
        self.types: dict[str, DataType | None] = {}
        self.definitions = {
            name: each for each in root.all("itemDefinition") if (name := each.get("name")) is not None
        }
        # Plain data of the tables, by the element they were read from.
        self.tables: dict[int, Mapping[str, Any]] = {}

    def _known_names(self) -> Iterator[str]:
        """Every name that an expression of this file may use: FEEL cannot be read without them (10.3.1.4)."""
        for element in self.root.walk():
            if element.name in _NAMED:
                for attribute in ("name", "iteratorVariable"):
                    name = element.get(attribute)
                    if name:
                        yield " ".join(name.split())

    def model(self) -> DecisionModel:
        for unsupported in self.root.all("import"):
            # Imported types do not matter while nothing of them is used; logic from elsewhere does.
            raise _refused(unsupported, "import of another model", "引用其他模型")
        inputs = {}
        for element in self.root.all("inputData"):
            name = _variable_name(element)
            inputs[name] = ModelInput(name, element.get("id") or name, self._variable_type(element))
        knowledge = {
            _variable_name(element): self._knowledge(element)
            for element in self.root.all("businessKnowledgeModel")
        }
        details: dict[str, ModelDecision] = {}
        for element in self._in_order(self.root.all("decision")):
            decision = self._decision(element, set(inputs))
            if decision.name in details:
                raise ModelError(
                    f"two decisions are called {decision.name!r} (one is {decision.element})",
                    message_zh=f"有两个名为“{decision.name}”的决策（其一为 {decision.element}）",
                    element=decision.element,
                    line=element.line,
                )
            details[decision.name] = decision
        self._add_free_names(inputs, details, set(knowledge))
        return DecisionModel(
            self.root.get("name") or "", _NAMESPACES[self.root.namespace], inputs, details, knowledge
        )

    # --- requirements ---

    def _required(self, element: Element) -> Iterator[Element]:
        for requirement in element.all("informationRequirement", "knowledgeRequirement"):
            for pointer in requirement.all("requiredDecision", "requiredInput", "requiredKnowledge"):
                href = pointer.get("href") or ""
                found = self.by_id.get(href.rpartition("#")[2])
                if found is None:
                    raise ModelError(
                        f"{_title(element)} requires {href or 'nothing'}, which is not in this file",
                        message_zh=f"“{_name(element)}”所需的 {href or '（空）'} 不在此文件中",
                        element=element.get("id"),
                        line=pointer.line,
                    )
                if found.name == "decisionService":
                    raise _refused(found, "a decision service", "决策服务")
                yield found

    def _in_order(self, decisions: list[Element]) -> list[Element]:
        """Each decision after those it requires (DMN 1.5, 6.3.1: the graph has no cycle)."""
        ordered: list[Element] = []
        state: dict[int, str] = {}

        def visit(element: Element, trail: list[Element]) -> None:
            if state.get(id(element)) == "done":
                return
            if state.get(id(element)) == "open":
                cycle = [*trail[trail.index(element) :], element]
                names = " → ".join(_name(each) for each in cycle)
                raise ModelError(
                    f"decisions require each other in a circle: {names}",
                    message_zh=f"决策之间循环依赖：{names}",
                    element=element.get("id"),
                    line=element.line,
                )
            state[id(element)] = "open"
            for required in self._required(element):
                if required.name == "decision":
                    visit(required, [*trail, element])
            state[id(element)] = "done"
            ordered.append(element)

        for each in decisions:
            visit(each, [])
        return ordered

    def _add_free_names(
        self, inputs: dict[str, ModelInput], details: dict[str, ModelDecision], knowledge: set[str]
    ) -> None:
        """Names nobody declared are inputs: Camunda's tables work so."""
        known = {*inputs, *knowledge, *(alias for each in details.values() for alias in each.aliases)}
        for decision in details.values():
            for name in free_names(decision.node):
                if name == "cellInput":
                    raise ModelError(
                        f"decision {decision.name!r} uses Camunda's cellInput; write ? instead",
                        message_zh=f"决策“{decision.name}”使用了 Camunda 的 cellInput，请改写为 ?",
                        element=decision.element,
                    )
                if name not in known and find_builtin(name) is None:
                    known.add(name)
                    inputs[name] = ModelInput(name, decision.element, None, declared=False)

    # --- elements of the graph ---

    def _decision(self, element: Element, inputs: set[str]) -> ModelDecision:
        name = _name(element)
        identifier = element.get("id") or name
        logic = element.first(*_EXPRESSIONS)
        self._refuse_unknown_logic(element)
        node: Node = MissingLogic(name) if logic is None else self._expression(logic, element)
        aliases = [_variable_name(element), name, identifier]
        return ModelDecision(
            name,
            identifier,
            node,
            tuple(_name(each) for each in self._required(element) if each.name == "decision"),
            tuple(dict.fromkeys(each for each in aliases if each not in inputs)) or (name,),
            self._variable_type(element),
            self.tables.get(id(logic)) if logic is not None else None,
        )

    def _knowledge(self, element: Element) -> Node:
        """A business knowledge model is a function (DMN 1.5, 6.3.9)."""
        list(self._required(element))
        logic = element.first("encapsulatedLogic")
        if logic is None:
            return syntax.FunctionDefinition((), MissingLogic(_name(element)))
        return self._function(logic, element)

    @staticmethod
    def _refuse_unknown_logic(element: Element) -> None:
        for each in element.elements:
            if each.name == "expression" or (
                each.name.endswith("Expression") and each.name not in _EXPRESSIONS
            ):
                raise _refused(each, f"logic of the kind {each.name}", f"{each.name} 类型的逻辑")

    # --- types ---

    def _variable_type(self, element: Element) -> DataType | None:
        variable = element.first("variable")
        return self._type(variable.get("typeRef"), element) if variable is not None else None

    def _type(self, written: str | None, owner: Element) -> DataType | None:
        """A type reference; None if there is none. What is not defined in the file and not built in is refused."""
        if not written:
            return None
        written = written.strip()
        if written in self.definitions:
            return self._defined_type(written)
        local = written.rpartition("}")[2] if written.startswith("{") else written.rpartition(":")[2]
        if local in self.definitions:
            return self._defined_type(local)
        local = _TYPE_ALIASES.get(local, local)
        if local == "Any":
            return None
        if local in TYPE_NAMES:
            return DataType(TypeName(local))
        raise ModelError(
            f"{_title(owner)} is of the type {written!r}, which this file does not define",
            message_zh=f"“{_name(owner)}”的类型“{written}”未在文件中定义",
            element=owner.get("id"),
            line=owner.line,
        )

    def _defined_type(self, name: str) -> DataType | None:
        if name not in self.types:
            # A type that refers to itself is left open where it does.
            self.types[name] = None
            self.types[name] = self._item(self.definitions[name])
        return self.types[name]

    def _item(self, element: Element) -> DataType | None:
        """An item definition or component (DMN 1.5, 7.3.2)."""
        components: list[tuple[str, DataType]] = []
        reference = element.first("typeRef")
        if element.first("functionItem") is not None:
            base: DataType | None = DataType(TypeName("function"))
        elif element.all("itemComponent"):
            entries = []
            for each in element.all("itemComponent"):
                component = self._item(each)
                entries.append((_name(each), component.type if component else TypeName("Any")))
                if component is not None:
                    components.append((_name(each), component))
            base = DataType(TypeName("context", (), tuple(entries)), None, False, tuple(components))
        else:
            base = self._type(reference.text if reference is not None else element.get("typeRef"), element)
        allowed_element = element.first("allowedValues", "typeConstraint")
        allowed = self._tests(allowed_element, element) if allowed_element is not None else None
        collection = element.get("isCollection") == "true"
        if base is None and allowed is None and not collection:
            return None
        base = base or DataType(TypeName("Any"))
        type_name = TypeName("list", (base.type,)) if collection else base.type
        return DataType(type_name, allowed or base.allowed, collection or base.collection, base.components)

    # --- expressions ---

    def _expression(self, element: Element, owner: Element) -> Node:
        builder = {
            "decisionTable": self._table,
            "literalExpression": self._literal,
            "context": self._context,
            "invocation": self._invocation,
            "list": self._list,
            "relation": self._relation,
            "functionDefinition": self._function,
            "conditional": self._conditional,
            "filter": self._filter,
            "for": self._for,
            "some": self._quantified,
            "every": self._quantified,
        }[element.name]
        return builder(element, owner)

    def _inside(self, element: Element, owner: Element) -> Node:
        """The one expression an element holds."""
        logic = element.first(*_EXPRESSIONS)
        if logic is None:
            raise ModelError(
                f"{_title(owner)}: {element.name} holds no expression",
                message_zh=f"“{_name(owner)}”的 {element.name} 缺少表达式",
                element=element.get("id") or owner.get("id"),
                line=element.line,
            )
        return self._expression(logic, owner)

    def _child(self, element: Element, name: str, owner: Element) -> Node:
        child = element.first(name)
        if child is None:
            raise ModelError(
                f"{_title(owner)}: {element.name} has no {name}",
                message_zh=f"“{_name(owner)}”的 {element.name} 缺少 {name}",
                element=element.get("id") or owner.get("id"),
                line=element.line,
            )
        return self._inside(child, owner)

    def _literal(self, element: Element, owner: Element) -> Node:
        _check_language(element, self.root)
        if element.first("importedValues") is not None:
            raise _refused(element, "imported values", "外部引入的值")
        text = _text(element)
        if not text:
            return syntax.Literal(None)
        try:
            return parse_expression(text, self.names)
        except ExpressionError as error:
            raise _located(error, element, owner) from None

    def _tests(self, element: Element, owner: Element) -> UnaryTests:
        _check_language(element, self.root)
        try:
            return parse_unary_tests(_text(element) or "-", self.names)
        except ExpressionError as error:
            raise _located(error, element, owner) from None

    def _context(self, element: Element, owner: Element) -> Node:
        entries: list[tuple[str, Node]] = []
        result = False
        for each in element.all("contextEntry"):
            variable = each.first("variable")
            logic = each.first(*_EXPRESSIONS)
            node = syntax.Literal(None) if logic is None else self._expression(logic, owner)
            result = variable is None
            entries.append((_RESULT if variable is None else _name(variable), node))
        context = syntax.ContextLiteral(tuple(entries))
        return syntax.Path(context, _RESULT) if result else context

    def _invocation(self, element: Element, owner: Element) -> Node:
        named = []
        for each in element.all("binding"):
            parameter = each.first("parameter")
            logic = each.first(*_EXPRESSIONS)
            node = syntax.Literal(None) if logic is None else self._expression(logic, owner)
            named.append((_name(parameter) if parameter is not None else "", node))
        function = element.first(*_EXPRESSIONS)
        if function is None:
            return self._inside(element, owner)
        return syntax.Call(self._expression(function, owner), (), tuple(named))

    def _list(self, element: Element, owner: Element) -> Node:
        return syntax.ListLiteral(tuple(self._expression(each, owner) for each in element.all(*_EXPRESSIONS)))

    def _relation(self, element: Element, owner: Element) -> Node:
        columns = [_name(each) for each in element.all("column")]
        rows = []
        for row in element.all("row"):
            cells = [self._expression(each, owner) for each in row.all(*_EXPRESSIONS)]
            if len(cells) != len(columns):
                raise ModelError(
                    f"{_title(owner)}: a row has {len(cells)} cells for {len(columns)} columns",
                    message_zh=f"“{_name(owner)}”的一行有 {len(cells)} 格，而表有 {len(columns)} 列",
                    element=row.get("id") or owner.get("id"),
                    line=row.line,
                )
            rows.append(syntax.ContextLiteral(tuple(zip(columns, cells, strict=True))))
        return syntax.ListLiteral(tuple(rows))

    def _function(self, element: Element, owner: Element) -> Node:
        if (element.get("kind") or "FEEL") != "FEEL":
            raise _refused(element, f"a function in {element.get('kind')}", f"{element.get('kind')} 函数")
        parameters: list[tuple[str, TypeName | None]] = []
        for each in element.all("formalParameter"):
            data_type = self._type(each.get("typeRef"), owner)
            parameters.append((_name(each), data_type.type if data_type else None))
        logic = element.first(*_EXPRESSIONS)
        body: Node = MissingLogic(_name(owner)) if logic is None else self._expression(logic, owner)
        return syntax.FunctionDefinition(tuple(parameters), body)

    def _conditional(self, element: Element, owner: Element) -> Node:
        return syntax.If(*(self._child(element, each, owner) for each in ("if", "then", "else")))

    def _filter(self, element: Element, owner: Element) -> Node:
        return syntax.Filter(self._child(element, "in", owner), self._child(element, "match", owner))

    def _for(self, element: Element, owner: Element) -> Node:
        iterator = syntax.Iterator_(element.get("iteratorVariable") or "", self._child(element, "in", owner))
        return syntax.For((iterator,), self._child(element, "return", owner))

    def _quantified(self, element: Element, owner: Element) -> Node:
        iterator = syntax.Iterator_(element.get("iteratorVariable") or "", self._child(element, "in", owner))
        condition = self._child(element, "satisfies", owner)
        return syntax.Quantified(element.name == "some", (iterator,), condition)

    # --- decision tables ---

    def _table(self, element: Element, owner: Element) -> DecisionTable:
        """Through the plain data of a policy document, so that both ways of writing a table mean the same."""
        data = self._table_data(element, owner)
        try:
            table = parse_table(data, self.names)
        except DomainError as error:
            raise self._located_in_table(error, element, owner) from None
        self.tables[id(element)] = data
        return table

    def _table_data(self, element: Element, owner: Element) -> dict[str, Any]:
        hit = element.get("hitPolicy") or "UNIQUE"
        aggregation = element.get("aggregation")
        data: dict[str, Any] = {"hit": f"{hit} {aggregation}" if aggregation else hit}
        data["inputs"] = [self._input_data(each, owner) for each in element.all("input")]
        outputs = [self._output_data(each, element, owner) for each in element.all("output")]
        if len(outputs) == 1:
            # A single output has a name only in the file; what it is called changes nothing (DMN 1.5, 8.3.2).
            outputs[0]["name"] = outputs[0].get("name") or _name(owner)
        defaults = [each.pop("default", None) for each in outputs]
        data["outputs"] = [each if len(each) > 1 else each.get("name", "") for each in outputs]
        data["rules"] = [self._rule_data(each) for each in element.all("rule")]
        if any(each is not None for each in defaults):
            data["default"] = [each if each is not None else "null" for each in defaults]
        return data

    def _input_data(self, element: Element, owner: Element) -> Any:
        expression = element.first("inputExpression")
        text = _text(expression) if expression is not None else ""
        if expression is not None:
            _check_language(expression, self.root)
        if not text:
            raise ModelError(
                f"{_title(owner)}: an input column has no expression",
                message_zh=f"“{_name(owner)}”的一个输入列没有表达式",
                element=element.get("id") or owner.get("id"),
                line=element.line,
            )
        data = {"expression": text}
        values = element.first("inputValues")
        if values is not None and _text(values) not in ("", "-"):
            data["values"] = _text(values)
        label = element.get("label")
        if label and label != text:
            data["label"] = label
        return data if len(data) > 1 else text

    def _output_data(self, element: Element, table: Element, owner: Element) -> dict[str, Any]:
        data: dict[str, Any] = {}
        name = element.get("name")
        if name:
            data["name"] = " ".join(name.split())
        values = element.first("outputValues")
        text = _text(values) if values is not None else ""
        if not text and table.get("hitPolicy") in ("PRIORITY", "OUTPUT ORDER"):
            text = self._priorities(element, table, owner)
        if text and text != "-":
            data["values"] = text
        default = element.first("defaultOutputEntry")
        if default is not None and _text(default):
            data["default"] = _text(default)
        return data

    def _priorities(self, element: Element, table: Element, owner: Element) -> str:
        """The order of outputs when only the type lists them (DMN 1.5, 8.3.3)."""
        reference = element.get("typeRef")
        if not reference and len(table.all("output")) == 1:
            variable = owner.first("variable")
            reference = table.get("typeRef") or (variable.get("typeRef") if variable is not None else None)
        definition = self.definitions.get((reference or "").rpartition(":")[2])
        allowed = definition.first("allowedValues", "typeConstraint") if definition is not None else None
        return _text(allowed) if allowed is not None else ""

    def _rule_data(self, element: Element) -> dict[str, Any]:
        for each in element.all("inputEntry", "outputEntry"):
            _check_language(each, self.root)
        results = [_text(each) or "null" for each in element.all("outputEntry")]
        data: dict[str, Any] = {
            "when": [_text(each) or "-" for each in element.all("inputEntry")],
            "then": results[0] if len(results) == 1 else results,
        }
        notes = [_text(each) for each in element.all("annotationEntry")]
        description = element.first("description")
        if description is not None:
            notes.insert(0, " ".join(description.text.split()))
        text = "；".join(each for each in notes if each)
        if text:
            data["text"] = text
        return data

    @staticmethod
    def _located_in_table(error: DomainError, table: Element, owner: Element) -> DomainError:
        """The error with the id of the cell, rule or column it is about."""
        place = table
        kind, _, number = str(error.details.get("cell", "")).partition(" ")
        number = number.partition(" ")[0]
        rule = error.details.get("rule")
        if rule is not None:
            place = table.all("rule")[int(rule) - 1]
            kind += "Entry"
        cells = place.all(kind)
        if number.isdigit() and int(number) <= len(cells):
            place = cells[int(number) - 1]
        return _located(error, place, owner)


_NAMED = frozenset(
    {
        "inputData", "decision", "businessKnowledgeModel", "variable", "formalParameter", "parameter",
        "itemComponent", "column", "output", "for", "some", "every", "informationItem",
    }
)  # fmt: skip


# --- helpers ------------------------------------------------------------------------------------------------------


def free_names(node: Node) -> list[str]:
    """The names an expression takes from outside, in the order met.

    Inside a filter a name may be an entry of the filtered items, so names there are left out.
    """
    found: dict[str, None] = {}
    _collect_names(node, frozenset({"?"}), found)
    return list(found)


def _collect_names(node: Node, bound: frozenset[str], found: dict[str, None]) -> None:
    if isinstance(node, syntax.Name):
        if node.name not in bound:
            found.setdefault(node.name)
    elif isinstance(node, syntax.Filter):
        _collect_names(node.source, bound, found)
    elif isinstance(node, syntax.FunctionDefinition):
        _collect_names(node.body, bound | {name for name, _ in node.parameters}, found)
    elif isinstance(node, (syntax.For, syntax.Quantified)):
        for iterator in node.iterators:
            _collect_names(iterator.source, bound, found)
            if iterator.upto is not None:
                _collect_names(iterator.upto, bound, found)
            bound |= {iterator.name}
        if isinstance(node, syntax.For):
            _collect_names(node.result, bound | {"partial"}, found)
        else:
            _collect_names(node.condition, bound, found)
    elif isinstance(node, syntax.ContextLiteral):
        for key, entry in node.entries:
            _collect_names(entry, bound, found)
            bound |= {key}
    else:
        for child in syntax.children(node):
            _collect_names(child, bound, found)


def _name(element: Element) -> str:
    return " ".join((element.get("name") or element.get("id") or "").split())


def _variable_name(element: Element) -> str:
    variable = element.first("variable")
    return (_name(variable) if variable is not None else "") or _name(element)


def _title(element: Element) -> str:
    words = {
        "businessKnowledgeModel": "business knowledge model",
        "inputData": "input data",
        "itemDefinition": "type",
    }
    return f"{words.get(element.name, element.name)} {_name(element)!r}"


def _text(element: Element) -> str:
    """The text of an expression: in DMN a child element, in some files the element's own."""
    child = element.first("text")
    return (child.text if child is not None else element.text).strip()


def _check_language(element: Element, root: Element) -> None:
    """Only FEEL is understood; a file may say so for itself or leave it out."""
    language = element.get("expressionLanguage") or root.get("expressionLanguage") or "feel"
    if language.lower() != "feel" and "/FEEL" not in language:
        raise _refused(element, f"an expression in {language}", f"{language} 语言的表达式")


def _refused(element: Element, what: str, what_zh: str) -> ModelError:
    identifier = element.get("id") or element.get("name") or element.name
    return ModelError(
        f"{what} is not supported ({element.name} {identifier}, line {element.line})",
        message_zh=f"不支持{what_zh}（{element.name} {identifier}，第 {element.line} 行）",
        element=identifier,
        line=element.line,
    )


def _located(error: DomainError, element: Element, owner: Element) -> DomainError:
    identifier = element.get("id") or owner.get("id") or _name(owner)
    message = f"{_title(owner)}, element {identifier}, line {element.line}: {error.message}"
    message_zh = f"“{_name(owner)}”元素 {identifier}（第 {element.line} 行）：{error.message_zh}"
    if not isinstance(error, ExpressionError):
        details = {key: value for key, value in error.details.items() if key not in ("element", "line")}
        return ModelError(message, message_zh=message_zh, element=identifier, line=element.line, **details)
    located = ExpressionError(
        message,
        message_zh=message_zh,
        source=error.source,
        position=error.position,
        text=error.text,
        expected=error.expected,
    )
    located.details.update(error.details)
    located.details["element"] = identifier
    return located


__all__ = [
    "DataType",
    "DecisionModel",
    "ModelDecision",
    "ModelError",
    "ModelInput",
    "free_names",
    "import_dmn",
    "to_policy_tables",
]
