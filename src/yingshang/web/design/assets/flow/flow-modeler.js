// The modeler: <form data-modeler> with the canvas, the panel, and the field `bpmn` that carries the text. What is drawn
// goes into the field before the form is sent or checked; the server reads and lints it, as it does any upload.
import Modeler from "bpmn-js/lib/Modeler";
import extension from "./extension.json";
import { Properties } from "./properties.js";
import { tools } from "./tools.js";
import { translation } from "./words.js";

for (const form of document.querySelectorAll("[data-modeler]")) {
  const field = form.querySelector("[name=bpmn]");
  const canvas = form.querySelector("[data-canvas]");
  const given = (name) => JSON.parse(document.getElementById(name).textContent);
  const modeler = new Modeler({
    container: canvas,
    moddleExtensions: { yingshang: extension },
    additionalModules: [translation(), tools, { __init__: ["properties"], properties: ["type", Properties] }],
    properties: { place: form.querySelector("[data-panel]"), words: given("modeler-words"), choices: given("modeler-choices") },
  });
  // The tools stand at the left: the drawing begins beside them.
  const fit = () => {
    const { inner, outer } = modeler.get("canvas").viewbox();
    const [left, around] = [96, 24];
    const scale = Math.min(1, (outer.width - left - around) / inner.width, (outer.height - 2 * around) / inner.height);
    modeler.get("canvas").viewbox({
      x: inner.x - left / scale, y: inner.y - around / scale, width: outer.width / scale, height: outer.height / scale,
    });
  };
  let changed = false;
  let written = Promise.resolve();
  modeler.importXML(field.value).then(() => {
    fit();
    canvas.dataset.drawn = "yes";
  }).catch((error) => {
    const notice = form.querySelector("[data-broken]");
    notice.hidden = false;
    notice.querySelector("[data-why]").textContent = error.message;
    canvas.hidden = true;
  });
  modeler.on("commandStack.changed", () => {
    changed = true;
    written = modeler.saveXML({ format: true }).then(({ xml }) => {
      field.value = xml;
      form.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
    });
  });
  form.querySelector("[data-undo]")?.addEventListener("click", () => modeler.get("commandStack").undo());
  form.querySelector("[data-redo]")?.addEventListener("click", () => modeler.get("commandStack").redo());
  form.querySelector("[data-fit]")?.addEventListener("click", fit);
  form.addEventListener("submit", (event) => {
    // What was changed in this very moment is still being written.
    if (form.dataset.whole) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.activeElement?.blur();
    setTimeout(() => written.then(() => {
      form.dataset.whole = "yes";
      changed = false;
      form.requestSubmit(event.submitter);
    }));
  }, { capture: true });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
