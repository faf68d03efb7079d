// <gx-lines>: the rows of a quote or order. Add from a <template>, remove, reorder by handle or Alt+arrows; each change is told
// to the form as "gx:lines", on which htmx may save or refresh the totals.
import { all, onEach, one } from "./dom";
import { makeCombobox } from "./fields";

class Lines extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("keydown", (event) => this.key(event));
    void this.makeSortable();
  }

  private get body(): HTMLElement {
    return one("[data-lines]", this) ?? this;
  }

  private async makeSortable(): Promise<void> {
    const { default: Sortable } = await import("sortablejs");
    Sortable.create(this.body, { handle: "[data-handle]", draggable: "[data-line]", animation: 120, onEnd: () => this.tell() });
  }

  tell(): void {
    all("[data-line]", this.body).forEach((line, index) => {
      const position = one<HTMLInputElement>("[data-position]", line);
      if (position) position.value = String(index + 1);
    });
    this.dispatchEvent(new CustomEvent("gx:lines", { bubbles: true }));
  }

  addLine(): void {
    const template = one<HTMLTemplateElement>("template", this);
    const line = template?.content.firstElementChild?.cloneNode(true) as HTMLElement | undefined;
    if (!line) return;
    this.body.append(line);
    void this.begin(line);
    this.tell();
  }

  /** What the page's start does for fields, a row that came later needs too; the cursor stands in its first field. */
  private async begin(line: HTMLElement): Promise<void> {
    await Promise.all(all<HTMLSelectElement>("select[data-combobox]", line).map(makeCombobox));
    one<HTMLElement>("input:not([type=hidden])", line)?.focus();
  }

  removeLine(line: HTMLElement): void {
    const next = (line.nextElementSibling ?? line.previousElementSibling) as HTMLElement | null;
    line.remove();
    if (next) one<HTMLElement>("input:not([type=hidden]), button", next)?.focus();
    this.tell();
  }

  private key(event: KeyboardEvent): void {
    const line = (event.target as Element).closest<HTMLElement>("[data-line]");
    if (!line || !event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    if (event.key === "ArrowUp") line.previousElementSibling?.before(line);
    else line.nextElementSibling?.after(line);
    (event.target as HTMLElement).focus();
    this.tell();
  }
}

export function startLines(): void {
  customElements.define("gx-lines", Lines);
  onEach("click", "[data-line-add]", (button) => button.closest<Lines>("gx-lines")?.addLine());
  onEach("click", "[data-line-remove]", (button) => {
    const line = button.closest<HTMLElement>("[data-line]");
    if (line) button.closest<Lines>("gx-lines")?.removeLine(line);
  });
}
