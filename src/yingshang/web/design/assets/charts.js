// Charts and maps: <div data-chart="id of a JSON block">, <div data-map="id">. The data block is made by `json_script`;
// the same figures stand beside it as a table. Only the parts of ECharts that are used are in the bundle.
import { BarChart, LineChart, MapChart, PieChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { LabelLayout } from "echarts/features";
import { SVGRenderer } from "echarts/renderers";
import { once } from "./js/once.js";

echarts.use([BarChart, LineChart, MapChart, PieChart, AriaComponent, GridComponent, LegendComponent, MarkLineComponent,
  TooltipComponent, VisualMapComponent, LabelLayout, SVGRenderer]);

const drawn = new Map();
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const still = matchMedia("(prefers-reduced-motion: reduce)");
const language = document.documentElement.lang;
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
// 12,000 as 1.2万 where Chinese is read: the axis stays short.
const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
const decals = ["none", "dots", "lines"];

function look() {
  return {
    ink: token("--ys-ink"), muted: token("--ys-muted"), line: token("--ys-line"), surface: token("--ys-surface"),
    font: token("--ys-font"), size: parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8,
    series: [1, 2, 3, 4, 5, 6].map((n) => token(`--ys-series-${n}`)),
    tone: { good: token("--ys-good"), warn: token("--ys-warn"), bad: token("--ys-bad"), quiet: token("--ys-quiet") },
    low: token("--ys-map-low"), high: token("--ys-map-high"), unknown: token("--ys-map-unknown"), seal: token("--ys-seal"),
  };
}

function common(l) {
  return {
    animation: !still.matches,
    animationDuration: 350,
    color: l.series,
    textStyle: { fontFamily: l.font, fontSize: l.size, color: l.ink },
    aria: { enabled: false },
    tooltip: {
      trigger: "item", backgroundColor: l.surface, borderColor: l.line, textStyle: { color: l.ink, fontSize: l.size, fontFamily: l.font },
      valueFormatter: (value) => (value === null || value === undefined || Number.isNaN(value) ? "—" : number.format(value)), confine: true,
    },
  };
}

const linked = (value, url) => (url ? { value, url } : value);

// {kind: bar|line|area|pie, horizontal, stacked, categories: […], series: [{name, values: […], tone}], unit}
function chartOption(data, l) {
  const option = common(l);
  const text = { color: l.muted, fontSize: l.size };
  if (data.kind === "pie") {
    return { ...option, legend: { bottom: 0, textStyle: text, icon: "roundRect" },
      series: [{ type: "pie", radius: ["48%", "72%"], center: ["50%", "44%"], itemStyle: { borderColor: l.surface, borderWidth: 2 },
        label: { color: l.ink, fontSize: l.size },
        data: data.categories.map((name, i) => ({ name, value: data.series[0].values[i], url: data.urls?.[i] })) }] };
  }
  const categories = { type: "category", data: data.categories, inverse: Boolean(data.horizontal), axisTick: { show: false },
    axisLine: { lineStyle: { color: l.line } }, axisLabel: { ...text, hideOverlap: !data.horizontal } };
  const values = { type: "value", splitLine: { lineStyle: { color: l.line } },
    axisLabel: { ...text, formatter: (value) => short.format(value) } };
  const several = data.series.length > 1;
  return {
    ...option,
    tooltip: { ...option.tooltip, trigger: "axis", axisPointer: { type: data.kind === "bar" ? "shadow" : "line" } },
    legend: several ? { top: 0, right: 0, textStyle: text, icon: "roundRect", itemWidth: 12, itemHeight: 12 } : undefined,
    grid: { left: 4, right: 12, top: several ? 36 : 12, bottom: 4, containLabel: true },
    xAxis: data.horizontal ? values : categories,
    yAxis: data.horizontal ? categories : values,
    series: data.series.map((one, index) => ({
      name: one.name, type: data.kind === "bar" ? "bar" : "line", data: one.values.map((value, place) => linked(value, data.urls?.[place])), stack: data.stacked ? "all" : undefined,
      barMaxWidth: 22, smooth: false, connectNulls: false, symbol: ["circle", "rect", "triangle"][index % 3], symbolSize: 6,
      areaStyle: data.kind === "area" ? { opacity: 0.16 } : undefined,
      lineStyle: { width: 2, type: ["solid", "dashed", "dotted"][index % 3] },
      itemStyle: { ...(one.tone ? { color: l.tone[one.tone] } : {}), ...(several && data.kind === "bar" && index ? { decal: pattern(index) } : {}) },
    })),
  };
}

const pattern = (index) => ({ symbol: decals[index % 3] === "dots" ? "circle" : "rect", dashArrayX: decals[index % 3] === "dots" ? [[3, 5], [0, 4, 4, 0]] : [1, 0],
  dashArrayY: decals[index % 3] === "dots" ? [3, 3] : [2, 5], rotation: -Math.PI / 4, color: "rgba(255,255,255,.4)" });

// {map: address of GeoJSON, name, unit, values: [{code, name, value, url}]}; a region without a value is not nought.
// What a place is called on a map: 哈尔滨, 内蒙古, 香港; one of a single syllable keeps its kind (宾县), and so do counties and
// districts of a people, whose names end in it.
function briefly(name) {
  const short = name.replace(/(特别行政区|(壮族|回族|维吾尔)?自治区|省|市|地区|(?<!自治)县|(?<!自治)区)$/, "");
  return short.length > 1 ? short : name;
}

// The dashed line in the South China Sea: thin shapes, which a border in the colour of the paper would hide.
const lineOf = (l) => ({ name: "line", value: NaN, label: { show: false }, tooltip: { show: false }, emphasis: { disabled: true },
  itemStyle: { areaColor: l.muted, borderColor: l.muted, borderWidth: 1 } });

async function mapOption(data, l) {
  const name = `regions-${data.map}`;
  if (!echarts.getMap(name)) {
    const shapes = await (await fetch(data.map)).json();
    // A line is no place and has no code; it needs a name all the same, to be drawn as what it is.
    shapes.features.forEach((one) => { one.properties.code ??= one.properties.level; });
    echarts.registerMap(name, shapes);
  }
  const long = (code) => String(code).padEnd(6, "0");
  const byCode = new Map(data.values.map((one) => [long(one.code), one]));
  const names = new Map(echarts.getMap(name).geoJson.features.map((one) => [String(one.properties.code), one.properties.name]));
  const known = data.values.map((one) => one.value).filter((value) => value !== null && value !== undefined);
  const title = (code) => byCode.get(String(code))?.name ?? names.get(String(code)) ?? "";
  const option = common(l);
  return {
    ...option,
    tooltip: { ...option.tooltip, formatter: (item) => {
      const one = byCode.get(String(item.name));
      const box = document.createElement("div");
      box.textContent = `${title(item.name)}　${one && one.value !== null && one.value !== undefined ? number.format(one.value) + (data.unit || "") : data.unknown}`;
      return box;
    } },
    visualMap: { left: 0, bottom: 0, min: Math.min(0, ...known), max: Math.max(1, ...known), calculable: false, itemHeight: 90, itemWidth: 12,
      text: [short.format(Math.max(1, ...known)), short.format(Math.min(0, ...known))], textStyle: { color: l.muted, fontSize: l.size },
      inRange: { color: [l.low, l.high] }, outOfRange: { color: [l.unknown] } },
    series: [{ type: "map", map: name, roam: false, nameProperty: "code", selectedMode: false, left: 64, right: 8, top: 8, bottom: 8, preserveAspect: "contain",
      label: { show: data.labels !== false, color: l.ink, fontSize: l.size * 0.85, formatter: (item) => briefly(title(item.name)),
        textBorderColor: l.surface, textBorderWidth: 2 },
      labelLayout: { hideOverlap: true },
      itemStyle: { areaColor: l.unknown, borderColor: l.surface, borderWidth: 1.2 },
      emphasis: { label: { color: l.ink }, itemStyle: { areaColor: null, borderColor: l.seal, borderWidth: 2 } },
      data: [...data.values.map((one) => ({ name: long(one.code), value: one.value ?? NaN, url: one.url })), lineOf(l)] }],
  };
}

// A map of no size cannot be turned back into degrees; what is hidden, or not laid out yet, waits until it has one.
const hasSize = (element) => element.clientWidth > 0 && element.clientHeight > 0;
const watcher = new ResizeObserver((entries) => entries.forEach(({ target }) => {
  if (!hasSize(target)) return;
  if (drawn.has(target)) drawn.get(target).resize();
  else draw(target);
}));

async function draw(element) {
  const block = document.getElementById(element.dataset.chart || element.dataset.map);
  if (!block) return;
  const data = JSON.parse(block.textContent);
  const l = look();
  const option = element.dataset.map ? await mapOption(data, l) : chartOption(data, l);
  if (!hasSize(element)) return;
  let chart = drawn.get(element);
  if (!chart) {
    chart = echarts.init(element, null, { renderer: "svg" });
    drawn.set(element, chart);
    chart.on("click", (item) => { if (item.data?.url) location.assign(item.data.url); });
  }
  chart.setOption(option, true);
  element.querySelector("svg")?.setAttribute("aria-hidden", "true");
  element.dataset.drawn = "yes";
}

const all = (root) => once(root, "[data-chart], [data-map]").forEach((element) => watcher.observe(element));
all(document);
document.addEventListener("htmx:load", (event) => {
  all(event.detail.elt);
  for (const [element, chart] of drawn) {
    if (!element.isConnected) {
      chart.dispose();
      drawn.delete(element);
    }
  }
});
document.addEventListener("display:theme", () => drawn.forEach((_, element) => draw(element)));
window.addEventListener("beforeprint", () => drawn.forEach((chart, element) => { if (hasSize(element)) chart.resize(); }));
