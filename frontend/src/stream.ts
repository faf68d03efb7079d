// Live updates: the server announces topics with ids; whoever shows such things asks for them again.
// An element listens by htmx: hx-trigger="stream:notification from:body".
import htmx from "htmx.org";
import { all, one } from "./dom";

const TOPICS = ["notification", "counters", "record", "task", "interaction", "import", "call"];

function announce(topic: string, data: string): void {
  const ids: unknown = data ? JSON.parse(data) : {};
  htmx.trigger(document.body, `stream:${topic}`, { ids });
}

/** Sets the numbers of the side bar: gx:counters {"inbox": 4}. */
function showCounters(event: Event): void {
  for (const [key, value] of Object.entries((event as CustomEvent<Record<string, number>>).detail))
    for (const place of all(`[data-counter="${CSS.escape(key)}"]`)) {
      place.textContent = value > 9999 ? "9,999+" : value.toLocaleString("en");
      place.hidden = value === 0;
    }
}

export function startStream(): void {
  document.body.addEventListener("gx:counters", showCounters);
  const url = one<HTMLMetaElement>('meta[name="gx-stream"]')?.content;
  if (!url) return;
  const source = new EventSource(url);
  for (const topic of TOPICS) source.addEventListener(topic, (event) => announce(topic, (event as MessageEvent<string>).data));
  window.addEventListener("pagehide", () => source.close());
}
