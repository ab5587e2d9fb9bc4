// The choices of display: colours, large text. The server remembers them; here they take effect at once.
export function prepareDisplay() {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.querySelectorAll("form[data-display]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (!button || !window.fetch) return;
      event.preventDefault();
      const data = new FormData(form);
      data.set(button.name, button.value);
      // Kept alive: who goes on to another page at once is remembered all the same.
      fetch(form.action, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" }, keepalive: true });
      if (button.name === "theme") {
        root.dataset.theme = button.value;
        const effective = button.value === "auto" ? (dark.matches ? "dark" : "light") : button.value;
        root.setAttribute("data-bs-theme", effective);
        document.dispatchEvent(new CustomEvent("display:theme"));
      } else {
        root.dataset.text = button.value;
      }
      form.querySelectorAll(`[name="${button.name}"]`).forEach((other) => {
        other.setAttribute("aria-pressed", String(other === button));
      });
    });
  });
  dark.addEventListener("change", () => {
    if (root.dataset.theme === "auto") root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
    document.dispatchEvent(new CustomEvent("display:theme"));
  });
}
