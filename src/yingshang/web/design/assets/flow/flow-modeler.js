// The modeler: <div data-modeler> with the canvas, the panel and a form whose field `bpmn` carries the text.
import Modeler from "bpmn-js/lib/Modeler";
import extension from "./extension.json";
import { tools } from "./tools.js";
import { translation } from "./words.js";

for (const place of document.querySelectorAll("[data-modeler]")) {
  const field = document.getElementById(place.dataset.field);
  const modeler = new Modeler({
    container: place.querySelector("[data-canvas]"),
    moddleExtensions: { yingshang: extension },
    additionalModules: [translation(), tools],
  });
  modeler.importXML(field.value);
}
