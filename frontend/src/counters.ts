// The numbers beside the side bar's entries and the tabs of a list: asked for after the page stands, and again when something happens.
import { all, one } from "./dom";

type Counts = Record<string, number>;
const KEPT = "gx-counts";
const SOON = 600;
const CAP = 9999;

let waiting = 0;

function show(counts: Counts): void {
  for (const place of all("[data-counter]")) {
    if (place.closest(".record-head") && !((place.dataset.counter ?? "") in counts)) continue;
    const value = counts[place.dataset.counter ?? ""] ?? 0;
    place.textContent = value > CAP ? `${CAP.toLocaleString("en")}+` : value.toLocaleString("en");
    // An empty view says so; an entry of the side bar and a tab of a record with nothing behind it stay quiet.
    place.hidden = value === 0 && !(place.dataset.counter?.startsWith("view:") && place.dataset.counter in counts);
  }
}

/** The numbers of the page before, so that they do not blink; only for the same person, only in this window. */
function showKept(owner: string): void {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as { owner: string; counts: Counts } | null;
  if (kept?.owner === owner) show(kept.counts);
}

function address(url: string): string {
  const tabs = one("[data-counts-of]");
  if (!tabs) return url;
  const query = new URLSearchParams({ of: tabs.dataset.countsOf ?? "" });
  if (tabs.dataset.countsRecord) query.set("record", tabs.dataset.countsRecord);
  if (tabs.dataset.countsPipeline) query.set("pipeline", tabs.dataset.countsPipeline);
  return `${url}?${query.toString()}`;
}

async function load(side: HTMLElement): Promise<void> {
  const answer = await fetch(address(side.dataset.countsUrl ?? ""), { headers: { "HX-Request": "true", Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const { counts } = (await answer.json()) as { counts: Counts };
  show(counts);
  const menu = Object.fromEntries(Object.entries(counts).filter(([key]) => !/^(view|tab):/.test(key)));
  sessionStorage.setItem(KEPT, JSON.stringify({ owner: side.dataset.countsFor ?? "", counts: menu }));
}

/** Several announcements in a row are one question; a page in the background asks when it is looked at. */
function refresh(side: HTMLElement): void {
  window.clearTimeout(waiting);
  if (document.hidden) return document.addEventListener("visibilitychange", () => refresh(side), { once: true });
  waiting = window.setTimeout(() => void load(side), SOON);
}

export function startCounters(): void {
  const side = one("[data-counts-url]");
  if (!side) return;
  showKept(side.dataset.countsFor ?? "");
  void load(side);
  for (const name of ["stream:counters", "stream:notification", "stream:inbox", "stream:task", "gx:changed"])
    document.body.addEventListener(name, () => refresh(side));
}
