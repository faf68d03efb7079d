// The lazy part of charts: ECharts with the tokens' colours.
import { BarChart, FunnelChart, GaugeChart, HeatmapChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { ALIASES, TONES, colour, escaped, formatter, type ChartData, type Drawing, type Series } from "./chart_parts";
import { drawPlane, type PlaneData } from "./chart_plane";

use([
  BarChart, LineChart, ScatterChart, FunnelChart, PieChart, HeatmapChart, GaugeChart, GridComponent, LegendComponent, MarkLineComponent,
  TooltipComponent, VisualMapComponent, AriaComponent, CanvasRenderer,
]);

function seriesOption(data: ChartData, series: Series, index: number, element: HTMLElement): Record<string, unknown> {
  const kind = series.kind ?? (data.kind === "area" ? "line" : data.kind === "stacked" || data.kind === "row" ? "bar" : data.kind);
  const tone = colour(element, (series.tone && (ALIASES[series.tone] ?? series.tone)) || (series.estimated ? "plum" : (TONES[index % TONES.length] ?? "indigo")));
  const hatched = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: -0.5, color: tone };
  return {
    name: series.name,
    type: kind,
    data: kind === "funnel" ? series.values.map((value, at) => ({ value, name: data.categories[at] })) : series.values,
    stack: (data.kind === "stacked" || data.stacked) && kind === "bar" ? "all" : undefined,
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

const WHOLE = ["pie", "gauge", "heat"];

/** Columns of a heat map are its series, rows its categories; darker is more, and what is below zero has another colour. */
function heatParts(data: ChartData, element: HTMLElement): Record<string, unknown> {
  const text = { color: colour(element, "ink-3"), fontSize: 12 };
  const figures = data.series.flatMap((series) => series.values.map((value) => (typeof value === "number" ? value : 0)));
  const least = figures.reduce((one, other) => Math.min(one, other), 0);
  const most = figures.reduce((one, other) => Math.max(one, other), least < 0 ? -least : 1);
  const above = ["grey-soft", "indigo-edge", "indigo"].map((tone) => colour(element, tone));
  const inRange = { color: least < 0 ? [colour(element, "rose"), colour(element, "rose-soft"), ...above] : above };
  return {
    xAxis: { type: "category", data: data.series.map((series) => series.name), axisLabel: text, axisTick: { show: false }, axisLine: { show: false } },
    yAxis: { type: "category", data: data.categories, inverse: true, axisLabel: text, axisTick: { show: false }, axisLine: { show: false } },
    visualMap: { show: false, min: least < 0 ? -most : 0, max: most, inRange },
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
  const value = { type: "value", axisLabel: { color: text, fontSize: 12, hideOverlap: true, formatter: formatter(data) }, splitLine: { lineStyle: { color: line } } };
  if (data.kind === "scatter") return { xAxis: { ...value, axisLabel: { color: text } }, yAxis: value };
  return data.kind === "row" ? { xAxis: value, yAxis: { ...category, inverse: true } } : { xAxis: category, yAxis: value };
}

/** Draws into `element` and keeps the size; a click on a figure with an address opens it. */
export function drawChart(element: HTMLElement, data: ChartData): Drawing {
  if (data.kind === "plane") return drawPlane(element, data as unknown as PlaneData);
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
