// <gx-filter>: edits a criteria tree {"all": [...]}; leaves {"field", "op", "value"}. The tree is the hidden input `filter`.
import { all, ask, embedded, icon, make, one } from "./dom";
import { openDialog } from "./dialogs";
import { valueEditor } from "./filter_values";
import { word } from "./words";

export interface FilterField {
  name: string;
  label: string;
  kind: string;
  ops: string[];
  choices?: [string, string][];
  url?: string;
}

export interface Leaf {
  field: string;
  op: string;
  value?: unknown;
}

export type Node = Leaf | { all: Node[] } | { any: Node[] } | { not: Node };

interface Group {
  mode: "all" | "any" | "none";
  items: (Group | Leaf)[];
}

function isLeaf(item: Group | Leaf): item is Leaf {
  return "field" in item;
}

/** The tree as groups: {"not": {"any": […]}} is a group of which none may hold. */
function read(node: Node): Group | Leaf {
  if ("field" in node) return { ...node };
  if ("not" in node) {
    const inner = read(node.not);
    return isLeaf(inner) ? { mode: "none", items: [inner] } : { mode: "none", items: inner.mode === "any" ? inner.items : [inner] };
  }
  if ("all" in node) return { mode: "all", items: node.all.map(read) };
  return { mode: "any", items: node.any.map(read) };
}

/** A condition that still waits for its value is not sent. */
function isComplete(leaf: Leaf): boolean {
  if (!leaf.field || !leaf.op) return false;
  if (leaf.op === "empty" || leaf.op === "not_empty") return true;
  if (Array.isArray(leaf.value)) return leaf.value.length > 0 && leaf.value.every((part) => part !== undefined && part !== "");
  return leaf.value !== undefined && leaf.value !== "" && leaf.value !== null;
}

function write(item: Group | Leaf): Node | null {
  if (isLeaf(item)) return isComplete(item) ? item : null;
  const inner = item.items.map(write).filter((node) => node !== null);
  if (!inner.length) return null;
  if (item.mode === "none") return { not: { any: inner } };
  return item.mode === "all" ? { all: inner } : { any: inner };
}

class Filter extends HTMLElement {
  private fields: FilterField[] = [];
  private root: Group = { mode: "all", items: [] };
  private timer = 0;
  private asJson = false;

  connectedCallback(): void {
    this.fields = embedded<FilterField[]>("[data-fields]", this) ?? [];
    this.adopt(JSON.parse(this.hiddenField.value || "{}") as Node);
    this.addEventListener("click", (event) => this.clicked(event));
    this.draw();
    void this.count();
  }

  private get hiddenField(): HTMLInputElement {
    return one<HTMLInputElement>('input[name="filter"]', this) as HTMLInputElement;
  }

  private adopt(tree: Node): void {
    const parsed = tree && Object.keys(tree).length ? read(tree) : { mode: "all" as const, items: [] };
    this.root = isLeaf(parsed) ? { mode: "all", items: [parsed] } : parsed;
    if (!this.root.items.length) this.root.items.push(this.blank());
  }

  private blank(): Leaf {
    return { field: "", op: "" };
  }

  private changed(redraw: boolean): void {
    this.hiddenField.value = JSON.stringify(write(this.root) ?? { all: [] });
    if (redraw) this.draw();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.count(), 250);
  }

  private async count(): Promise<void> {
    const place = one("[data-filter-count]", this);
    if (!this.dataset.countUrl || !place) return;
    const data = new FormData();
    data.set("filter", this.hiddenField.value);
    const answer = await ask(this.dataset.countUrl, "POST", data);
    const body = (await answer.json().catch(() => ({}))) as { text?: string; detail?: string };
    place.textContent = body.text ?? body.detail ?? "";
  }

  private draw(): void {
    const body = one("[data-filter-body]", this);
    if (!body) return;
    if (this.asJson) return body.replaceChildren(this.jsonEditor());
    const head = make("div", { class: "row" }, this.modeChoice(this.root));
    body.replaceChildren(head, this.groupBody(this.root));
    if (!this.hiddenField.value) this.changed(false);
  }

  private modeChoice(group: Group): HTMLElement {
    const choice = make("select", { class: "input", style: "width:auto", "aria-label": word("where") }) as HTMLSelectElement;
    for (const mode of ["all", "any", "none"] as const) choice.append(new Option(word(mode), mode, false, group.mode === mode));
    choice.addEventListener("change", () => {
      group.mode = choice.value as Group["mode"];
      this.changed(true);
    });
    return choice;
  }

  private groupBody(group: Group): HTMLElement {
    const box = make("div", {});
    group.items.forEach((item, index) => {
      const joint = index === 0 ? word("where") : word(group.mode === "all" ? "and" : "or");
      box.append(isLeaf(item) ? this.rule(group, item, joint) : this.subgroup(group, item, joint));
    });
    const add = make("button", { class: "link", type: "button" }, icon("plus", 14), word("condition"));
    add.addEventListener("click", () => {
      group.items.push(this.blank());
      this.changed(true);
      all<HTMLSelectElement>("[data-rule-field]", this).at(-1)?.focus();
    });
    const nest = make("button", { class: "link", type: "button" }, icon("plus", 14), word("group"));
    nest.addEventListener("click", () => {
      group.items.push({ mode: "any", items: [this.blank()] });
      this.changed(true);
    });
    box.append(make("div", { class: "row row-wide", style: "padding:4px 0 4px 53px" }, add, nest));
    return box;
  }

  private subgroup(parent: Group, group: Group, joint: string): HTMLElement {
    const head = make("div", { class: "row" }, this.modeChoice(group), make("span", { class: "push" }, this.remover(parent, group)));
    return make("div", { class: "filter-group" }, make("span", { class: "word" }, joint), make("div", { class: "filter-box" }, head, this.groupBody(group)));
  }

  private remover(parent: Group, item: Group | Leaf): HTMLElement {
    const button = make("button", { class: "button button-quiet button-icon button-small", type: "button", "aria-label": word("remove"), title: word("remove") }, icon("trash", 15));
    button.addEventListener("click", () => {
      parent.items.splice(parent.items.indexOf(item), 1);
      this.changed(true);
    });
    return button;
  }

  private rule(parent: Group, leaf: Leaf, joint: string): HTMLElement {
    const field = this.fields.find((candidate) => candidate.name === leaf.field);
    const value = make("div", { class: "filter-value" });
    const parts = [make("span", { class: "word" }, joint), this.fieldChoice(leaf), this.operatorChoice(leaf, field), value, this.remover(parent, leaf)];
    if (field) value.append(...valueEditor(field, leaf, () => this.changed(false)));
    return make("div", { class: "filter-rule" }, ...parts);
  }

  private fieldChoice(leaf: Leaf): HTMLElement {
    const choice = make("select", { class: "input", "data-rule-field": "", "aria-label": word("chooseField") }) as HTMLSelectElement;
    choice.append(new Option(word("chooseField"), "", true, !leaf.field));
    for (const field of this.fields) choice.append(new Option(field.label, field.name, false, field.name === leaf.field));
    choice.addEventListener("change", () => {
      leaf.field = choice.value;
      leaf.op = this.fields.find((field) => field.name === leaf.field)?.ops[0] ?? "";
      delete leaf.value;
      this.changed(true);
    });
    return choice;
  }

  private operatorChoice(leaf: Leaf, field: FilterField | undefined): HTMLElement {
    const choice = make("select", { class: "input", "aria-label": word("operator") }) as HTMLSelectElement;
    choice.disabled = !field;
    for (const op of field?.ops ?? []) choice.append(new Option(word(`op_${op}`), op, false, op === leaf.op));
    choice.addEventListener("change", () => {
      leaf.op = choice.value;
      delete leaf.value;
      this.changed(true);
    });
    return choice;
  }

  private jsonEditor(): HTMLElement {
    const area = make("textarea", { class: "input filter-json", "aria-label": "JSON", spellcheck: "false" }) as HTMLTextAreaElement;
    area.value = JSON.stringify(write(this.root) ?? { all: [] }, null, 2);
    area.addEventListener("input", () => {
      try {
        this.adopt(JSON.parse(area.value) as Node);
        area.setCustomValidity("");
        this.changed(false);
      } catch {
        area.setCustomValidity(word("invalidJson"));
      }
    });
    return area;
  }

  private clicked(event: MouseEvent): void {
    const target = event.target as Element;
    const json = target.closest("[data-filter-json]");
    if (json) {
      this.asJson = !this.asJson;
      json.setAttribute("aria-pressed", String(this.asJson));
      this.draw();
    }
    const save = target.closest<HTMLElement>("[data-filter-save]");
    if (save) void openDialog(save.dataset.filterSave ?? "", save, { filter: this.hiddenField.value });
  }
}

export function startFilter(): void {
  customElements.define("gx-filter", Filter);
}
