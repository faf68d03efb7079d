// <gx-chart>: draws its JSON with ECharts when it comes into view; a table of the same figures is a button away.
import { embedded, one } from "./dom";
import type { ChartData, Drawing } from "./chart_parts";
import { word } from "./words";

class Chart extends HTMLElement {
  private drawing: Drawing | null = null;
  private watcher: IntersectionObserver | null = null;

  connectedCallback(): void {
    this.watcher = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) void this.draw();
    });
    this.watcher.observe(this);
    one("[data-chart-table]", this)?.addEventListener("click", (event) => this.toggleTable(event.currentTarget as HTMLElement));
    document.addEventListener("gx:theme", this.redraw);
  }

  disconnectedCallback(): void {
    this.watcher?.disconnect();
    this.drawing?.dispose();
    document.removeEventListener("gx:theme", this.redraw);
  }

  private redraw = (): void => {
    this.drawing?.dispose();
    this.drawing = null;
    void this.draw();
  };

  private async draw(): Promise<void> {
    this.watcher?.disconnect();
    const data = embedded<ChartData>("[data-chart]", this);
    const canvas = one("[data-canvas]", this);
    if (!data || !canvas || this.drawing) return;
    const { drawChart } = await import("./chart_draw");
    if (this.isConnected) this.drawing = drawChart(canvas, data);
  }

  private toggleTable(button: HTMLElement): void {
    const table = one("[data-table]", this);
    const canvas = one("[data-canvas]", this);
    if (!table || !canvas) return;
    table.hidden = !table.hidden;
    canvas.hidden = !table.hidden;
    button.setAttribute("aria-pressed", String(!table.hidden));
    const text = one("span", button);
    if (text) text.textContent = word(table.hidden ? "showTable" : "showChart");
    if (table.hidden) this.drawing?.resize();
  }
}

export function startChart(): void {
  customElements.define("gx-chart", Chart);
}
