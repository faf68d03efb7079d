// <gx-sheet>: the questions of a questionnaire are written, dragged, or moved by their arrows; what stands there goes along with the form as JSON.
import { all, make, one, say } from "./dom";

type Item = Record<string, unknown>;

function field(root: Element, name: string): HTMLInputElement | HTMLSelectElement | null {
  return one<HTMLInputElement | HTMLSelectElement>(`[data-value="${name}"]`, root);
}

function texts(root: Element, ...names: string[]): Item {
  const found: Item = {};
  for (const name of names) {
    const text = field(root, name)?.value.trim();
    if (text) found[name] = text;
  }
  return found;
}

function whole(root: Element, name: string): Item {
  const number = Number.parseInt(field(root, name)?.value ?? "", 10);
  return Number.isNaN(number) || number === 0 ? {} : { [name]: number };
}

function kindOf(question: Element): string {
  return field(question, "kind")?.value ?? "";
}

class SheetEditor extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", (event) => this.clicked(event));
    this.addEventListener("change", () => this.refresh());
    this.closest("form")?.addEventListener("submit", () => this.write());
    for (const question of all("[data-question]", this)) this.adopt(question);
    this.refresh();
    void this.makeSortable(this);
  }

  private async makeSortable(root: ParentNode): Promise<void> {
    const { default: Library } = await import("sortablejs");
    for (const list of all("[data-questions]", root))
      Library.create(list, { group: "sheet", animation: 120, draggable: "[data-question]", handle: "[data-grip]", ghostClass: "board-ghost", onEnd: () => this.refresh() });
  }

  /** Keys stay once given, because answers and conditions name them. */
  private adopt(part: HTMLElement): void {
    for (const each of [part, ...all("[data-option]", part)]) {
      if (each.dataset.key) continue;
      const letter = each.hasAttribute("data-option") ? "a" : "q";
      const scope = letter === "q" ? this : (each.closest("[data-question]") ?? part);
      const taken = new Set(all(letter === "q" ? "[data-question]" : "[data-option]", scope).map((other) => other.dataset.key));
      let number = 1;
      while (taken.has(`${letter}${number}`)) number += 1;
      each.dataset.key = `${letter}${number}`;
    }
  }

  /** Shows what the kind of each question needs, and offers the earlier questions as conditions. */
  private refresh(): void {
    this.closest("form")?.setAttribute("data-dirty", "");
    const earlier: HTMLElement[] = [];
    for (const question of all("[data-question]", this)) {
      const kind = kindOf(question);
      for (const part of all("[data-for]", question)) part.hidden = !(part.dataset.for ?? "").split(" ").includes(kind);
      for (const part of all("[data-range]", question)) part.hidden = kind === "scale" && Boolean(field(question, "measure")?.value);
      this.offer(question, earlier);
      earlier.push(question);
    }
  }

  private offer(question: HTMLElement, earlier: HTMLElement[]): void {
    const select = one<HTMLSelectElement>("[data-condition-question]", question);
    const op = one<HTMLSelectElement>("[data-condition-op]", question);
    const value = one<HTMLSelectElement>("[data-condition-value]", question);
    if (!select || !op || !value) return;
    const stored = JSON.parse(question.dataset.condition || "{}") as { question?: string; op?: string; value?: unknown };
    const chosen = question.dataset.read ? select.value : (stored.question ?? "");
    const before = question.dataset.read ? value.value : String(stored.value ?? "");
    if (!question.dataset.read && stored.op) op.value = stored.op;
    question.dataset.read = "1";
    select.replaceChildren(select.options[0] ?? make("option", { value: "" }));
    for (const other of earlier) select.append(make("option", { value: other.dataset.key ?? "" }, field(other, "text")?.value || field(other, "text_zh")?.value || (other.dataset.key ?? "")));
    select.value = earlier.some((other) => other.dataset.key === chosen) ? chosen : "";
    const source = earlier.find((other) => other.dataset.key === select.value);
    value.replaceChildren(...(source ? this.values(source) : []));
    if (before && [...value.options].some((option) => option.value === before)) value.value = before;
    op.hidden = !source;
    value.hidden = !source || op.value === "answered" || !value.options.length;
  }

  private values(source: HTMLElement): HTMLElement[] {
    const kind = kindOf(source);
    if (kind === "yes_no") return [make("option", { value: "true" }, "✓"), make("option", { value: "false" }, "✗")];
    if (kind === "single" || kind === "multiple")
      return all("[data-option]", source).map((option) => make("option", { value: option.dataset.key ?? "" }, field(option, "text")?.value || field(option, "text_zh")?.value || ""));
    if (kind !== "scale") return [];
    const measure = field(source, "measure")?.value ?? "";
    const bounds: Record<string, [number, number]> = { csat: [1, 5], nps: [0, 10], ces: [1, 7] };
    const [from, to] = bounds[measure] ?? [Number(field(source, "from")?.value ?? 1), Number(field(source, "to")?.value ?? 5)];
    return Array.from({ length: to - from + 1 }, (_none, step) => make("option", { value: String(from + step) }, String(from + step)));
  }

  private write(): void {
    const sections = all("[data-section]", this).map((section) => ({ ...texts(section, "title", "title_zh"), questions: all("[data-question]", section).map((question) => this.read(question)) }));
    const input = one<HTMLInputElement>('input[name="content"]', this.closest("form") ?? this);
    if (input) input.value = JSON.stringify({ sections });
  }

  private read(question: HTMLElement): Item {
    const kind = kindOf(question);
    const head = one(".sheet-pair", question) ?? question;
    const item: Item = { key: question.dataset.key, kind, ...texts(head, "text", "text_zh"), ...texts(question, "help", "help_zh") };
    if ((field(question, "required") as HTMLInputElement | null)?.checked) item["required"] = true;
    if (kind === "scale" || kind === "matrix") {
      Object.assign(item, { from: Number(field(question, "from")?.value), to: Number(field(question, "to")?.value) }, texts(question, "low", "low_zh", "high", "high_zh"));
      const measure = field(question, "measure")?.value;
      if (kind === "scale" && measure) item["measure"] = measure;
    }
    if (kind === "scale" || kind === "yes_no") Object.assign(item, whole(one("label[data-for~=yes_no]", question) ?? question, "points"));
    if (["single", "multiple", "matrix"].includes(kind))
      item["options"] = all("[data-option]", question).map((option) => ({ key: option.dataset.key, ...texts(option, "text", "text_zh"), ...whole(option, "points") }));
    const condition = this.condition(question);
    if (condition) item["show_if"] = condition;
    return item;
  }

  private condition(question: HTMLElement): Item | null {
    const name = one<HTMLSelectElement>("[data-condition-question]", question)?.value;
    if (!name) return null;
    const op = one<HTMLSelectElement>("[data-condition-op]", question)?.value ?? "is";
    if (op === "answered") return { question: name, op };
    const text = one<HTMLSelectElement>("[data-condition-value]", question)?.value ?? "";
    const source = all("[data-question]", this).find((other) => other.dataset.key === name);
    const kind = source ? kindOf(source) : "";
    return { question: name, op, value: kind === "scale" ? Number(text) : kind === "yes_no" ? text === "true" : text };
  }

  private clicked(event: MouseEvent): void {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[type=button]");
    if (!button) return;
    const question = button.closest<HTMLElement>("[data-question]");
    const section = button.closest<HTMLElement>("[data-section]");
    if (button.hasAttribute("data-option-remove")) button.closest("[data-option]")?.remove();
    else if (button.hasAttribute("data-option-add") && question) this.add("[data-new-option]", one("[data-options]", question));
    else if (button.hasAttribute("data-remove")) question?.remove();
    else if (button.hasAttribute("data-up") && question) this.step(question, -1, button);
    else if (button.hasAttribute("data-down") && question) this.step(question, 1, button);
    else if (button.hasAttribute("data-question-add") && section) this.add("[data-new-question]", one("[data-questions]", section));
    else if (button.hasAttribute("data-section-add")) this.add("[data-new-section]", one("[data-sections]", this));
    else if (button.hasAttribute("data-section-up")) section?.previousElementSibling?.before(section);
    else if (button.hasAttribute("data-section-down")) section?.nextElementSibling?.after(section);
    else if (button.hasAttribute("data-section-remove")) section?.remove();
    else return;
    this.refresh();
  }

  /** One place up or down; from the end of a section into the next one. */
  private step(question: HTMLElement, way: number, button: HTMLElement): void {
    const beside = way < 0 ? question.previousElementSibling : question.nextElementSibling;
    if (beside && way < 0) beside.before(question);
    else if (beside) beside.after(question);
    else {
      const lists = all("[data-questions]", this);
      const next = lists[lists.indexOf(question.parentElement as HTMLElement) + way];
      if (way < 0) next?.append(question);
      else next?.prepend(question);
    }
    button.focus();
    say(field(question, "text")?.value ?? "");
  }

  private add(template: string, place: Element | null): void {
    const source = one<HTMLTemplateElement>(template, this);
    if (!source || !place) return;
    const part = source.content.firstElementChild?.cloneNode(true) as HTMLElement | undefined;
    if (!part) return;
    place.append(part);
    this.adopt(part);
    if (part.hasAttribute("data-section")) void this.makeSortable(part);
    one<HTMLInputElement>('input[data-value="text"], input[data-value="title"]', part)?.focus();
  }
}

export function startSheetEditor(): void {
  customElements.define("gx-sheet", SheetEditor);
}
