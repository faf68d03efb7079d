// The frame of the workspace: rail and panes, phone menu, preferences that act at once, connection state.
import { all, ask, loadInto, one, onEach } from "./dom";
import { showToast } from "./toasts";
import { word } from "./words";
import { startTabs } from "./tabs";

function restorePanes(): void {
  const app = one("[data-app]");
  if (!app) return;
  for (const name of ["side", "aside"]) {
    const value = localStorage.getItem(`gx-${name}`);
    if (value) app.dataset[name] = value;
  }
}

/** Theme and density change on the page at once and are kept by the server. */
function keepPreference(form: HTMLElement, event: SubmitEvent): void {
  const button = event.submitter;
  const name = form.dataset.preference;
  if (!(button instanceof HTMLButtonElement) || !name) return;
  event.preventDefault();
  document.documentElement.dataset[name] = button.value;
  for (const other of all<HTMLButtonElement>("button", form)) other.setAttribute("aria-pressed", String(other === button));
  document.dispatchEvent(new CustomEvent("gx:theme"));
  const url = form.getAttribute("action");
  if (!url) return;
  const data = new FormData(form as HTMLFormElement);
  data.set(name, button.value);
  ask(url, "POST", data).catch(() => showToast({ text: word("failed"), error: true }));
}

function togglePhoneMenu(button: HTMLElement): void {
  const app = one("[data-app]");
  if (!app) return;
  const open = app.dataset.menu !== "open";
  app.dataset.menu = open ? "open" : "closed";
  button.setAttribute("aria-expanded", String(open));
}

function showConnection(): void {
  document.documentElement.toggleAttribute("data-offline", !navigator.onLine);
}

/** Where tabs or the settings menu scroll (sideways on phones), the current one comes into view. */
function showCurrentTab(): void {
  for (const row of all(".settings-nav, .tabs")) {
    const current = one("[aria-current]", row);
    if (!current) continue;
    const [inner, outer] = [current.getBoundingClientRect(), row.getBoundingClientRect()];
    if (row.scrollWidth > row.clientWidth) row.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
    if (inner.bottom > outer.bottom) row.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
}

export function startShell(): void {
  restorePanes();
  onEach<SubmitEvent>("submit", "form[data-preference]", keepPreference);
  onEach("click", "[data-toggle-menu]", togglePhoneMenu);
  window.addEventListener("online", showConnection);
  window.addEventListener("offline", showConnection);
  showConnection();
  startTabs();
  showCurrentTab();
  document.addEventListener("toggle", (event) => {
    const details = event.target;
    if (!(details instanceof HTMLDetailsElement) || !details.open || !details.dataset.lazy) return;
    const target = one("div", details);
    const url = details.dataset.lazy;
    delete details.dataset.lazy;
    if (target) void loadInto(url, target);
  }, true);
}
