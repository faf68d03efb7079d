// Live updates: the server announces topics with ids; whoever shows such things asks for them again.
// An element listens by htmx: hx-trigger="stream:notification from:body".
import htmx from "htmx.org";
import { one } from "./dom";

const TOPICS = ["notification", "inbox", "counters", "record", "task", "interaction", "import", "call"];

function announce(topic: string, data: string): void {
  const ids: unknown = data ? JSON.parse(data) : {};
  htmx.trigger(document.body, `stream:${topic}`, { ids });
}

export function startStream(): void {
  const url = one<HTMLMetaElement>('meta[name="gx-stream"]')?.content;
  if (!url) return;
  const source = new EventSource(url);
  for (const topic of TOPICS) source.addEventListener(topic, (event) => announce(topic, (event as MessageEvent<string>).data));
  window.addEventListener("pagehide", () => source.close());
}
