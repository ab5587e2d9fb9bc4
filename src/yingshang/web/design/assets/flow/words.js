// What the modeler says, in Chinese. Its own language is English, so a page in English needs nothing.
const CHINESE = {
  "Activate hand tool": "移动画布",
  "Activate lasso tool": "框选",
  "Activate create/remove space tool": "增减空白",
  "Activate global connect tool": "连线",
  "Create start event": "新增开始",
  "Create end event": "新增结束",
  "Create user task": "新增环节",
  "Create exclusive gateway": "新增条件分支",
  "Create parallel gateway": "新增并联",
  "Create pool/participant": "新增泳池",
  "Append end event": "接结束",
  "Append user task": "接环节",
  "Append exclusive gateway": "接条件分支",
  "Append parallel gateway": "接并联",
  "Connect to other element": "连到别的元素",
  "Delete": "删除",
  "Add lane above": "在上方加泳道",
  "Add lane below": "在下方加泳道",
  "Divide into two lanes": "分成两条泳道",
  "Divide into three lanes": "分成三条泳道",
  "Align elements": "对齐",
  "Align elements bottom": "下对齐",
  "Align elements center": "水平居中",
  "Align elements left": "左对齐",
  "Align elements middle": "垂直居中",
  "Align elements right": "右对齐",
  "Align elements top": "上对齐",
  "Search in diagram": "在图中查找",
  "flow elements must be children of pools/participants": "元素要放在泳池里",
  "no diagram to display": "没有可显示的图",
  "no process or collaboration to display": "没有可显示的流程",
  "No parent for {element} in {parent}": "{element} 在 {parent} 里没有上级",
  "element {element} referenced by {referenced}#{property} not yet drawn": "{referenced} 引用的 {element} 还没有画",
  "already rendered {element}": "{element} 已经画过",
  "failed to import {element}": "{element} 读不进来",
  "missing {semantic}#attachedToRef": "{semantic} 没有依附的元素",
  "multiple DI elements defined for {element}": "{element} 画了不止一次",
  "out of bounds release": "放到了画布之外",
  "Toggle non-interrupting": "改为不打断",
};

export const chinese = document.documentElement.lang !== "en";

function translate(template, replacements = {}) {
  const text = (chinese && CHINESE[template]) || template;
  return text.replace(/{([^}]+)}/g, (whole, key) => replacements[key] ?? whole);
}

export const translation = () => ({ translate: ["value", translate] });
