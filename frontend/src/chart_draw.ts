// The lazy part of charts: ECharts with the tokens' colours.
import { BarChart, FunnelChart, LineChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, ScatterChart, FunnelChart, GridComponent, LegendComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

export interface Series {
  name: string;
  values: (number | null)[] | [number, number][];
  tone?: string;
  estimated?: boolean;
  urls?: (string | null)[];
  kind?: string;
}

export interface ChartData {
  kind: "bar" | "row" | "line" | "area" | "stacked" | "scatter" | "funnel";
  categories: string[];
  series: Series[];
  unit?: "money" | "percent" | "number";
  currency?: string;
}

export interface Drawing {
  dispose(): void;
  resize(): void;
}

const TONES = ["indigo", "stage-growth", "stage-decline", "teal", "plum", "stage-departure"];
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
    if (data.unit === "percent") return `${short(value)} %`;
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

function axes(data: ChartData, element: HTMLElement): Record<string, unknown> {
  if (data.kind === "funnel") return {};
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
  const option: EChartsCoreOption = {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 180,
    textStyle: { fontFamily: getComputedStyle(element).fontFamily, color: colour(element, "ink") },
    grid: { left: 4, right: 8, top: data.series.length > 1 ? 30 : 10, bottom: 4, containLabel: true },
    legend: data.series.length > 1 ? { top: 0, left: 0, icon: "roundRect", itemWidth: 10, itemHeight: 8, textStyle: { color: colour(element, "ink-2"), fontSize: 12 } } : undefined,
    tooltip: {
      trigger: data.kind === "scatter" || data.kind === "funnel" ? "item" : "axis",
      backgroundColor: colour(element, "night"), borderWidth: 0, textStyle: { color: colour(element, "night-ink"), fontSize: 12 },
      valueFormatter: formatter(data), confine: true,
    },
    aria: { enabled: true },
    series: data.series.map((series, index) => seriesOption(data, series, index, element)),
    ...axes(data, element),
  };
  chart.setOption(option);
  chart.on("click", (event) => {
    const url = data.series[event.seriesIndex ?? 0]?.urls?.[event.dataIndex];
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
