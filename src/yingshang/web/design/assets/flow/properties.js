// The panel beside the drawing: what the chosen element means here. Every change goes through the modeler's commands, so
// that it can be undone, and lands in our own elements of the file (see extension.json).
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";

const UNITS = ["hours", "days", "working_days", "months", "years"];

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") Object.entries(value).forEach(([kind, heard]) => element.addEventListener(kind, heard));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
};

// Names of data between commas; in FEEL a name may have spaces in it.
const names = (text) => text.split(/[,，、;；]+/).map((name) => name.trim()).filter(Boolean);

export class Properties {
  static $inject = ["eventBus", "modeling", "moddle", "canvas", "elementRegistry", "config.properties"];

  constructor(bus, modeling, moddle, canvas, registry, { place, words, choices }) {
    Object.assign(this, { modeling, moddle, canvas, registry, place, words, choices });
    this.shown = null;
    this.number = 0;
    bus.on("import.done", () => this.show(canvas.getRootElement()));
    bus.on("selection.changed", ({ newSelection }) => {
      if (newSelection.length <= 1) this.show(newSelection[0] ?? canvas.getRootElement());
    });
    // After a change by drawing (or undoing) the panel shows what is now. After one of its own it stays: the button that
    // was pressed to leave a field must still be there when it is let go.
    this.own = false;
    place.addEventListener("change", () => { this.own = true; }, { capture: true });
    place.addEventListener("change", () => { this.own = false; });
    bus.on("elements.changed", ({ elements }) => {
      if (!this.own && elements.includes(this.shown)) this.show(this.shown);
    });
    bus.on("shape.removed", ({ element }) => { if (element === this.shown) this.show(canvas.getRootElement()); });
  }

  show(element) {
    const shape = element?.labelTarget ?? element;
    this.shown = shape;
    const parts = this.parts(shape);
    this.place.replaceChildren(...parts);
  }

  parts(element) {
    if (!element) return [];
    const { words } = this;
    const object = getBusinessObject(element);
    if (is(object, "bpmn:Collaboration") || is(object, "bpmn:Process") || is(object, "bpmn:Participant")) return this.flow(element);
    if (is(object, "bpmn:Lane")) {
      const lane = this.extension(object, "yingshang:Lane");
      return [
        make("h2", {}, words.lane),
        this.name(element, object),
        this.text(words.name_en, lane?.nameEn, (value) => this.set(element, object, "yingshang:Lane", { nameEn: value })),
        this.text(words.code, lane?.code, (value) => this.set(element, object, "yingshang:Lane", { code: value }), words.code_hint),
      ];
    }
    if (is(object, "bpmn:Task")) return this.step(element, object);
    if (is(object, "bpmn:SequenceFlow")) return this.arrow(element, object);
    const kinds = { "bpmn:StartEvent": words.start, "bpmn:EndEvent": words.end, "bpmn:ExclusiveGateway": words.exclusive, "bpmn:ParallelGateway": words.parallel };
    const heading = make("h2", {}, kinds[object.$type] ?? object.$type);
    return is(object, "bpmn:FlowNode") ? [heading, this.name(element, object)] : [heading];
  }

  flow(element) {
    const { words } = this;
    const process = this.process(element);
    if (!process) return [make("h2", {}, words.flow)];
    const flow = this.extension(process, "yingshang:Flow");
    const set = (values) => this.set(this.canvas.getRootElement(), process, "yingshang:Flow", values);
    const facts = (flow?.facts ?? []).map((fact) => fact.name).join("、");
    return [
      make("h2", {}, words.flow),
      this.text(words.name, process.name, (value) => this.modeling.updateModdleProperties(this.canvas.getRootElement(), process, { name: value })),
      this.text(words.name_en, flow?.nameEn, (value) => set({ nameEn: value })),
      this.text(words.source, flow?.source, (value) => set({ source: value })),
      this.term(words.case_term, flow, set),
      this.select(words.ladder, flow?.ladder, this.choices.ladders, (value) => set({ ladder: value })),
      this.text(words.facts, facts, (value) => set({
        facts: names(value).map((name) => this.moddle.create("yingshang:Fact", { name })),
      }), words.facts_hint),
    ];
  }

  step(element, object) {
    const { words } = this;
    const step = this.extension(object, "yingshang:Step");
    const set = (values) => this.set(element, object, "yingshang:Step", values);
    const allow = (step?.allow ?? "").split(/[\s,]+/).filter(Boolean);
    const boxes = this.choices.allow.map(([code, name]) => {
      const box = make("input", { type: "checkbox", value: code, on: { change: () => {
        const chosen = [...group.querySelectorAll("input:checked")].map((each) => each.value);
        set({ allow: chosen.join(" ") || undefined });
      } } });
      box.checked = allow.includes(code);
      return make("label", {}, box, name);
    });
    const group = make("fieldset", { class: "field" }, make("legend", {}, words.allow), make("div", { class: "choices" }, ...boxes));
    return [
      make("h2", {}, words.step),
      this.name(element, object),
      this.text(words.name_en, step?.nameEn, (value) => set({ nameEn: value })),
      this.text(words.id, object.id, (value) => {
        if (/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(value) && !this.registry.get(value)) this.modeling.updateProperties(element, { id: value });
      }, words.id_hint),
      this.select(words.role, step?.role, this.choices.roles, (value) => set({ role: value })),
      this.text(words.apart, step?.notSameAs, (value) => set({ notSameAs: value.split(/[\s,，、;；]+/).filter(Boolean).join(" ") || undefined }), words.apart_hint),
      this.term(words.term, step, set),
      this.select(words.ladder, step?.ladder, this.choices.ladders, (value) => set({ ladder: value })),
      this.text(words.form, step?.form, (value) => set({ form: value || undefined })),
      this.text(words.sets, (step?.sets ?? []).map((each) => each.name).join("、"), (value) => set({
        sets: names(value).map((name) => this.moddle.create("yingshang:Sets", { name })),
      }), words.sets_hint),
      group,
      ...this.outcomes(element, object, step),
    ];
  }

  outcomes(element, object, step) {
    const { words } = this;
    const list = step?.outcomes ?? [];
    const set = (outcomes) => this.set(element, object, "yingshang:Step", { outcomes });
    const change = (outcome, values) => this.modeling.updateModdleProperties(element, outcome, values);
    const rows = list.map((outcome, number) => {
      const field = (label, name) => make("input", {
        class: "form-control", "aria-label": `${label} ${number + 1}`, placeholder: label, value: outcome[name] ?? "",
        on: { change: (event) => change(outcome, { [name]: event.target.value.trim() || undefined }) },
      });
      const ends = make("input", { type: "checkbox", on: { change: (event) => change(outcome, { ends: event.target.checked || undefined }) } });
      ends.checked = Boolean(outcome.ends);
      return make("div", { class: "outcome" },
        field(words.code, "code"), field(words.name, "name"),
        make("div", { class: "wide" }, field(words.name_en, "nameEn")),
        make("div", { class: "wide" }, make("label", {}, ends, " ", words.ends),
          make("button", { type: "button", class: "btn btn-sm", "aria-label": `${words.remove} ${outcome.name ?? number + 1}`, on: { click: () => {
            set(list.filter((each) => each !== outcome));
            this.show(element);
          } } }, words.remove)));
    });
    const add = make("button", { type: "button", class: "btn btn-sm", on: { click: () => {
      set([...list, this.moddle.create("yingshang:Outcome", { code: `outcome_${list.length + 1}`, name: "" })]);
      this.show(element);
    } } }, words.add_outcome);
    return [make("h3", {}, words.outcomes), ...rows, add];
  }

  arrow(element, object) {
    const { words } = this;
    const from = object.sourceRef;
    const parts = [make("h2", {}, words.arrow), this.name(element, object)];
    if (!is(from, "bpmn:ExclusiveGateway")) return [...parts, make("p", { class: "text-secondary" }, words.only_after_exclusive)];
    const usual = make("input", { type: "checkbox", on: { change: (event) => {
      const gateway = this.registry.get(from.id);
      this.modeling.updateProperties(gateway, { default: event.target.checked ? object : undefined });
      if (event.target.checked) this.modeling.updateProperties(element, { conditionExpression: undefined });
      this.show(element);
    } } });
    usual.checked = from.default === object;
    parts.push(make("div", { class: "field" }, make("label", {}, usual, " ", words.otherwise)));
    if (!usual.checked) {
      parts.push(this.text(words.condition, object.conditionExpression?.body, (value) => this.modeling.updateProperties(element, {
        conditionExpression: value ? this.moddle.create("bpmn:FormalExpression", { body: value }) : undefined,
      }), words.condition_hint, true));
    }
    return parts;
  }

  name(element, object) {
    return this.text(this.words.name, object.name, (value) => this.modeling.updateProperties(element, { name: value || undefined }));
  }

  text(label, value, changed, hint = "", long = false) {
    const id = `modeler-field-${++this.number}`;
    const input = make(long ? "textarea" : "input", {
      id, class: "form-control", rows: long ? 3 : null, spellcheck: "false", "aria-describedby": hint ? `${id}-hint` : null,
      on: { change: (event) => changed(event.target.value.trim()) },
    });
    input.value = value ?? "";
    return make("div", { class: "field" }, make("label", { for: id }, label), input, hint ? make("div", { class: "hint", id: `${id}-hint` }, hint) : null);
  }

  select(label, value, pairs, changed) {
    const id = `modeler-field-${++this.number}`;
    // A code of the file that is not known here stays to be seen; the check will say so.
    const known = value && !pairs.some(([code]) => code === value) ? [...pairs, [value, value]] : pairs;
    const options = [["", this.words.none], ...known].map(([code, name]) => make("option", { value: code }, name));
    const input = make("select", { id, class: "form-select", on: { change: (event) => changed(event.target.value || undefined) } }, ...options);
    input.value = value ?? "";
    return make("div", { class: "field" }, make("label", { for: id }, label), input);
  }

  term(label, held, set) {
    const id = `modeler-field-${++this.number}`;
    const amount = make("input", { id, class: "form-control", inputmode: "numeric", on: { change: (event) => {
      const value = event.target.value.trim();
      set({ term: value || undefined, unit: value ? unit.value : undefined });
    } } });
    amount.value = held?.term ?? "";
    const unit = make("select", { class: "form-select", "aria-label": this.words.unit, on: { change: (event) => {
      if (amount.value) set({ unit: event.target.value });
    } } }, ...UNITS.map((code) => make("option", { value: code }, this.words.units[code])));
    unit.value = held?.unit ?? "working_days";
    return make("div", { class: "field" }, make("label", { for: id }, label), make("div", { class: "pair" }, amount, unit));
  }

  process(element) {
    const object = getBusinessObject(element);
    if (is(object, "bpmn:Process")) return object;
    if (is(object, "bpmn:Participant")) return object.processRef;
    return object.participants?.find((each) => each.processRef)?.processRef;
  }

  extension(object, type) {
    return object.extensionElements?.values?.find((each) => each.$type === type);
  }

  set(element, object, type, values) {
    const held = this.extension(object, type);
    if (held) {
      for (const list of [values.outcomes, values.facts, values.sets]) list?.forEach((each) => { each.$parent = held; });
      this.modeling.updateModdleProperties(element, held, values);
      return;
    }
    const elements = object.extensionElements ?? this.moddle.create("bpmn:ExtensionElements", { values: [] });
    elements.$parent = object;
    const made = this.moddle.create(type, values);
    made.$parent = elements;
    for (const list of [values.outcomes, values.facts, values.sets]) list?.forEach((each) => { each.$parent = made; });
    if (object.extensionElements) this.modeling.updateModdleProperties(element, elements, { values: [...elements.values, made] });
    else {
      elements.values = [made];
      this.modeling.updateModdleProperties(element, object, { extensionElements: elements });
    }
  }
}
