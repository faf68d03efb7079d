// Charts over two axes of numbers: points, curves, intervals, zones; a frame drawn over the points asks the server what is inside.
import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { AriaComponent, BrushComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { ALIASES, colour, escaped, formatter, type ChartData, type Drawing } from "./chart_parts";
import { openDialog } from "./dialogs";

use([CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent, BrushComponent, AriaComponent, CanvasRenderer]);

type Unit = Pick<ChartData, "unit" | "currency">;
interface Axis extends Unit { label?: string; min?: number; max?: number; log?: boolean; step?: number }
/** A point: x, y, diameter, what it is, where a click leads, whether its name stands beside it. */
type Point = [number, number, number, string, string | null, boolean];
interface Zone { x0?: number; x1?: number; y0?: number; y1?: number; tone: string; label?: string; at?: string }
interface Mark { x?: number; y?: number; label?: string }
interface Curve { name: string; tone: string; points: [number, number][]; dashed?: boolean; area?: boolean; quiet?: boolean; dots?: boolean; labels?: Record<number, string> }
interface Bars { name: string; tone: string; points: [number, number, number, number][] }

export interface PlaneData {
  kind: "plane";
  x: Axis;
  y: Axis;
  groups?: { name: string; tone: string; items: Point[] }[];
  curves?: Curve[];
  bars?: Bars[];
  zones?: Zone[];
  marks?: Mark[];
  frame?: string;
}

type Paint = (token: string) => string;
type Chart = ReturnType<typeof init>;
type Part = Record<string, unknown>;

function axis(of: Axis, paint: Paint, vertical: boolean): Part {
  const text = { color: paint("ink-3"), fontSize: 12, formatter: formatter(of), hideOverlap: true };
  const named = of.label ? { name: of.label, nameLocation: "middle", nameGap: vertical ? 34 : 26, nameTextStyle: { color: paint("ink-3"), fontSize: 12 } } : {};
  return {
    type: of.log ? "log" : "value", min: of.min, max: of.max, interval: of.log ? undefined : of.step, axisLabel: text, axisTick: { show: false },
    axisLine: { show: true, onZero: false, lineStyle: { color: paint("line") } }, splitLine: { lineStyle: { color: paint("line") } }, ...named,
  };
}

function zones(data: PlaneData, paint: Paint): Part | undefined {
  if (!data.zones?.length) return undefined;
  return {
    silent: true,
    data: data.zones.map((zone) => [
      {
        xAxis: zone.x0 ?? data.x.min ?? "min", yAxis: zone.y0 ?? data.y.min ?? "min", name: zone.label ?? "", itemStyle: { color: paint(zone.tone), opacity: zone.tone === "transparent" ? 0 : 0.55 },
        label: { show: Boolean(zone.label), position: zone.at ?? "insideTopRight", color: paint(zone.tone.startsWith("amber") ? "amber" : zone.tone.startsWith("rose") ? "rose" : "ink-2"), fontSize: 12, fontWeight: 500 },
      },
      { xAxis: zone.x1 ?? data.x.max ?? "max", yAxis: zone.y1 ?? data.y.max ?? "max" },
    ]),
  };
}

function marks(data: PlaneData, paint: Paint): Part | undefined {
  if (!data.marks?.length) return undefined;
  return {
    silent: true, symbol: "none", lineStyle: { color: paint("line-3"), type: "dashed", width: 1 }, label: { color: paint("ink-2"), fontSize: 12, formatter: "{b}", position: "insideEndTop" },
    data: data.marks.map((mark) => (mark.x === undefined ? { name: mark.label ?? "", yAxis: mark.y } : { name: mark.label ?? "", xAxis: mark.x })),
  };
}

type Side = "right" | "left" | "top" | "bottom";
type Box = { x: number; y: number; width: number; height: number };
const NAME_WIDTH = 150;

function beside(side: Side, x: number, y: number, gap: number, width: number): Box {
  if (side === "right") return { x: x + gap, y: y - 8, width, height: 16 };
  if (side === "left") return { x: x - gap - width, y: y - 8, width, height: 16 };
  return { x: x - width / 2, y: side === "top" ? y - gap - 16 : y + gap, width, height: 16 };
}

function meets(one: Box, other: Box): boolean {
  return one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;
}

/** Where each name stands beside its point, without covering another name or a named point; a name that fits nowhere is left to the tooltip. */
function namePlaces(chart: Chart, element: HTMLElement, data: PlaneData): Map<Point, Side> {
  const pen = document.createElement("canvas").getContext("2d");
  if (pen) pen.font = `12px ${getComputedStyle(element).fontFamily}`;
  const named = (data.groups ?? []).flatMap((group) => group.items).filter((item) => item[5]);
  const at = (item: Point): number[] => chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [item[0], item[1]]) as unknown as number[];
  const taken: Box[] = named.map((item) => {
    const [x = 0, y = 0] = at(item);
    return { x: x - item[2] / 2, y: y - item[2] / 2, width: item[2], height: item[2] };
  });
  const found = new Map<Point, Side>();
  for (const [index, item] of named.entries()) {
    const [x = 0, y = 0] = at(item);
    const width = Math.min(pen?.measureText(item[3]).width ?? NAME_WIDTH, NAME_WIDTH) + 4;
    for (const side of ["right", "left", "top", "bottom"] as const) {
      const box = beside(side, x, y, item[2] / 2 + 3, width);
      if (box.x < 40 || box.x + box.width > element.clientWidth - 10 || taken.some((other, own) => own !== index && meets(box, other))) continue;
      taken.push(box);
      found.set(item, side);
      break;
    }
  }
  return found;
}

function pointSeries(data: PlaneData, paint: Paint, places?: Map<Point, Side>): Part[] {
  return (data.groups ?? []).map((group) => ({
    type: "scatter", name: group.name, cursor: "pointer", itemStyle: { color: paint(group.tone) },
    data: group.items.map((item) => {
      const [x, y, size, name, url, named] = item;
      const label = { show: places?.has(item) ?? false, formatter: "{b}", position: places?.get(item) ?? "right", distance: 3, color: paint("ink"), fontSize: 12, width: NAME_WIDTH, overflow: "truncate" };
      return { value: [x, y], name, symbolSize: size, url, itemStyle: { color: paint(group.tone), opacity: named ? 1 : 0.5 }, label: named ? label : undefined };
    }),
  }));
}

function curveSeries(data: PlaneData, paint: Paint): Part[] {
  return (data.curves ?? []).map((curve) => {
    const tone = paint(curve.tone);
    return {
      type: "line", name: curve.name, symbol: "circle", symbolSize: 7, showSymbol: curve.dots ?? false, silent: curve.quiet, lineStyle: { color: tone, width: curve.quiet ? 1 : 2, type: curve.dashed ? "dashed" : "solid" },
      itemStyle: { color: tone }, areaStyle: curve.area ? { color: tone, opacity: 0.06 } : undefined, tooltip: { show: !curve.quiet },
      data: curve.points.map((point, at) => {
        const label = curve.labels?.[at];
        return label ? { value: point, symbol: "circle", symbolSize: 8, label: { show: true, formatter: label, position: "top", color: paint("ink"), fontWeight: 600, fontSize: 12 } } : { value: point };
      }),
    };
  });
}

/** Intervals as vertical strokes with a dot on the value. */
function barSeries(data: PlaneData, paint: Paint): Part[] {
  return (data.bars ?? []).map((bars) => ({
    type: "custom", name: bars.name, data: bars.points, encode: { x: 0, y: [1, 2, 3] }, itemStyle: { color: paint(bars.tone) },
    renderItem: (_params: unknown, api: { value(at: number): number; coord(at: number[]): number[] }) => {
      const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
      const low = api.coord([api.value(0), api.value(2)])[1] ?? y;
      const high = api.coord([api.value(0), api.value(3)])[1] ?? y;
      return { type: "group", children: [{ type: "line", shape: { x1: x, y1: low, x2: x, y2: high }, style: { stroke: paint(bars.tone), lineWidth: 2, opacity: 0.6 } }, { type: "circle", shape: { cx: x, cy: y, r: 4 }, style: { fill: paint(bars.tone) } }] };
    },
  }));
}

function tip(data: PlaneData): (item: { name: string; seriesName: string; value: number[] }) => string {
  const said = (of: Axis, value: number | undefined): string => `${escaped(of.label ?? "")} ${formatter(of)(value ?? 0)}`.trim();
  return (item) => [`<b>${escaped(item.name || item.seriesName)}</b>`, said(data.x, item.value[0]), said(data.y, item.value[1])].join("<br>");
}

function framed(url: string, areas: { coordRange?: number[][] }[]): void {
  const [x, y] = areas[0]?.coordRange ?? [];
  if (!x || !y) return;
  const query = new URLSearchParams({ x0: String(x[0]), x1: String(x[1]), y0: String(y[0]), y1: String(y[1]) });
  void openDialog(`${url}${url.includes("?") ? "&" : "?"}${query}`);
}

/** Draws into `element`; a click on a point with an address opens it, a frame opens the dialog at `data.frame`. */
export function drawPlane(element: HTMLElement, data: PlaneData): Drawing {
  const chart = init(element, undefined, { renderer: "canvas" });
  const paint: Paint = (token) => colour(element, ALIASES[token] ?? token);
  const series = [...pointSeries(data, paint), ...curveSeries(data, paint), ...barSeries(data, paint)];
  if (series[0]) Object.assign(series[0], { markArea: zones(data, paint), markLine: marks(data, paint) });
  const shown = [...(data.groups ?? []), ...(data.curves ?? []).filter((curve) => !curve.quiet), ...(data.bars ?? [])].map((one) => one.name);
  const option: EChartsCoreOption = {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches, animationDuration: 180,
    textStyle: { fontFamily: getComputedStyle(element).fontFamily, color: paint("ink") },
    grid: { left: data.y.label ? 26 : 4, right: 14, top: shown.length > 1 ? 30 : 12, bottom: data.x.label ? 22 : 4, containLabel: true },
    legend: shown.length > 1 ? { type: "scroll", top: 0, right: 0, data: shown, icon: "circle", itemWidth: 8, itemHeight: 8, textStyle: { color: paint("ink-2"), fontSize: 12 } } : undefined,
    tooltip: { trigger: "item", backgroundColor: paint("night"), borderWidth: 0, textStyle: { color: paint("night-ink"), fontSize: 12 }, confine: true, formatter: tip(data) },
    brush: data.frame ? { toolbox: [], xAxisIndex: 0, yAxisIndex: 0, brushStyle: { color: "transparent", borderColor: paint("indigo"), borderWidth: 1 } } : undefined,
    aria: { enabled: true }, xAxis: axis(data.x, paint, false), yAxis: axis(data.y, paint, true), series,
  };
  chart.setOption(option);
  chart.on("click", (event) => {
    const url = (event.data as { url?: string } | undefined)?.url;
    if (url) window.location.assign(url);
  });
  const frame = data.frame;
  if (frame) {
    chart.on("brushEnd", (event) => framed(frame, (event as { areas: { coordRange?: number[][] }[] }).areas));
    element.closest("gx-chart")?.querySelector("[data-frame]")?.addEventListener("click", () => chart.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: { brushType: "rect", brushMode: "single" } }));
  }
  const names = (): void => {
    if (data.groups?.length) chart.setOption({ series: pointSeries(data, paint, namePlaces(chart, element, data)) });
  };
  names();
  const watcher = new ResizeObserver(() => {
    chart.resize();
    names();
  });
  watcher.observe(element);
  return {
    resize: () => chart.resize(),
    dispose: () => {
      watcher.disconnect();
      chart.dispose();
    },
  };
}
