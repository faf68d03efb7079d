// Keyboard shortcuts. Elements say their key with data-key; letters sleep while typing and can be switched off.
import { all, isTyping, isVisible, one, onEach } from "./dom";
import { topDialog } from "./dialogs";
import { openPalette } from "./palette";
import { undoLast } from "./toasts";

const STORED = "gx-letter-keys";
let waitingForPlace = 0;

function lettersOn(): boolean {
  return localStorage.getItem(STORED) !== "off";
}

function press(element: HTMLElement | null | undefined): boolean {
  if (!element) return false;
  element.click();
  return true;
}

function byKey(key: string): HTMLElement | undefined {
  return all(`[data-key="${CSS.escape(key)}"]`, topDialog() ?? document).find(isVisible);
}

/** Sends the form around the focus, or that of the open dialog. */
function save(): boolean {
  const around = document.activeElement?.closest("form") ?? topDialog()?.querySelector("form");
  const button = around && (one("[data-save]", around) ?? one("[type=submit]", around));
  return press(button ?? all("[data-save]").find(isVisible));
}

function toggle(name: "side" | "aside", value: string): void {
  const app = one("[data-app]");
  if (!app) return;
  if (app.dataset[name] === value) delete app.dataset[name];
  else app.dataset[name] = value;
  localStorage.setItem(`gx-${name}`, app.dataset[name] ?? "");
}

function withModifier(event: KeyboardEvent): boolean {
  const key = event.key.toLowerCase();
  if (key === "k") return openPalette();
  if (key === "enter") return save();
  if (key === "z" && !event.shiftKey && !isTyping(event)) return undoLast();
  return false;
}

function goTo(key: string): boolean {
  waitingForPlace = 0;
  return press(one(`[data-go="${CSS.escape(key)}"]`));
}

function escape(): boolean {
  const pane = one("#aside[data-preview]:not([hidden])");
  if (pane) {
    pane.dispatchEvent(new CustomEvent("gx:close-pane", { bubbles: true }));
    return true;
  }
  return press(all("[data-back]").find(isVisible));
}

const PLAIN: Record<string, () => boolean> = {
  "/": () => {
    const field = one<HTMLInputElement>("[data-page-search]");
    field?.focus();
    field?.select();
    return Boolean(field) || openPalette();
  },
  "?": () => {
    one<HTMLDialogElement>("#keys")?.showModal();
    return true;
  },
  "[": () => (toggle("side", "rail"), true),
  "]": () => (toggle("aside", "closed"), true),
  g: () => {
    waitingForPlace = Date.now();
    return true;
  },
};

function plain(event: KeyboardEvent): boolean {
  if (event.key === "Escape") return !topDialog() && escape();
  if (!lettersOn() || event.altKey || isTyping(event)) return false;
  const key = event.key.toLowerCase();
  if (Date.now() - waitingForPlace < 1500 && goTo(key)) return true;
  if (press(byKey(key))) return true;
  if (topDialog()) return false;
  if (/^[1-9]$/.test(key)) return press(all("[data-tab]").filter(isVisible)[Number(key) - 1]);
  if (key === "c") return openCreate();
  return PLAIN[key]?.() ?? false;
}

function openCreate(): boolean {
  const dialog = one<HTMLDialogElement>("#create-dialog");
  dialog?.showModal();
  return Boolean(dialog);
}

/** The server writes ⌘; elsewhere the key is Ctrl. */
function nameModifier(root: ParentNode): void {
  if (/Mac|iPhone|iPad/.test(navigator.userAgent)) return;
  for (const key of all("[data-mod-key]", root)) key.textContent = `Ctrl ${key.dataset.modKey}`;
}

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    const handled = event.ctrlKey || event.metaKey ? withModifier(event) : plain(event);
    if (handled) event.preventDefault();
  });
  onEach("click", "[data-open-keys]", () => one<HTMLDialogElement>("#keys")?.showModal());
  onEach("click", "[data-open-create]", openCreate);
  const box = one<HTMLInputElement>("[data-letter-keys]");
  if (box) box.checked = lettersOn();
  box?.addEventListener("change", () => localStorage.setItem(STORED, box.checked ? "on" : "off"));
  nameModifier(document);
  document.body.addEventListener("htmx:load", (event) => nameModifier((event as CustomEvent<{ elt: HTMLElement }>).detail.elt));
}
