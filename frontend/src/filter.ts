// <gx-filter>: edits a criteria tree {"all": [...]}; leaves {"field", "op", "value"}. The tree is the hidden input `filter`.
// {"related", "op": any | none, "where": tree} is a condition on records that link here; its fields come from the field's `url`.
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
  group?: string;
}

export interface Leaf {
  field: string;
  op: string;
  value?: unknown;
}

export type Node = Leaf | { related: string; op?: string; where?: Node } | { all: Node[] } | { any: Node[] } | { not: Node };

interface Related {
  related: string;
  op: string;
  where: Group;
}

interface Group {
  mode: "all" | "any" | "none";
  items: Item[];
}

type Item = Group | Leaf | Related;

function isGroup(item: Item): item is Group {
  return "items" in item;
}

function blank(): Leaf {
  return { field: "", op: "" };
}

/** The tree as groups: {"not": {"any": […]}} is a group of which none may hold. */
function read(node: Node): Item {
  if ("field" in node) return { ...node };
  if ("related" in node) return { related: node.related, op: node.op ?? "any", where: readGroup(node.where) };
  if ("not" in node) {
    const inner = read(node.not);
    return isGroup(inner) && inner.mode === "any" ? { mode: "none", items: inner.items } : { mode: "none", items: [inner] };
  }
  if ("all" in node) return { mode: "all", items: node.all.map(read) };
  return { mode: "any", items: node.any.map(read) };
}

/** A tree that is edited as one group, with a condition to fill where it has none. */
function readGroup(tree: Node | undefined): Group {
  const parsed: Item = tree && Object.keys(tree).length ? read(tree) : { mode: "all", items: [] };
  const group: Group = isGroup(parsed) ? parsed : { mode: "all", items: [parsed] };
  if (!group.items.length) group.items.push(blank());
  return group;
}

/** A condition that still waits for its value is not sent. */
function isComplete(leaf: Leaf): boolean {
  if (!leaf.field || !leaf.op) return false;
  if (leaf.op === "empty" || leaf.op === "not_empty") return true;
  if (Array.isArray(leaf.value)) return leaf.value.length > 0 && leaf.value.every((part) => part !== undefined && part !== "");
  return leaf.value !== undefined && leaf.value !== "" && leaf.value !== null;
}

function write(item: Item): Node | null {
  if ("field" in item) return isComplete(item) ? item : null;
  if ("related" in item) {
    const where = write(item.where);
    return where ? { related: item.related, op: item.op, where } : { related: item.related, op: item.op };
  }
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
  private asWords = false;
  private readonly known = new Map<string, FilterField[]>();

  connectedCallback(): void {
    this.fields = embedded<FilterField[]>("[data-fields]", this) ?? [];
    this.adopt(JSON.parse(this.hiddenField.value || "{}") as Node);
    this.addEventListener("click", (event) => this.clicked(event));
    this.draw();
    void this.count();
  }

  private get hiddenField(): HTMLInputElement {
    return one<HTMLInputElement>('input[data-tree], input[name="filter"]', this) as HTMLInputElement;
  }

  private adopt(tree: Node): void {
    this.root = readGroup(tree);
  }

  /** The fields of related records, asked for once; until they come there is nothing to choose from. */
  private fieldsAt(url: string): FilterField[] {
    const found = this.known.get(url);
    if (found) return found;
    this.known.set(url, []);
    void ask(url, "GET").then(async (answer) => {
      if (!answer.ok) return;
      this.known.set(url, ((await answer.json()) as { fields: FilterField[] }).fields);
      this.draw();
    });
    return [];
  }

  private changed(redraw: boolean): void {
    this.hiddenField.value = JSON.stringify(write(this.root) ?? { all: [] });
    // A form around the filter (of a report) shows at once what it means.
    if (this.classList.contains("filter-inline")) this.hiddenField.dispatchEvent(new Event("change", { bubbles: true }));
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
    const body = (await answer.json().catch(() => ({}))) as { text?: string; words?: string; detail?: string };
    place.textContent = body.text ?? body.detail ?? "";
    const sentence = one("[data-filter-sentence]", this);
    if (sentence) sentence.textContent = body.words ?? "";
  }

  private draw(): void {
    const body = one("[data-filter-body]", this);
    if (!body) return;
    if (this.asJson) return body.replaceChildren(this.jsonEditor());
    const head = make("div", { class: "row" }, this.modeChoice(this.root));
    body.replaceChildren(head, this.groupBody(this.root, this.fields));
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

  private groupBody(group: Group, fields: FilterField[]): HTMLElement {
    const box = make("div", {});
    group.items.forEach((item, index) => {
      const joint = index === 0 ? word("where") : word(group.mode === "all" ? "and" : "or");
      if (isGroup(item)) box.append(this.subgroup(group, item, joint, fields));
      else if ("related" in item) box.append(...this.relatedRule(group, item, joint, fields));
      else box.append(this.rule(group, item, joint, fields));
    });
    const add = make("button", { class: "link", type: "button" }, icon("plus", 14), word("condition"));
    add.addEventListener("click", () => {
      group.items.push(blank());
      this.changed(true);
      all<HTMLSelectElement>("[data-rule-field]", this).at(-1)?.focus();
    });
    const nest = make("button", { class: "link", type: "button" }, icon("plus", 14), word("group"));
    nest.addEventListener("click", () => {
      group.items.push({ mode: "any", items: [blank()] });
      this.changed(true);
    });
    box.append(make("div", { class: "row row-wide filter-add" }, add, nest));
    return box;
  }

  private subgroup(parent: Group, group: Group, joint: string, fields: FilterField[]): HTMLElement {
    const head = make("div", { class: "row" }, this.modeChoice(group), make("span", { class: "push" }, this.remover(parent, group)));
    return this.box(joint, head, this.groupBody(group, fields));
  }

  private box(joint: string, ...parts: HTMLElement[]): HTMLElement {
    return make("div", { class: "filter-group" }, make("span", { class: "word" }, joint), make("div", { class: "filter-box" }, ...parts));
  }

  /** A condition on records that link here: the line, and below it what must hold of them. */
  private relatedRule(parent: Group, item: Related, joint: string, fields: FilterField[]): HTMLElement[] {
    const field = fields.find((candidate) => candidate.name === item.related);
    const line = make("div", { class: "filter-rule" }, make("span", { class: "word" }, joint), this.fieldChoice(parent, item, fields), this.operatorChoice(item, field), this.modeChoice(item.where), this.remover(parent, item));
    return [line, this.box("", this.groupBody(item.where, field?.url ? this.fieldsAt(field.url) : []))];
  }

  private remover(parent: Group, item: Item): HTMLElement {
    const button = make("button", { class: "button button-quiet button-icon button-small", type: "button", "aria-label": word("remove"), title: word("remove") }, icon("trash", 15));
    button.addEventListener("click", () => {
      parent.items.splice(parent.items.indexOf(item), 1);
      this.changed(true);
    });
    return button;
  }

  private rule(parent: Group, leaf: Leaf, joint: string, fields: FilterField[]): HTMLElement {
    const field = fields.find((candidate) => candidate.name === leaf.field);
    const value = make("div", { class: "filter-value" });
    const parts = [make("span", { class: "word" }, joint), this.fieldChoice(parent, leaf, fields), this.operatorChoice(leaf, field), value, this.remover(parent, leaf)];
    if (field) value.append(...valueEditor(field, leaf, () => this.changed(false)));
    return make("div", { class: "filter-rule" }, ...parts);
  }

  private fieldChoice(parent: Group, item: Leaf | Related, fields: FilterField[]): HTMLElement {
    const chosen = "related" in item ? item.related : item.field;
    const choice = make("select", { class: "input", "data-rule-field": "", "aria-label": word("chooseField") }) as HTMLSelectElement;
    choice.append(new Option(word("chooseField"), "", true, !chosen));
    const groups = new Map<string, HTMLElement>([["", choice]]);
    for (const field of fields) {
      const name = field.group ?? "";
      if (!groups.has(name)) groups.set(name, choice.appendChild(make("optgroup", { label: name })));
      groups.get(name)?.append(new Option(field.label, field.name, false, field.name === chosen));
    }
    choice.addEventListener("change", () => {
      const field = fields.find((candidate) => candidate.name === choice.value);
      const op = field?.ops[0] ?? "";
      parent.items[parent.items.indexOf(item)] = field?.kind === "related" ? { related: field.name, op, where: readGroup(undefined) } : { field: choice.value, op };
      this.changed(true);
    });
    return choice;
  }

  private operatorChoice(item: Leaf | Related, field: FilterField | undefined): HTMLElement {
    const choice = make("select", { class: "input", "aria-label": word("operator") }) as HTMLSelectElement;
    choice.disabled = !field;
    for (const op of field?.ops ?? []) choice.append(new Option(word(`op_${op}`), op, false, op === item.op));
    choice.addEventListener("change", () => {
      item.op = choice.value;
      if ("field" in item) delete item.value;
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
    const words = target.closest("[data-filter-words]");
    if (words) {
      this.asWords = !this.asWords;
      words.setAttribute("aria-pressed", String(this.asWords));
      one("[data-filter-sentence]", this)?.toggleAttribute("hidden", !this.asWords);
    }
    const save = target.closest<HTMLElement>("[data-filter-save]");
    if (save) void openDialog(save.dataset.filterSave ?? "", save, { filter: this.hiddenField.value });
  }
}

export function startFilter(): void {
  customElements.define("gx-filter", Filter);
}
