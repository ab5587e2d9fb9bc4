// Parts of a page that fold (<details>): all at once, by a link of the index, and all open on paper.
export function prepareFolds() {
  const parts = () => [...document.querySelectorAll("details.source")];
  document.addEventListener("click", (event) => {
    const all = event.target.closest?.("[data-fold-all]");
    if (all) {
      event.preventDefault();
      const open = parts().some((part) => !part.open);
      parts().forEach((part) => { part.open = open; });
      say(all, open);
      return;
    }
    const link = event.target.closest?.(".index a[href^='#']");
    if (link) reveal(link.hash);
  });
  document.addEventListener("toggle", (event) => {
    const all = document.querySelector("[data-fold-all]");
    if (all && event.target.matches?.("details.source")) say(all, parts().every((part) => part.open));
  }, true);
  if (location.hash) reveal(location.hash);
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = parts().filter((part) => !part.open);
    closed.forEach((part) => { part.open = true; });
  });
  window.addEventListener("afterprint", () => closed.forEach((part) => { part.open = false; }));
}

function say(all, open) {
  all.querySelector("[data-fold-words]").textContent = open ? all.dataset.foldAll : all.dataset.unfold;
}

function reveal(hash) {
  const part = document.getElementById(decodeURIComponent(hash.slice(1)));
  if (part?.matches("details.source")) part.open = true;
}
