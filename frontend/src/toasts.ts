// Short messages at the foot, with undo. The server sends them as markup, as HX-Trigger "gx:toast", or Django messages.
import htmx from "htmx.org";
import { all, icon, make, one, onEach, say } from "./dom";
import { word } from "./words";

interface Toast {
  text: string;
  undo_url?: string;
  error?: boolean;
}

const SHOWN_FOR = 8000;

function region(): HTMLElement | null {
  return document.getElementById("toasts");
}

/** The region is a popover, so that it stands above open dialogs. */
function raise(): void {
  const box = region();
  if (!box?.showPopover) return;
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
}

function dismiss(element: HTMLElement): void {
  element.remove();
  const box = region();
  if (box && !one("[data-toast]", box) && box.matches(":popover-open")) box.hidePopover();
}

function settle(element: HTMLElement): void {
  if (element.dataset.settled) return;
  element.dataset.settled = "1";
  const close = make("button", { class: "toast-close", type: "button", "aria-label": word("close") }, icon("x", 14));
  close.addEventListener("click", () => dismiss(element));
  element.append(close);
  let timer = window.setTimeout(() => dismiss(element), SHOWN_FOR);
  for (const name of ["mouseenter", "focusin"]) element.addEventListener(name, () => window.clearTimeout(timer));
  for (const name of ["mouseleave", "focusout"])
    element.addEventListener(name, () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => dismiss(element), SHOWN_FOR);
    });
  say(element.querySelector("span")?.textContent ?? "");
}

/** Shows a message. With `undo_url` it offers to take the change back. */
export function showToast({ text, undo_url, error }: Toast): void {
  const element = make("div", { class: error ? "toast toast-error" : "toast", "data-toast": "" }, icon(error ? "alert-circle" : "check"), make("span", {}, text));
  if (undo_url) element.append(make("button", { class: "link", type: "button", "data-undo": undo_url }, word("undo")));
  region()?.append(element);
}

/** Takes the last change back; false when there is none. */
export function undoLast(): boolean {
  const button = all<HTMLButtonElement>("#toasts [data-undo]").at(-1);
  button?.click();
  return Boolean(button);
}

export function startToasts(): void {
  const box = region();
  if (!box) return;
  const settleAll = (): void => {
    const fresh = all("[data-toast]:not([data-settled])", box);
    if (fresh.length) raise();
    fresh.forEach(settle);
  };
  new MutationObserver(settleAll).observe(box, { childList: true });
  settleAll();
  document.body.addEventListener("gx:toast", (event) => showToast((event as CustomEvent<Toast>).detail));
  onEach("click", "[data-undo]", (button) => {
    const toast = button.closest<HTMLElement>("[data-toast]");
    void (htmx.ajax("post", button.dataset.undo ?? "", { swap: "none", source: document.body }) as Promise<void>).then(() => {
      document.body.dispatchEvent(new CustomEvent("gx:refresh"));
    });
    if (toast) dismiss(toast);
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    const status = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail.xhr.status;
    const key = status === 403 ? "refused" : status === 404 ? "gone" : status === 412 ? "stale" : "failed";
    showToast({ text: word(key), error: true });
  });
  document.body.addEventListener("htmx:sendError", () => showToast({ text: word("failed"), error: true }));
}
