// A form of the forms room: fields that are asked for under a condition, values that were offered and changed, tables
// that grow, and what the server says while it is typed. Without a script the same form works by its buttons.
import { once } from "./once.js";

function valueOf(form, name) {
  const parts = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  const chosen = parts.find((part) => !["radio", "checkbox"].includes(part.type) || part.checked);
  return chosen ? chosen.value : "";
}

// In the order of the page, so that a field under one that is not asked for is not asked for either.
function follow(form) {
  form.querySelectorAll("[data-when]").forEach((part) => {
    const field = form.querySelector(`[data-field="${CSS.escape(part.dataset.when)}"]`);
    const asked = !field || !field.closest("[hidden]");
    part.hidden = !asked || !JSON.parse(part.dataset.whenValues).includes(valueOf(form, part.dataset.when));
  });
}

function markChanged(form) {
  form.querySelectorAll("[data-prefilled]").forEach((part) => {
    const mark = part.querySelector("[data-changed]");
    if (mark && part.dataset.prefilled) mark.hidden = valueOf(form, part.dataset.field) === part.dataset.prefilled;
  });
}

function number(table) {
  [...table.querySelectorAll("tbody > tr")].forEach((row, position) => {
    row.querySelector(".rows-number").textContent = position + 1;
    row.querySelectorAll("[name]").forEach((cell) => {
      cell.name = cell.name.replace(/-[^-]*-/, `-${position}-`);
      cell.id = cell.id.replace(/-[^-]*-([^-]*)$/, `-${position}-$1`);
      const label = cell.getAttribute("aria-label");
      if (label) cell.setAttribute("aria-label", label.replace(/__number__|\d+/, position + 1));
    });
  });
}

function prepareRows(area) {
  const body = area.querySelector("tbody");
  const add = area.querySelector("[data-rows-add]");
  const pattern = area.querySelector("[data-rows-pattern]");
  const changed = () => {
    number(area);
    area.querySelectorAll(".rows-tools").forEach((tools) => { tools.hidden = false; });
    add.hidden = body.children.length >= Number(area.dataset.most);
  };
  add.type = "button";
  add.addEventListener("click", () => {
    body.append(pattern.content.cloneNode(true));
    changed();
    body.lastElementChild.querySelector("input, select, textarea")?.focus();
  });
  area.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-rows-remove]");
    if (!button) return;
    button.closest("tr").remove();
    if (!body.children.length) body.append(pattern.content.cloneNode(true));
    changed();
    add.focus();
    area.dispatchEvent(new Event("change", { bubbles: true }));
  });
  changed();
}

// What is just being kept is waited for, or the server would take it for another window's; and nothing is kept behind
// what was handed in.
function sendAfterKeeping(form) {
  let keeping = 0;
  let sending = false;
  let waiting = null;
  const own = (event) => event.target === form;
  const goOn = () => setTimeout(() => {
    if (!waiting || keeping > 0) return;
    const { submitter } = waiting;
    waiting = null;
    form.requestSubmit(submitter);
  }, 50);
  form.addEventListener("htmx:beforeRequest", (event) => {
    if (!own(event)) return;
    if (sending) event.preventDefault();
    else keeping += 1;
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    if (!own(event) || keeping === 0) return;
    keeping -= 1;
    goOn();
  });
  form.addEventListener("submit", (event) => {
    if (keeping === 0) {
      sending = true;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    event.submitter?.setAttribute("aria-busy", "true");
    waiting = { submitter: event.submitter };
  }, { capture: true });
  // Back on the page by the browser's own button, it is kept again.
  window.addEventListener("pageshow", () => { sending = false; });
}

export function prepareFillable(root) {
  once(root, "[data-rows]").forEach(prepareRows);
  once(root, "[data-focus]").forEach((element) => element.focus());
  once(root, "form[data-fillable]").forEach((form) => {
    const look = () => {
      follow(form);
      markChanged(form);
    };
    form.addEventListener("input", look);
    form.addEventListener("change", look);
    look();
    sendAfterKeeping(form);
    form.addEventListener("forms:visible", (event) => {
      form.querySelectorAll("[data-when-server]").forEach((part) => {
        part.hidden = !event.detail.fields.includes(part.dataset.field);
      });
    });
    // Nothing came back: what was typed is still here, and is sent again when the line is.
    form.addEventListener("htmx:sendError", () => {
      const state = form.querySelector("#draft-state");
      state.textContent = state.dataset.unsaved;
      window.addEventListener("online", () => window.htmx.trigger(form, "change"), { once: true });
    });
  });
}
