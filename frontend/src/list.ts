// <gx-list>: keyboard cursor, selection with range, bulk bar, preview in the right pane. Rows are <tr data-id>.
import htmx from "htmx.org";
import { all, isTyping, isVisible, loadInto, one } from "./dom";
import { openDialog, topDialog } from "./dialogs";
import { word } from "./words";

class List extends HTMLElement {
  private cursor = -1;
  private anchor = -1;
  private waiting = 0;

  connectedCallback(): void {
    this.cursor = this.rows.findIndex((row) => row.hasAttribute("data-cursor"));
    this.addEventListener("click", (event) => this.clicked(event));
    this.addEventListener("dblclick", (event) => this.editCell(event));
    this.addEventListener("change", (event) => this.changed(event));
    document.addEventListener("keydown", this.key);
    document.addEventListener("gx:close-pane", this.closePreview);
    this.showSelection();
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.key);
    document.removeEventListener("gx:close-pane", this.closePreview);
  }

  private get rows(): HTMLElement[] {
    return all("tbody tr[data-id]", this);
  }

  private box(row: HTMLElement | undefined): HTMLInputElement | null {
    return row ? one<HTMLInputElement>('.check-cell input[type="checkbox"]', row) : null;
  }

  private moveTo(index: number): void {
    const rows = this.rows;
    if (!rows.length) return;
    this.cursor = Math.max(0, Math.min(rows.length - 1, index));
    rows.forEach((row, at) => row.toggleAttribute("data-cursor", at === this.cursor));
    const row = rows[this.cursor];
    row?.scrollIntoView({ block: "nearest" });
    one<HTMLElement>("a.name", row)?.focus({ preventScroll: true });
    if (row && one("#aside[data-preview]:not([hidden])")) this.preview(row);
  }

  private key = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || topDialog() || !this.rows.some(isVisible)) return;
    const row = this.rows[this.cursor];
    const key = event.key.toLowerCase();
    if (key === "j" || key === "arrowdown") this.moveTo(this.cursor + 1);
    else if (key === "k" || key === "arrowup") this.moveTo(this.cursor - 1);
    else if (key === "x" && row) this.toggle(this.cursor, event.shiftKey);
    else if (key === " " && row && !(event.target as Element).closest("button, input, summary")) this.preview(row);
    else if (key === "enter" && row && event.target === document.body) this.open(row);
    else return;
    event.preventDefault();
  };

  private open(row: HTMLElement): void {
    if (row.dataset.url) window.location.assign(row.dataset.url);
  }

  private clicked(event: MouseEvent): void {
    const target = event.target as Element;
    const toggle = target.closest<HTMLElement>("[data-group-toggle]");
    if (toggle) return this.toggleGroup(toggle);
    const row = target.closest<HTMLElement>("tr[data-id]");
    if (target.closest("[data-bulk-clear]")) return this.selectAll(false);
    if (target.closest("[data-select-all]")) return this.selectFilter();
    const action = target.closest<HTMLElement>("[data-bulk-url]");
    if (action) return this.runBulk(action);
    if (!row) return;
    const index = this.rows.indexOf(row);
    const box = target.closest<HTMLInputElement>('.check-cell input[type="checkbox"]');
    if (box) {
      if (event.shiftKey && this.anchor >= 0) this.range(this.anchor, index, box.checked);
      this.anchor = index;
      return this.showSelection();
    }
    if (target.closest("a, button, input, label, select, summary, textarea") || window.getSelection()?.toString()) return;
    this.moveTo(index);
    // A second click would edit the cell: the pane must not move it away from under the pointer meanwhile.
    window.clearTimeout(this.waiting);
    const editable = target.closest("td[data-edit]") && !one("#aside[data-preview]:not([hidden])");
    if (row.dataset.previewUrl) this.waiting = window.setTimeout(() => this.preview(row), editable ? 220 : 0);
  }

  /** A group is asked for when it is opened first. */
  private toggleGroup(button: HTMLElement): void {
    const rows = document.getElementById(button.getAttribute("aria-controls") ?? "");
    if (!rows) return;
    rows.hidden = !rows.hidden;
    button.setAttribute("aria-expanded", String(!rows.hidden));
    if (!rows.hidden) rows.dispatchEvent(new CustomEvent("gx:open"));
  }

  private editCell(event: MouseEvent): void {
    window.clearTimeout(this.waiting);
    const cell = (event.target as Element).closest<HTMLElement>("td[data-edit]");
    if (cell?.dataset.edit) void htmx.ajax("get", cell.dataset.edit, { target: cell, swap: "innerHTML" });
  }

  private changed(event: Event): void {
    const target = event.target as HTMLInputElement;
    if (target.matches("[data-select-page]")) this.selectAll(target.checked);
  }

  private toggle(index: number, extend: boolean): void {
    const box = this.box(this.rows[index]);
    if (!box) return;
    box.checked = !box.checked;
    if (extend && this.anchor >= 0) this.range(this.anchor, index, box.checked);
    this.anchor = index;
    this.showSelection();
  }

  private range(from: number, to: number, checked: boolean): void {
    for (const row of this.rows.slice(Math.min(from, to), Math.max(from, to) + 1)) {
      const box = this.box(row);
      if (box) box.checked = checked;
    }
  }

  private selectAll(checked: boolean): void {
    this.range(0, this.rows.length - 1, checked);
    this.showSelection();
  }

  /** The whole filter is meant, also what is not on this page. */
  private selectFilter(): void {
    this.selectAll(true);
    const field = one<HTMLInputElement>("[data-all-of-filter]", this);
    const total = one("[data-select-all]", this)?.dataset.total ?? "";
    if (field) field.value = "1";
    const count = one("[data-bulk-count]", this);
    if (count) count.textContent = word("allSelected", { n: total });
  }

  private get selected(): string[] {
    return this.rows.filter((row) => this.box(row)?.checked).map((row) => row.dataset.id ?? "");
  }

  private showSelection(): void {
    const chosen = this.selected.length;
    for (const row of this.rows) row.toggleAttribute("data-selected", Boolean(this.box(row)?.checked));
    const page = one<HTMLInputElement>("[data-select-page]", this);
    if (page) {
      page.checked = chosen > 0 && chosen === this.rows.length;
      page.indeterminate = chosen > 0 && chosen < this.rows.length;
    }
    const field = one<HTMLInputElement>("[data-all-of-filter]", this);
    if (field) field.value = "";
    const bar = one("[data-bulk-bar]", this);
    if (bar) bar.hidden = chosen === 0;
    const count = one("[data-bulk-count]", this);
    if (count) count.textContent = word("selected", { n: chosen });
  }

  private runBulk(button: HTMLElement): void {
    const url = button.dataset.bulkUrl ?? "";
    const whole = one<HTMLInputElement>("[data-all-of-filter]", this)?.value === "1";
    const values = whole ? { all: "1", query: window.location.search } : { id: this.selected };
    if (button.dataset.bulkMethod === "post") void htmx.ajax("post", url, { values, swap: "none", source: this });
    else void openDialog(url, button, values);
  }

  private preview(row: HTMLElement): void {
    const pane = one("#aside");
    if (!pane || !row.dataset.previewUrl) return;
    for (const other of this.rows) other.toggleAttribute("data-preview", other === row);
    pane.hidden = false;
    pane.setAttribute("data-preview", row.dataset.id ?? "");
    if (one("[data-app]")?.dataset.aside === "closed") delete one("[data-app]")?.dataset.aside;
    void loadInto(row.dataset.previewUrl, pane);
  }

  private closePreview = (): void => {
    const pane = one("#aside[data-preview]");
    if (!pane) return;
    pane.hidden = true;
    pane.removeAttribute("data-preview");
    pane.replaceChildren();
    for (const row of this.rows) row.removeAttribute("data-preview");
  };
}

export function startList(): void {
  customElements.define("gx-list", List);
  document.addEventListener("click", (event) => {
    const paper = (event.target as Element).closest('[data-print], a[href="#print"]');
    if (paper) {
      event.preventDefault();
      paper.closest("details")?.removeAttribute("open");
      window.print();
    }
    const button = (event.target as Element).closest("[data-close-pane]");
    button?.dispatchEvent(new CustomEvent("gx:close-pane", { bubbles: true }));
  });
}
