// The tools of the modeler: only what a flow of this platform may be made of (see the lint at publishing), so that
// nobody draws for an hour what is refused afterwards.
import { getChildLanes } from "bpmn-js/lib/features/modeling/util/LaneUtil";
import { isAny } from "bpmn-js/lib/features/modeling/util/ModelingUtil";
import { is } from "bpmn-js/lib/util/ModelUtil";

const STEPS = {
  "user-task": ["bpmn:UserTask", "bpmn-icon-user-task"],
  "exclusive-gateway": ["bpmn:ExclusiveGateway", "bpmn-icon-gateway-xor"],
  "parallel-gateway": ["bpmn:ParallelGateway", "bpmn-icon-gateway-parallel"],
  "end-event": ["bpmn:EndEvent", "bpmn-icon-end-event-none"],
};
const words = (name) => name.replace("-", " ");

export class Palette {
  static $inject = ["palette", "create", "elementFactory", "handTool", "lassoTool", "spaceTool", "globalConnect", "translate"];

  constructor(palette, create, factory, hand, lasso, space, connect, translate) {
    Object.assign(this, { create, factory, hand, lasso, space, connect, translate });
    palette.registerProvider(this);
  }

  getPaletteEntries() {
    const { translate } = this;
    const made = (name, type, className, title) => {
      const begin = (event) => this.create.start(event, this.factory.createShape(
        type === "bpmn:ExclusiveGateway" ? { type, isMarkerVisible: true } : { type }));
      return [`create.${name}`, { group: "create", className, title, action: { dragstart: begin, click: begin } }];
    };
    const tool = (name, className, title, click) => [name, { group: "tools", className, title, action: { click } }];
    const participant = (event) => this.create.start(event, this.factory.createParticipantShape());
    return Object.fromEntries([
      tool("hand-tool", "bpmn-icon-hand-tool", translate("Activate hand tool"), (event) => this.hand.activateHand(event)),
      tool("lasso-tool", "bpmn-icon-lasso-tool", translate("Activate lasso tool"), (event) => this.lasso.activateSelection(event)),
      tool("space-tool", "bpmn-icon-space-tool", translate("Activate create/remove space tool"), (event) => this.space.activateSelection(event)),
      tool("connect-tool", "bpmn-icon-connection-multi", translate("Activate global connect tool"), (event) => this.connect.start(event)),
      ["separator", { group: "tools", separator: true }],
      made("start-event", "bpmn:StartEvent", "bpmn-icon-start-event-none", translate("Create start event")),
      ...Object.entries(STEPS).map(([name, [type, icon]]) => made(name, type, icon, translate(`Create ${words(name)}`))),
      ["create.participant", {
        group: "create", className: "bpmn-icon-participant", title: translate("Create pool/participant"),
        action: { dragstart: participant, click: participant },
      }],
    ]);
  }
}

export class Pad {
  static $inject = ["contextPad", "modeling", "elementFactory", "connect", "create", "autoPlace", "translate"];

  constructor(pad, modeling, factory, connect, create, place, translate) {
    Object.assign(this, { pad, modeling, factory, connect, create, place, translate });
    pad.registerProvider(this);
  }

  getMultiElementContextPadEntries(elements) {
    return { delete: this.removal(() => elements.slice()) };
  }

  getContextPadEntries(element) {
    const { translate, modeling } = this;
    const entries = {};
    if (isAny(element, ["bpmn:Lane", "bpmn:Participant"])) {
      const lane = (name, icon, title, click) => {
        entries[name] = { group: name, className: `bpmn-icon-${icon}`, title: translate(title), action: { click } };
      };
      lane("lane-above", "lane-insert-above", "Add lane above", () => modeling.addLane(element, "top"));
      if (getChildLanes(element).length < 2) {
        lane("lane-two", "lane-divide-two", "Divide into two lanes", () => this.split(element, 2));
        lane("lane-three", "lane-divide-three", "Divide into three lanes", () => this.split(element, 3));
      }
      lane("lane-below", "lane-insert-below", "Add lane below", () => modeling.addLane(element, "bottom"));
    }
    if (is(element, "bpmn:FlowNode") && element.type !== "label") {
      if (!is(element, "bpmn:EndEvent")) {
        for (const [name, [type, className]] of Object.entries(STEPS)) {
          const shape = () => this.factory.createShape(type === "bpmn:ExclusiveGateway" ? { type, isMarkerVisible: true } : { type });
          entries[`append.${name}`] = {
            group: "model", className, title: translate(`Append ${words(name)}`),
            action: {
              click: () => this.place.append(element, shape()),
              dragstart: (event) => this.create.start(event, shape(), { source: element }),
            },
          };
        }
      }
      const begin = (event) => this.connect.start(event, element);
      entries.connect = {
        group: "connect", className: "bpmn-icon-connection-multi", title: translate("Connect to other element"),
        action: { click: begin, dragstart: begin },
      };
    }
    entries.delete = this.removal(() => [element]);
    return entries;
  }

  split(element, count) {
    this.modeling.splitLane(element, count);
    this.pad.open(element, true);
  }

  removal(elements) {
    return {
      group: "edit", className: "bpmn-icon-trash", title: this.translate("Delete"),
      action: { click: () => this.modeling.removeElements(elements()) },
    };
  }
}

export const tools = { paletteProvider: ["type", Palette], contextPadProvider: ["type", Pad] };
