// Messages that come and go. They are read out (role=status), stay while the pointer or the focus is on them, and those
// that say something is wrong stay until closed. A server's HX-Trigger {"toast": "…"} and a `toast` event add one.
import { once } from "./once.js";

function arm(toast) {
  const close = () => toast.remove();
  toast.querySelector("[data-toast-close]")?.addEventListener("click", close);
  if ("stay" in toast.dataset) return;
  let timer = setTimeout(close, 6000);
  const hold = () => clearTimeout(timer);
  const release = () => { timer = setTimeout(close, 3000); };
  toast.addEventListener("mouseenter", hold);
  toast.addEventListener("mouseleave", release);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", release);
}

export function prepareToasts(root) {
  once(root, "#toasts > .notice").forEach(arm);
}

// Nothing came back at all: without a word the click would seem to have done nothing.
for (const kind of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, () => {
    const text = document.getElementById("toasts")?.dataset.broken;
    document.dispatchEvent(new CustomEvent("toast", { detail: text }));
  });
}

document.addEventListener("toast", (event) => {
  const place = document.getElementById("toasts");
  const pattern = document.getElementById("toast-pattern");
  const text = typeof event.detail === "string" ? event.detail : event.detail?.value;
  if (!place || !pattern || !text) return;
  const toast = pattern.content.firstElementChild.cloneNode(true);
  toast.querySelector("[data-toast-text]").textContent = text;
  place.append(toast);
  prepareToasts(document);
});
