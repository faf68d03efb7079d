// <gx-layout>: fields are dragged, or moved by their arrows, into sections and tabs; what stands where goes along with the form.
import { all, make, one, say } from "./dom";

interface Part {
  label_en: string;
  label_zh: string;
}

interface Section extends Part {
  fields: string[];
}

interface Tab extends Part {
  shown?: boolean;
  sections: Section[];
}

function textOf(part: Element, name: string): string {
  return one<HTMLInputElement>(`:scope > .layout-head [data-label-${name}]`, part)?.value.trim() ?? "";
}

function namesIn(list: Element): string[] {
  return all("[data-field-name]", list).map((field) => field.dataset.fieldName ?? "");
}

class LayoutEditor extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", (event) => this.clicked(event));
    this.closest("form")?.addEventListener("submit", () => this.write());
    void this.makeSortable(this);
  }

  private async makeSortable(root: ParentNode): Promise<void> {
    const { default: Library } = await import("sortablejs");
    for (const list of all("[data-fields]", root))
      Library.create(list, { group: "layout", animation: 120, draggable: "[data-field-name]", handle: "[data-grip]", ghostClass: "board-ghost", onEnd: () => this.touched() });
  }

  private touched(): void {
    this.closest("form")?.setAttribute("data-dirty", "");
  }

  private write(): void {
    const tabs: Tab[] = all("[data-tab]", this).map((tab) => ({
      label_en: textOf(tab, "en"),
      label_zh: textOf(tab, "zh"),
      sections: all("[data-section]", tab).map((part) => ({ label_en: textOf(part, "en"), label_zh: textOf(part, "zh"), fields: namesIn(part) })),
    }));
    const pool = one("[data-pool]", this);
    const left = pool ? namesIn(pool) : [];
    if (left.length) tabs.push({ label_en: "", label_zh: "", shown: false, sections: [{ label_en: "", label_zh: "", fields: left }] });
    const chosen = all('[data-tab] [data-quick][aria-pressed="true"]', this).map((button) => button.closest<HTMLElement>("[data-field-name]")?.dataset.fieldName ?? "");
    const input = one<HTMLInputElement>('input[name="layout"]', this.closest("form") ?? this);
    if (input) input.value = JSON.stringify({ tabs, quick: chosen });
  }

  private clicked(event: MouseEvent): void {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[type=button]");
    if (!button) return;
    this.touched();
    const field = button.closest<HTMLElement>("[data-field-name]");
    const part = button.closest<HTMLElement>("[data-section]");
    const tab = button.closest<HTMLElement>("[data-tab]");
    if (button.hasAttribute("data-quick")) button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    else if (field) this.step(field, button.hasAttribute("data-up") ? -1 : 1, button);
    else if (button.hasAttribute("data-section-add") && tab) this.add("[data-new-section]", one("[data-sections]", tab));
    else if (button.hasAttribute("data-tab-add")) this.add("[data-new-tab]", one("[data-tabs]", this));
    else if (part && this.stepPart(button, part, "section")) button.focus();
    else if (!part && tab && this.stepPart(button, tab, "tab")) button.focus();
  }

  /** One place up or down; from the end of a list into the next one. */
  private step(field: HTMLElement, way: number, button: HTMLElement): void {
    const beside = way < 0 ? field.previousElementSibling : field.nextElementSibling;
    if (beside && way < 0) beside.before(field);
    else if (beside) beside.after(field);
    else {
      const lists = all("[data-fields]", this);
      const next = lists[lists.indexOf(field.parentElement as HTMLElement) + way];
      if (way < 0) next?.append(field);
      else next?.prepend(field);
    }
    button.focus();
    say(`${one(".clip", field)?.textContent ?? ""}: ${field.parentElement?.getAttribute("aria-label") ?? ""}`);
  }

  private stepPart(button: HTMLElement, part: HTMLElement, what: string): boolean {
    if (button.hasAttribute(`data-${what}-up`)) part.previousElementSibling?.before(part);
    else if (button.hasAttribute(`data-${what}-down`)) part.nextElementSibling?.after(part);
    else if (button.hasAttribute(`data-${what}-remove`)) {
      // Its fields are not lost: they are not shown until they are placed again.
      one("[data-pool]", this)?.append(...all("[data-field-name]", part));
      part.remove();
      return false;
    }
    return true;
  }

  private add(template: string, place: Element | null): void {
    const source = one<HTMLTemplateElement>(template, this);
    if (!source || !place) return;
    const made = make("div");
    made.append(source.content.cloneNode(true));
    const part = made.firstElementChild;
    if (!part) return;
    place.append(part);
    void this.makeSortable(part);
    one<HTMLInputElement>("input", part)?.focus();
  }
}

export function startLayoutEditor(): void {
  customElements.define("gx-layout", LayoutEditor);
}
