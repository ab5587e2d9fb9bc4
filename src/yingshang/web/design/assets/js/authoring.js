// Writing policies: sentences marked in a range, conditions and sentences that light each other up, names completed in
// formulas, and what is typed kept in this browser until it is saved.
import { once } from "./once.js";

const numbers = (text) => (text.match(/\d+/g) || []).map(Number);

function light(root, wanted) {
  root.querySelectorAll("[data-sentence]").forEach((one) => {
    one.classList.toggle("lit", wanted.includes(Number(one.dataset.sentence)));
  });
}

function marking(form) {
  const boxes = [...form.querySelectorAll("input[name=s]")];
  const state = form.querySelector("[data-marked]");
  const none = state?.textContent;
  let last = null;
  const tell = () => {
    const count = boxes.filter((box) => box.checked).length;
    if (state) state.textContent = count ? `${count} / ${boxes.length}` : none;
  };
  form.addEventListener("click", (event) => {
    const label = event.target.closest("label.sentence");
    const box = event.target.matches("input[name=s]") ? event.target : null;
    if (label && !box && event.shiftKey) event.preventDefault();
    const target = box || (event.shiftKey ? label?.querySelector("input[name=s]") : null);
    if (!target) return;
    const at = boxes.indexOf(target);
    if (event.shiftKey && last !== null) {
      const on = box ? box.checked : true;
      boxes.slice(Math.min(at, last), Math.max(at, last) + 1).forEach((each) => { each.checked = on; });
    }
    last = at;
    tell();
  });
  form.addEventListener("keydown", (event) => {
    if (!event.target.matches("input[name=s]") || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const at = boxes.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    if (!boxes[at]) return;
    event.preventDefault();
    if (event.shiftKey) boxes[at].checked = event.target.checked = true;
    last = at;
    boxes[at].focus();
    tell();
  });
  tell();
}

function sides(area) {
  area.querySelectorAll("[data-side]").forEach((button) => {
    button.addEventListener("click", () => {
      area.dataset.shown = button.dataset.side;
      area.querySelectorAll("[data-side]").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    });
  });
  area.querySelectorAll("[data-light]").forEach((button) => {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      area.querySelectorAll("[data-light]").forEach((one) => one.setAttribute("aria-pressed", "false"));
      button.setAttribute("aria-pressed", String(on));
      const wanted = [...area.querySelectorAll("[data-items]")].filter((one) => on && one.dataset.items.split(" ").includes(button.dataset.light));
      light(area, wanted.map((one) => Number(one.dataset.sentence)));
      if (wanted.length) area.querySelector("[data-side=text]")?.click();
      wanted[0]?.scrollIntoView({ block: "center" });
    });
  });
  // The condition one is in lights up its sentences; a sentence lights up its conditions, or is linked to the field one was in.
  let field = null;
  area.addEventListener("focusin", (event) => {
    const holder = event.target.closest("[data-condition]");
    if (!holder) return;
    const outer = holder.parentElement.closest("[data-condition]") || holder;
    field = outer.querySelector("[data-links]") || null;
    light(area, field ? numbers(field.value) : []);
  });
  area.addEventListener("click", (event) => {
    const sentence = event.target.closest("button[data-sentence]");
    if (!sentence) return;
    const number = Number(sentence.dataset.sentence);
    if (document.activeElement !== sentence) sentence.focus();
    if (field?.isConnected && event.shiftKey) {
      const linked = numbers(field.value);
      const next = linked.includes(number) ? linked.filter((one) => one !== number) : [...linked, number].sort((a, b) => a - b);
      field.value = next.join("、");
      field.dispatchEvent(new Event("change", { bubbles: true }));
      light(area, next);
      return;
    }
    light(area, [number]);
    let first = true;
    area.querySelectorAll("[data-links]").forEach((one) => {
      const holder = one.closest("[data-condition]");
      const from = numbers(one.value).includes(number);
      holder.classList.toggle("lit", from);
      if (from && first) {
        area.querySelector("[data-side=items]")?.click();
        holder.scrollIntoView({ block: "center" });
        first = false;
      }
    });
  });
}

function completing(text) {
  const list = document.createElement("ul");
  list.className = "completions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", text.labels?.[0]?.textContent || "");
  list.id = `${text.id}-completions`;
  list.hidden = true;
  let chosen = -1;
  let word = "";
  const close = () => { list.hidden = true; chosen = -1; text.removeAttribute("aria-activedescendant"); };
  const choose = (index) => {
    chosen = index;
    [...list.children].forEach((one, at) => one.setAttribute("aria-selected", String(at === chosen)));
    if (list.children[chosen]) text.setAttribute("aria-activedescendant", list.children[chosen].id);
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  const take = (index) => {
    const name = list.children[index].dataset.name;
    const at = text.selectionStart;
    text.setRangeText(name, at - word.length, at, "end");
    close();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const offer = () => {
    const before = text.value.slice(0, text.selectionStart);
    word = before.match(/[\w.\u4e00-\u9fff]+$/)?.[0] || "";
    const names = document.getElementById(text.dataset.complete);
    if (!word || !names) return close();
    const fitting = [...names.options].filter((one) => one.value !== word && (one.value.includes(word) || one.textContent.includes(word))).slice(0, 8);
    if (!fitting.length) return close();
    list.replaceChildren(...fitting.map((one, index) => {
      const item = document.createElement("li");
      const about = document.createElement("small");
      item.id = `${list.id}-${index}`;
      item.setAttribute("role", "option");
      item.dataset.name = one.value;
      about.textContent = one.textContent;
      item.append(one.value, about);
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(index); });
      return item;
    }));
    list.hidden = false;
    choose(0);
  };
  text.setAttribute("aria-autocomplete", "list");
  text.after(list);
  text.addEventListener("input", (event) => { if (event.isTrusted) offer(); });
  text.addEventListener("blur", close);
  text.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      choose((chosen + steps[event.key] + list.children.length) % list.children.length);
    } else if (event.key === "Tab" || event.key === "Enter") {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
}

const valuesOf = (form) => {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    if (name !== "csrfmiddlewaretoken" && name !== "op") (values[name] ||= []).push(value);
  }
  return values;
};

function keeping(form) {
  const key = `policy-draft:${form.dataset.kept}`;
  const state = form.querySelector("[data-kept-state]");
  const read = () => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
  const shown = JSON.stringify(valuesOf(form));
  const kept = read();
  const revision = form.elements.revision.value;
  const banner = form.querySelector("[data-restore]");
  if (kept && (kept.sent ? kept.values.revision?.[0] !== revision : false)) localStorage.removeItem(key);
  else if (kept && JSON.stringify(kept.values) !== shown && !form.dataset.begun) {
    banner.hidden = false;
    banner.querySelector("[data-restore-no]").addEventListener("click", () => { localStorage.removeItem(key); banner.hidden = true; });
    banner.querySelector("[data-restore-yes]").addEventListener("click", () => {
      window.htmx.ajax("POST", form.action, { target: "#editor", select: "#editor", swap: "outerHTML", values: { ...kept.values, op: "refresh" } });
    });
  }
  let waiting;
  const keep = (sent) => {
    try {
      localStorage.setItem(key, JSON.stringify({ values: valuesOf(form), sent }));
      if (state) state.textContent = new Date().toLocaleTimeString();
    } catch { /* No room, or not allowed: nothing is kept. */ }
  };
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => keep(false), 600); });
  form.addEventListener("submit", (event) => { clearTimeout(waiting); keep(event.submitter?.value === "save"); });
}

export function prepareAuthoring(root) {
  once(root, "form[data-marking]").forEach(marking);
  once(root, "[data-sides]").forEach(sides);
  once(root, "[data-complete]").forEach(completing);
  once(root, "form[data-kept]").forEach(keeping);
}
