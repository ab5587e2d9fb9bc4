// data-autosubmit sends a form when a choice changes; every form is sent only once for one click;
// data-show-password lets a person see what they type; data-copy copies; data-print prints; data-check-all checks a column.
import { once } from "./once.js";

export function prepareForms(root) {
  once(root, "form[data-autosubmit]").forEach((form) => {
    form.addEventListener("change", (event) => {
      if (event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) form.requestSubmit();
    });
  });
  once(root, "form[method=post]:not([data-display])").forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
      event.submitter?.setAttribute("aria-busy", "true");
      setTimeout(() => {
        delete form.dataset.sent;
        event.submitter?.removeAttribute("aria-busy");
      }, 4000);
    });
  });
  once(root, "[data-show-password]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.showPassword);
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    });
  });
  once(root, "[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard?.writeText(button.dataset.copy);
      document.dispatchEvent(new CustomEvent("toast", { detail: button.dataset.copied }));
    });
  });
  once(root, "[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
  once(root, "input[data-check-all]").forEach((box) => {
    box.addEventListener("change", () => {
      box.closest("form, table").querySelectorAll(`input[name="${box.dataset.checkAll}"]`).forEach((one) => {
        one.checked = box.checked;
      });
    });
  });
}
