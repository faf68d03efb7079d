// What all charts share: their data, colours of the tokens, short figures.
export interface Series {
  name: string;
  values: (number | null)[] | [number, number][];
  tone?: string;
  estimated?: boolean;
  urls?: (string | null)[];
  kind?: string;
}

export interface ChartData {
  kind: "bar" | "row" | "line" | "area" | "stacked" | "scatter" | "funnel" | "pie" | "heat" | "gauge" | "plane";
  categories: string[];
  series: Series[];
  unit?: "money" | "percent" | "number";
  currency?: string;
  /** Bars of one category lie on one line (a tornado: less to the left, more to the right). */
  stacked?: boolean;
  /** Lines at a value, such as a plan. */
  targets?: { name: string; value: number }[];
}

export interface Drawing {
  dispose(): void;
  resize(): void;
}

// Plum is for estimates alone.
export const TONES = ["indigo", "stage-growth", "stage-decline", "teal", "ramp-1", "stage-departure", "jade", "amber", "indigo-edge", "rose", "line-3", "ink-2"];
/** Names of series colours that are no tokens themselves. */
export const ALIASES: Record<string, string> = { "indigo-2": "ramp-1", "2": "indigo-edge", grey: "stage-departure" };
const SYMBOLS: Record<string, string> = { CNY: "¥", EUR: "€", USD: "$", GBP: "£" };

/** The computed colour of a token; light-dark() is resolved by the browser. */
export function colour(element: HTMLElement, token: string): string {
  const probe = document.createElement("i");
  probe.style.color = `var(--${token})`;
  element.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

export function short(value: number): string {
  const chinese = document.documentElement.lang.startsWith("zh");
  const units: [number, string][] = chinese ? [[1e8, "亿"], [1e4, "万"]] : [[1e9, "B"], [1e6, "M"], [1e3, "k"]];
  const unit = units.find(([size]) => Math.abs(value) >= size);
  const text = unit ? `${Number((value / unit[0]).toPrecision(3))}${unit[1]}` : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}

export function formatter(data: Pick<ChartData, "unit" | "currency">): (value: number | string) => string {
  return (raw) => {
    const value = Number(raw);
    if (raw === null || raw === undefined || Number.isNaN(value)) return "–";
    if (data.unit === "percent") return `${short(Math.round(value * 10) / 10)} %`;
    if (data.unit === "money") return `${SYMBOLS[data.currency ?? "CNY"] ?? `${data.currency} `}${short(value)}`;
    return short(value);
  };
}

export function escaped(text: string | undefined): string {
  const holder = document.createElement("i");
  holder.textContent = text ?? "";
  return holder.innerHTML;
}
