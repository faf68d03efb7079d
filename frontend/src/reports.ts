// Small behaviours of reports and dashboards: choices that ask at once, full screen, tiles in another order.
import { all, onEach, one } from "./dom";

function fullScreen(button: HTMLElement): void {
  const target = one(button.dataset.fullScreen ?? "body");
  if (document.fullscreenElement) void document.exitFullscreen();
  else void target?.requestFullscreen?.();
}

/** Rows are dragged by their grip; buttons do the same by the keyboard. */
async function makeSortable(): Promise<void> {
  const lists = all("[data-sort-rows]");
  if (!lists.length) return;
  const { default: Library } = await import("sortablejs");
  for (const list of lists) Library.create(list, { handle: "[data-grip]", draggable: "[data-sort-row]", animation: 120 });
}

export function startReports(): void {
  onEach("change", "[data-submit]", (element) => element.closest("form")?.requestSubmit());
  onEach("change", "[data-go-to]", (element) => {
    window.location.assign(`${element.dataset.goTo}${encodeURIComponent((element as HTMLSelectElement).value)}`);
  });
  onEach("click", "[data-full-screen]", fullScreen);
  void makeSortable();
}
