// The red line of the day's agenda moves on while the page stays open.
import { all } from "./dom";

const MINUTE = 60_000;

export function startNow(): void {
  const opened = Date.now();
  if (!all("[data-now-line]").length) return;
  window.setInterval(() => {
    for (const line of all("[data-now-line]")) {
      const minute = Number(line.dataset.nowLine) + Math.floor((Date.now() - opened) / MINUTE);
      line.style.setProperty("--top", String(minute));
      line.hidden = minute > Number(line.dataset.last);
    }
  }, MINUTE / 2);
}
