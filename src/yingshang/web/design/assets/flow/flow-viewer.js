// A flow as it was drawn, to look at: <div data-flow-viewer="id of a JSON block with the BPMN text">.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import extension from "./extension.json";
import { translation } from "./words.js";

for (const place of document.querySelectorAll("[data-flow-viewer]")) {
  const bpmn = JSON.parse(document.getElementById(place.dataset.flowViewer).textContent);
  const viewer = new NavigatedViewer({
    container: place,
    moddleExtensions: { yingshang: extension },
    additionalModules: [translation()],
  });
  viewer.importXML(bpmn).then(() => {
    viewer.get("canvas").zoom("fit-viewport", "auto");
    place.dataset.drawn = "yes";
  }).catch(() => {
    place.textContent = place.dataset.broken;
  });
}
