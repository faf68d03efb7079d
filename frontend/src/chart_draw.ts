// The lazy part of charts: ECharts with the tokens' colours.
import { BarChart, FunnelChart, GaugeChart, HeatmapChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  BarChart, LineChart, ScatterChart, FunnelChart, PieChart, HeatmapChart, GaugeChart, GridComponent, LegendComponent, MarkLineComponent,
  TooltipComponent, VisualMapComponent, AriaComponent, CanvasRenderer,
]);

export interface Series {
  name: string;
  values: (number | null)[] | [number, number][];
  tone?: string;
  estimated?: boolean;
  urls?: (string | null)[];
  kind?: string;
}

export interface ChartData {
  kind: "bar" | "row" | "line" | "area" | "stacked" | "scatter" | "funnel" | "pie" | "heat" | "gauge";
  categories: string[];
  series: Series[];
  unit?: "money" | "percent" | "number";
  currency?: string;
  /** Lines at a value, such as a plan. */
  targets?: { name: string; value: number }[];
}

export interface Drawing {
  dispose(): void;
  resize(): void;
}

// Plum is for estimates alone.
const TONES = ["indigo", "stage-growth", "stage-decline", "teal", "ramp-1", "stage-departure", "jade", "amber", "indigo-edge", "rose", "line-3", "ink-2"];
/** Names of series colours that are no tokens themselves. */
const ALIASES: Record<string, string> = { "indigo-2": "ramp-1", "2": "indigo-edge", grey: "stage-departure" };
const SYMBOLS: Record<string, string> = { CNY: "¥", EUR: "€", USD: "$", GBP: "£" };

/** The computed colour of a token; light-dark() is resolved by the browser. */
function colour(element: HTMLElement, token: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(--${token})`;
  element.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function short(value: number): string {
  const chinese = document.documentElement.lang.startsWith("zh");
  const units: [number, string][] = chinese ? [[1e8, "亿"], [1e4, "万"]] : [[1e9, "B"], [1e6, "M"], [1e3, "k"]];
  const unit = units.find(([size]) => Math.abs(value) >= size);
  const text = unit ? `${Number((value / unit[0]).toPrecision(3))}${unit[1]}` : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}

function formatter(data: ChartData): (value: number | string) => string {
  return (raw) => {
    const value = Number(raw);
    if (raw === null || raw === undefined || Number.isNaN(value)) return "–";
    if (data.unit === "percent") return `${short(Math.round(value * 10) / 10)} %`;
    if (data.unit === "money") return `${SYMBOLS[data.currency ?? "CNY"] ?? `${data.currency} `}${short(value)}`;
    return short(value);
  };
}

function seriesOption(data: ChartData, series: Series, index: number, element: HTMLElement): Record<string, unknown> {
  const kind = series.kind ?? (data.kind === "area" ? "line" : data.kind === "stacked" || data.kind === "row" ? "bar" : data.kind);
  const tone = colour(element, (series.tone && (ALIASES[series.tone] ?? series.tone)) || (series.estimated ? "plum" : (TONES[index % TONES.length] ?? "indigo")));
  const hatched = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -0.5, color: tone };
  return {
    name: series.name,
    type: kind,
    data: kind === "funnel" ? series.values.map((value, at) => ({ value, name: data.categories[at] })) : series.values,
    stack: data.kind === "stacked" ? "all" : undefined,
    barMaxWidth: 28,
    symbolSize: kind === "scatter" ? 8 : 5,
    showSymbol: data.categories.length < 16,
    smooth: false,
    lineStyle: { width: 2, type: series.estimated ? "dashed" : "solid", color: tone },
    areaStyle: data.kind === "area" ? { opacity: 0.08, color: tone } : undefined,
    itemStyle: { color: tone, borderRadius: kind === "bar" && data.kind !== "stacked" ? 2 : 0, ...(series.estimated && kind === "bar" ? { opacity: 0.55, decal: hatched } : {}) },
    label: kind === "funnel" ? { color: colour(element, "ink"), position: "inside" } : undefined,
    cursor: series.urls ? "pointer" : "default",
  };
}

/** A ring, a heat map or a gauge: forms that are no rows of figures over an axis. */
function wholeOption(data: ChartData, element: HTMLElement): Record<string, unknown>[] {
  const first = data.series[0];
  const ink = colour(element, "ink");
  if (data.kind === "pie") {
    const tones = TONES.map((tone) => colour(element, tone));
    const slices = (first?.values ?? []).map((value, at) => ({ value, name: data.categories[at], itemStyle: { color: tones[at % tones.length] } }));
    return [{ name: first?.name, type: "pie", radius: ["46%", "72%"], data: slices, label: { color: ink, fontSize: 12 }, itemStyle: { borderColor: colour(element, "surface"), borderWidth: 1 } }];
  }
  if (data.kind === "gauge") {
    const value = Number(first?.values[0] ?? 0);
    const line = { width: 16, color: [[1, colour(element, "grey-soft")]] };
    const detail = { formatter: formatter(data), color: ink, fontSize: 24, fontWeight: 650, offsetCenter: [0, "28%"] };
    return [{
      name: first?.name, type: "gauge", min: 0, max: Math.max(100, Math.ceil(value)), data: [{ value }], startAngle: 200, endAngle: -20, progress: { show: true, width: 16, itemStyle: { color: colour(element, "indigo") } },
      axisLine: { lineStyle: line }, pointer: { show: false }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { show: false }, detail,
    }];
  }
  const cells = data.series.flatMap((series, column) => series.values.map((value, row) => [column, row, typeof value === "number" ? value : 0]));
  return [{ name: "", type: "heatmap", data: cells, itemStyle: { borderColor: colour(element, "surface"), borderWidth: 1 } }];
}

function heatTip(data: ChartData): (item: { value: [number, number, number] }) => string {
  return ({ value: [column, row, figure] }) => `${escaped(data.categories[row])} · ${escaped(data.series[column]?.name)}: ${formatter(data)(figure)}`;
}

function escaped(text: string | undefined): string {
  const holder = document.createElement("i");
  holder.textContent = text ?? "";
  return holder.innerHTML;
}

const WHOLE = ["pie", "gauge", "heat"];

/** Columns of a heat map are its series, rows its categories; darker is more. */
function heatParts(data: ChartData, element: HTMLElement): Record<string, unknown> {
  const text = { color: colour(element, "ink-3"), fontSize: 12 };
  const most = Math.max(1, ...data.series.flatMap((series) => series.values.map((value) => (typeof value === "number" ? value : 0))));
  return {
    xAxis: { type: "category", data: data.series.map((series) => series.name), axisLabel: text, axisTick: { show: false }, axisLine: { show: false } },
    yAxis: { type: "category", data: data.categories, inverse: true, axisLabel: text, axisTick: { show: false }, axisLine: { show: false } },
    visualMap: { show: false, min: 0, max: most, inRange: { color: [colour(element, "grey-soft"), colour(element, "indigo-edge"), colour(element, "indigo")] } },
  };
}

function targetLines(data: ChartData, element: HTMLElement): Record<string, unknown> | undefined {
  if (!data.targets?.length) return undefined;
  const axis = data.kind === "row" ? "xAxis" : "yAxis";
  return {
    silent: true, symbol: "none", lineStyle: { color: colour(element, "ink-2"), type: "dashed", width: 1 },
    label: { color: colour(element, "ink-2"), fontSize: 12, position: "insideEndTop", formatter: "{b}" },
    data: data.targets.map((target) => ({ name: target.name, [axis]: target.value })),
  };
}

function axes(data: ChartData, element: HTMLElement): Record<string, unknown> {
  if (data.kind === "funnel" || data.kind === "pie" || data.kind === "gauge") return {};
  if (data.kind === "heat") return heatParts(data, element);
  const text = colour(element, "ink-3");
  const line = colour(element, "line");
  const category = { type: "category", data: data.categories, axisLabel: { color: text, fontSize: 12 }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } };
  const value = { type: "value", axisLabel: { color: text, fontSize: 12, formatter: formatter(data) }, splitLine: { lineStyle: { color: line } } };
  if (data.kind === "scatter") return { xAxis: { ...value, axisLabel: { color: text } }, yAxis: value };
  return data.kind === "row" ? { xAxis: value, yAxis: { ...category, inverse: true } } : { xAxis: category, yAxis: value };
}

/** Draws into `element` and keeps the size; a click on a figure with an address opens it. */
export function drawChart(element: HTMLElement, data: ChartData): Drawing {
  const chart = init(element, undefined, { renderer: "canvas" });
  const whole = WHOLE.includes(data.kind);
  const legend = data.series.length > 1 && !whole;
  const option: EChartsCoreOption = {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 180,
    textStyle: { fontFamily: getComputedStyle(element).fontFamily, color: colour(element, "ink") },
    grid: { left: 4, right: 8, top: legend ? 30 : 10, bottom: 4, containLabel: true },
    legend: legend ? { type: "scroll", top: 0, left: 0, icon: "roundRect", itemWidth: 10, itemHeight: 8, textStyle: { color: colour(element, "ink-2"), fontSize: 12 } } : undefined,
    tooltip: {
      trigger: whole || data.kind === "scatter" || data.kind === "funnel" ? "item" : "axis",
      backgroundColor: colour(element, "night"), borderWidth: 0, textStyle: { color: colour(element, "night-ink"), fontSize: 12 },
      valueFormatter: formatter(data), confine: true, ...(data.kind === "heat" ? { formatter: heatTip(data) } : {}),
    },
    aria: { enabled: true },
    series: whole ? wholeOption(data, element) : data.series.map((series, index) => ({ ...seriesOption(data, series, index, element), ...(index === 0 ? { markLine: targetLines(data, element) } : {}) })),
    ...axes(data, element),
  };
  chart.setOption(option);
  chart.on("click", (event) => {
    const at = data.kind === "heat" ? (event.value as number[]) : [event.seriesIndex ?? 0, event.dataIndex];
    const url = data.series[at[0] ?? 0]?.urls?.[at[1] ?? 0];
    if (url) window.location.assign(url);
  });
  const watcher = new ResizeObserver(() => chart.resize());
  watcher.observe(element);
  return {
    resize: () => chart.resize(),
    dispose: () => {
      watcher.disconnect();
      chart.dispose();
    },
  };
}
