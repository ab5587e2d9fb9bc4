// A file field with a place to drop files, a list of what was chosen, and the progress of sending it.
// Without a script it is the browser's own file field in an ordinary form.
import { once } from "./once.js";

const size = (bytes) => (bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`);

function show(area, input) {
  const list = area.querySelector("[data-upload-list]");
  list.replaceChildren(...[...input.files].map((file) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const amount = document.createElement("span");
    name.textContent = file.name;
    amount.textContent = size(file.size);
    amount.className = "text-secondary";
    item.append(name, amount);
    const most = Number(area.dataset.most || 0);
    if (most && file.size > most) {
      const wrong = document.createElement("strong");
      wrong.className = "text-danger";
      wrong.textContent = area.dataset.tooLarge;
      item.append(wrong);
    }
    return item;
  }));
}

function send(form, area, event) {
  event.preventDefault();
  const bar = area.querySelector("progress");
  const text = area.querySelector("[data-upload-progress]");
  const request = new XMLHttpRequest();
  bar.hidden = false;
  request.upload.addEventListener("progress", (step) => {
    if (!step.lengthComputable) return;
    bar.max = step.total;
    bar.value = step.loaded;
    text.textContent = `${Math.round((step.loaded / step.total) * 100)}%`;
  });
  request.addEventListener("load", () => {
    // The answer is a page, whether it went well or not: show it as a browser would have.
    if (request.responseURL && request.responseURL !== location.href && request.status < 400) {
      location.assign(request.responseURL);
      return;
    }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
    window.htmx.process(document.querySelector("main"));
  });
  request.addEventListener("error", () => {
    bar.hidden = true;
    text.textContent = area.dataset.broken;
  });
  request.open("POST", form.action || location.href);
  request.send(new FormData(form));
}

// What all files of a form have together is refused before it is sent: what was written would be lost with them.
function keepTogether(form, first) {
  const most = Number(first.dataset.together);
  const wrong = form.querySelector("[data-together-wrong]");
  const inputs = form.querySelectorAll("input[type=file]");
  const over = () => [...inputs].flatMap((each) => [...each.files]).reduce((sum, file) => sum + file.size, 0) > most;
  const tell = () => { wrong.hidden = !over(); };
  inputs.forEach((each) => each.addEventListener("change", tell));
  // Before the others that listen: to them it was not sent.
  form.addEventListener("submit", (event) => {
    tell();
    if (wrong.hidden) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    first.focus();
  }, { capture: true });
}

export function prepareUploads(root) {
  once(root, "input[data-together]").forEach((input) => keepTogether(input.form, input));
  once(root, "[data-upload]").forEach((area) => {
    const input = area.querySelector("input[type=file]");
    if (!input) return;
    input.addEventListener("change", () => show(area, input));
    for (const kind of ["dragenter", "dragover"]) {
      area.addEventListener(kind, (event) => { event.preventDefault(); area.classList.add("is-over"); });
    }
    for (const kind of ["dragleave", "drop"]) {
      area.addEventListener(kind, () => area.classList.remove("is-over"));
    }
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      input.files = event.dataTransfer.files;
      show(area, input);
    });
    const form = area.closest("form");
    if (form && "progress" in area.dataset) form.addEventListener("submit", (event) => send(form, area, event));
  });
}
