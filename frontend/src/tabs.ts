// A row of tabs that keeps to its place: those that do not fit stand in the menu "More" at its end. A phone scrolls them instead.
import { all, one } from "./dom";

const PHONE = "(max-width: 639px)";

function item(tab: HTMLElement): HTMLElement {
  const link = document.createElement("a");
  link.className = "menu-item";
  link.href = tab.getAttribute("href") ?? "";
  link.textContent = tab.textContent;
  return link;
}

function fit(bar: HTMLElement): void {
  const row = one(".tabs", bar);
  const menu = one<HTMLDetailsElement>("details", bar);
  if (!row || !menu) return;
  const tabs = all(".tab", row);
  for (const tab of tabs) tab.hidden = false;
  menu.open = false;
  menu.hidden = matchMedia(PHONE).matches || row.scrollWidth <= row.clientWidth;
  if (menu.hidden) return;
  // The current one stays in sight, whatever its place.
  const out: HTMLElement[] = [];
  for (const tab of tabs.filter((each) => !each.hasAttribute("aria-current")).reverse()) {
    if (row.scrollWidth <= row.clientWidth) break;
    tab.hidden = true;
    out.unshift(tab);
  }
  one(".menu-list", menu)?.replaceChildren(...out.map(item));
}

/** A fade tells that there is more on this side. */
function fade(row: HTMLElement): void {
  row.toggleAttribute("data-before", row.scrollLeft > 4);
  row.toggleAttribute("data-after", row.scrollLeft + row.clientWidth < row.scrollWidth - 4);
}

export function startTabs(): void {
  for (const bar of all(".tabs-fit")) {
    const row = one(".tabs", bar);
    if (!row) continue;
    row.addEventListener("scroll", () => fade(row), { passive: true });
    new ResizeObserver(() => {
      fit(bar);
      fade(row);
    }).observe(bar.parentElement ?? bar);
    fit(bar);
    fade(row);
  }
}
