// Small helpers around the document.
import htmx from "htmx.org";

export function one<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T | null {
  return root.querySelector<T>(selector);
}

export function all<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T[] {
  return [...root.querySelectorAll<T>(selector)];
}

/** Listens once at the document for an event on whatever matches `selector`, now or later. */
export function onEach<E extends Event>(type: string, selector: string, handler: (element: HTMLElement, event: E) => void): void {
  document.addEventListener(type, (event) => {
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
    if (element) handler(element, event as E);
  });
}

export function csrfToken(): string {
  return one<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** Asks the server with JSON or form data; the CSRF token goes along. */
export function ask(url: string, method: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { "X-CSRFToken": csrfToken(), "HX-Request": "true", Accept: "application/json" };
  if (body instanceof FormData || body === undefined) return fetch(url, { method, headers, body: body ?? null });
  headers["Content-Type"] = "application/json";
  return fetch(url, { method, headers, body: JSON.stringify(body) });
}

/** Whether the person is writing, so that single letters are text and not commands. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.isComposing || event.keyCode === 229) return true;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest(".ts-control, .ProseMirror")) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "submit", "range", "file"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

export function isVisible(element: HTMLElement): boolean {
  return element.checkVisibility({ visibilityProperty: true });
}

/** Parses the JSON of a <script type="application/json"> inside `root`. */
export function embedded<T>(selector: string, root: ParentNode): T | null {
  const text = one(selector, root)?.textContent;
  return text ? (JSON.parse(text) as T) : null;
}

/** Says something to screen readers without showing it. */
export function say(text: string): void {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

/** An icon of the sprite, for what scripts draw. */
export function icon(name: string, size = 16): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  const sprite = one<SVGUseElement>("svg.icon use")?.getAttribute("href")?.split("#")[0] ?? "";
  use.setAttribute("href", `${sprite}#${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("width", String(size));
  svg.setAttribute("height", String(size));
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** Makes an element: `make("button", { class: "link", type: "button" }, "Add")`. */
export function make(tag: string, attributes: Record<string, string> = {}, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** GETs a fragment into an element by htmx, so that its attributes come alive. */
export function loadInto(url: string, target: string | HTMLElement, values?: Record<string, unknown>): Promise<void> {
  return htmx.ajax("get", url, { target, swap: "innerHTML", ...(values ? { values } : {}) }) as Promise<void>;
}
