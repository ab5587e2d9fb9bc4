// The drawer at the side: a link with data-drawer fills it by htmx (hx-target="#drawer-content") and it opens by itself.
// Without a script the link opens the same as a page.
export function prepareDrawer() {
  const drawer = document.getElementById("drawer");
  if (!drawer?.showModal) return;
  let opener = null;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-drawer]");
    if (link) opener = link;
    if (event.target === drawer || event.target.closest?.("[data-drawer-close]")) drawer.close();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "drawer-content") return;
    if (!drawer.open) drawer.showModal();
    const heading = drawer.querySelector("h2");
    if (heading) {
      heading.tabIndex = -1;
      heading.focus();
    }
  });
  drawer.addEventListener("close", () => opener?.focus());
}
