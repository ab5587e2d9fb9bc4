// What every page needs. Each part finds its elements by a data attribute and can be called again for a new fragment.
import htmx from "htmx.org/dist/htmx.esm.js";
import "bootstrap/js/dist/dropdown";
import "bootstrap/js/dist/collapse";
import "bootstrap/js/dist/tab";
import { prepareAuthoring } from "./js/authoring.js";
import { prepareConfirmations } from "./js/confirm.js";
import { prepareDials } from "./js/dials.js";
import { prepareDrawer } from "./js/drawer.js";
import { prepareDisplay } from "./js/display.js";
import { prepareFolds } from "./js/folds.js";
import { prepareFillable } from "./js/fillable.js";
import { prepareForms } from "./js/forms.js";
import { prepareToasts } from "./js/toasts.js";
import { prepareUploads } from "./js/uploads.js";

// The content security policy allows neither eval nor foreign addresses.
Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  scrollBehavior: "auto",
});
window.htmx = htmx;

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token) event.detail.headers["X-CSRFToken"] = token;
});
// A refusal of the server is a page or a fragment worth showing, except where there is nothing but a status.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400 && event.detail.xhr.responseText) event.detail.shouldSwap = true;
});

const parts = [prepareAuthoring, prepareConfirmations, prepareDials, prepareFillable, prepareForms, prepareUploads, prepareToasts];
const prepare = (root) => parts.forEach((part) => part(root));
prepareDisplay();
prepareDrawer();
prepareFolds();
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
