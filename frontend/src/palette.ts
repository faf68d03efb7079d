// Search and commands in one dialog: the server answers groups of options, the arrow keys walk through them.
import { all, onEach, one, say } from "./dom";
import { word } from "./words";

const WAIT = 120;

/** Opens the palette; false where the page has none. */
export function openPalette(): boolean {
  const dialog = one<HTMLDialogElement>("#palette");
  if (!dialog) return false;
  if (!dialog.open) {
    all<HTMLDialogElement>("dialog[open]").forEach((other) => other.close());
    dialog.showModal();
  }
  const input = one<HTMLInputElement>("input", dialog);
  input?.focus();
  input?.select();
  dialog.querySelector<Palette>("gx-palette")?.search();
  return true;
}

class Palette extends HTMLElement {
  private timer = 0;
  private running: AbortController | undefined;

  connectedCallback(): void {
    this.addEventListener("input", () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.search(), WAIT);
    });
    this.addEventListener("click", (event) => {
      const pill = (event.target as Element).closest<HTMLElement>("[data-palette-pill]");
      if (!pill) return;
      this.narrow(pill);
      this.input.focus();
    });
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("pointermove", (event) => {
      const option = (event.target as Element).closest<HTMLElement>('[role="option"]');
      if (option) this.select(option, false);
    });
  }

  private get input(): HTMLInputElement {
    return this.querySelector("input") as HTMLInputElement;
  }

  private get options(): HTMLElement[] {
    return all('[role="option"]', this).filter((option) => !option.closest("[hidden]"));
  }

  private get pills(): HTMLElement[] {
    return all("[data-palette-pill]", this);
  }

  search(): void {
    if (this.input.value === "?") return this.showKeys();
    this.running?.abort();
    this.running = new AbortController();
    const url = new URL(this.dataset.url ?? "", window.location.href);
    url.searchParams.set("q", this.input.value);
    fetch(url, { headers: { "HX-Request": "true" }, signal: this.running.signal })
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status)))))
      .then((html) => this.show(html))
      .catch((error: Error) => {
        if (error.name !== "AbortError") this.status(word("failed"));
      });
  }

  private showKeys(): void {
    this.input.value = "";
    this.closest("dialog")?.close();
    one<HTMLDialogElement>("#keys")?.showModal();
  }

  private show(html: string): void {
    const results = one("#palette-results", this);
    const place = one("[data-palette-place]", this);
    if (!results || !place) return;
    results.innerHTML = html;
    const pills = one("[data-palette-pills]", results);
    place.replaceChildren(...(pills ? [pills] : []));
    place.hidden = !pills;
    all('[role="option"]', results).forEach((option, index) => (option.id = `palette-option-${index}`));
    const count = this.options.length;
    this.status(pills?.dataset.summary ?? (this.input.value ? (count ? word("results", { n: count }) : word("noResults")) : ""));
    this.select(this.options[0]);
  }

  /** Shows one group alone and whole, or all groups in short. */
  private narrow(pill: HTMLElement): void {
    const key = pill.dataset.palettePill ?? "";
    for (const other of this.pills) other.setAttribute("aria-pressed", String(other === pill));
    for (const group of all("[data-group]", this)) group.hidden = key !== "" && group.dataset.group !== key;
    for (const option of all("[data-more]", this)) option.hidden = key === "";
    this.select(this.options[0]);
  }

  private status(text: string): void {
    const place = one("[data-palette-status]", this);
    if (place) place.textContent = text;
    say(text);
  }

  private select(option: HTMLElement | undefined, scroll = true): void {
    for (const other of this.options) other.setAttribute("aria-selected", String(other === option));
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", option.id);
    if (scroll) option.scrollIntoView({ block: "nearest" });
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const options = this.options;
    const index = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") this.select(options[(index + 1) % options.length]);
    else if (event.key === "ArrowUp") this.select(options.at(index - 1));
    else if (event.key === "Tab") this.nextGroup(event.shiftKey ? -1 : 1);
    else if (event.key === "Enter") this.open(options[index], event.ctrlKey || event.metaKey);
    else if (event.key === "Escape") this.closest("dialog")?.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private nextGroup(step: number): void {
    const here = this.pills.findIndex((pill) => pill.getAttribute("aria-pressed") === "true");
    const next = this.pills.at((here + step) % Math.max(this.pills.length, 1));
    if (next) this.narrow(next);
  }

  private open(option: HTMLElement | undefined, newTab: boolean): void {
    if (!option) return;
    if (newTab) window.open(option.getAttribute("href") ?? "", "_blank", "noopener");
    else option.click();
    if (option.hasAttribute("data-dialog")) this.closest("dialog")?.close();
  }
}

export function startPalette(): void {
  customElements.define("gx-palette", Palette);
  onEach("click", "[data-open-palette]", () => openPalette());
}
