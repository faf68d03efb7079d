// The one dialog into which links with data-dialog load, and closing of any dialog, menu and pane.
import { all, isVisible, loadInto, one, onEach } from "./dom";

let opener: HTMLElement | null = null;

function host(): HTMLDialogElement | null {
  return one<HTMLDialogElement>("#dialog");
}

/** Loads `url` into the dialog and opens it; the focus returns to `from` when it closes. */
export async function openDialog(url: string, from?: HTMLElement | null, values?: Record<string, unknown>): Promise<void> {
  const body = one("#dialog-body");
  if (!body) return void window.location.assign(url);
  opener = from ?? (document.activeElement instanceof HTMLElement ? document.activeElement : null);
  await loadInto(url, body, values);
}

export function closeDialog(): void {
  host()?.close();
}

/** The dialog on top, if one is open. */
export function topDialog(): HTMLDialogElement | null {
  return all<HTMLDialogElement>("dialog[open]").at(-1) ?? null;
}

function showLoaded(): void {
  const dialog = host();
  const body = one("#dialog-body");
  if (!dialog || !body?.childElementCount) return;
  dialog.classList.toggle("dialog-wide", Boolean(one("[data-wide], .filter-panel", body)));
  if (!dialog.open) {
    all<HTMLDialogElement>("dialog[open]").forEach((other) => other.close());
    dialog.showModal();
  }
  const wrong = one('[aria-invalid="true"], [data-invalid] input', body);
  const first = one("[autofocus], input:not([type=hidden], [type=checkbox]), select, textarea", body);
  (wrong ?? first)?.focus();
}

function closeMenus(except: Node | null): void {
  for (const menu of all<HTMLDetailsElement>("details.menu[open]")) if (!except || !menu.contains(except)) menu.open = false;
}

function moveInMenu(menu: HTMLElement, step: number): void {
  const items = all(".menu-item, .segment", menu).filter(isVisible);
  const index = items.indexOf(document.activeElement as HTMLElement);
  items.at((index + step + items.length) % items.length)?.focus();
}

export function startDialogs(): void {
  onEach<MouseEvent>("click", "[data-dialog]", (element, event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    closeMenus(null);
    void openDialog(element.getAttribute("href") ?? element.dataset.dialog ?? "", element);
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if ((event.target as HTMLElement).id === "dialog-body") showLoaded();
  });
  for (const name of ["gx:close", "gx:saved"]) document.body.addEventListener(name, closeDialog);
  document.body.addEventListener("gx:refresh", () => window.location.reload());
  onEach("click", "[data-close]", (element) => {
    const dialog = element.closest("dialog");
    if (dialog) return dialog.close();
    element.closest("[data-closable]")?.setAttribute("hidden", "");
  });
  onEach<MouseEvent>("click", "dialog", (element, event) => {
    if (event.target === element) (element as HTMLDialogElement).close();
  });
  // An address that is a dialog was opened as a page: it opens over the workspace, and closing leads on to what it is about.
  const page = one("[data-open-dialog]");
  if (page) void openDialog(page.dataset.openDialog ?? "");
  host()?.addEventListener("close", () => {
    one("#dialog-body")?.replaceChildren();
    if (page) return window.location.assign(page.dataset.back ?? "/");
    opener?.focus();
    opener = null;
  });
  document.addEventListener("click", (event) => closeMenus(event.target as Node));
  document.addEventListener("keydown", (event) => {
    const menu = event.target instanceof Element ? event.target.closest<HTMLDetailsElement>("details.menu[open]") : null;
    if (!menu) return;
    if (event.key === "Escape") {
      menu.open = false;
      one("summary", menu)?.focus();
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      moveInMenu(menu, event.key === "ArrowDown" ? 1 : -1);
    }
  }, true);
}
