// data-dial: a slider and a number field that say the same. The field is what is sent; the slider follows it, and moves it.
// What the field holds beyond the slider's ends stays as typed. data-dial-reset puts a figure back.
import { once } from "./once.js";

export function prepareDials(root) {
  once(root, "[data-dial]").forEach((dial) => {
    const slider = dial.querySelector("[data-dial-slider]");
    const field = dial.querySelector("[data-dial-number]");
    const reset = dial.querySelector("[data-dial-reset]");
    const say = (value) => {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const mark = () => {
      if (reset) reset.disabled = field.value === reset.dataset.dialReset;
    };
    slider.hidden = false;
    slider.addEventListener("input", (event) => {
      event.stopPropagation();
      say(slider.value);
    });
    slider.addEventListener("change", (event) => event.stopPropagation());
    field.addEventListener("input", () => {
      const value = Number(field.value.replace(/[,，]/g, ""));
      if (field.value.trim() && Number.isFinite(value)) slider.value = value;
      mark();
    });
    if (reset) {
      reset.hidden = false;
      reset.addEventListener("click", () => say(reset.dataset.dialReset));
    }
    mark();
  });
}
