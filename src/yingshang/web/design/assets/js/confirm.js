// data-confirm on a button or link asks first, in a dialog of the page. data-confirm-title, -action and -danger dress it.
// Without a script the form is simply sent, so what cannot be undone must also be asked for by the server.
import { once } from "./once.js";

let wanted = null;

function dialog() {
  const element = document.getElementById("confirm");
  if (element && !element.dataset.ready) {
    element.dataset.ready = "yes";
    element.addEventListener("close", () => {
      const target = wanted;
      wanted = null;
      if (element.returnValue !== "yes" || !target) return;
      target.dataset.confirmed = "yes";
      target.click();
      delete target.dataset.confirmed;
    });
  }
  return element;
}

export function prepareConfirmations(root) {
  once(root, "[data-confirm]").forEach((element) => {
    element.addEventListener("click", (event) => {
      if (element.dataset.confirmed) return;
      const box = dialog();
      if (!box?.showModal) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      wanted = element;
      box.returnValue = "";
      const title = box.querySelector("[data-confirm-title]");
      title.textContent = element.dataset.confirmTitle || title.dataset.confirmTitle;
      box.querySelector("[data-confirm-text]").textContent = element.dataset.confirm;
      const yes = box.querySelector("[value=yes]");
      yes.textContent = element.dataset.confirmAction || element.textContent.trim();
      yes.classList.toggle("btn-danger", "confirmDanger" in element.dataset);
      yes.classList.toggle("btn-primary", !("confirmDanger" in element.dataset));
      box.showModal();
    }, { capture: true });
  });
}
