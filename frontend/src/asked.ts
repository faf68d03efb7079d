// <gx-asked>: the questions of a form; those that depend on an earlier answer come and go with it. The server judges the same when the form is sent.
import { all } from "./dom";

interface Condition {
  question: string;
  op: string;
  value: string | number | boolean | null;
}

/** What stands in the inputs of a question: one value, several of them, or nothing. */
function given(root: HTMLElement, key: string): string[] {
  const question = root.querySelector<HTMLElement>(`[data-question="${CSS.escape(key)}"]`);
  if (!question || question.hidden) return [];
  const inputs = all<HTMLInputElement>("input, textarea", question);
  return inputs.filter((input) => (input.type === "radio" || input.type === "checkbox" ? input.checked : input.value.trim() !== "")).map((input) => input.value.trim());
}

function same(value: Condition["value"], text: string): boolean {
  if (typeof value === "boolean") return text === (value ? "yes" : "no");
  return typeof value === "number" ? Number(text) === value : text === value;
}

function holds(root: HTMLElement, condition: Condition): boolean {
  const values = given(root, condition.question);
  if (!values.length) return false;
  if (condition.op === "lte") return Number(values[0]) <= Number(condition.value);
  if (condition.op === "gte") return Number(values[0]) >= Number(condition.value);
  if (condition.op === "answered") return true;
  const found = values.some((text) => same(condition.value, text));
  return condition.op === "is" ? found : !found;
}

class Asked extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("input", () => this.show());
    this.addEventListener("change", () => this.show());
    this.show();
  }

  private show(): void {
    for (const question of all("[data-show-if]", this)) question.hidden = !holds(this, JSON.parse(question.dataset.showIf ?? "{}") as Condition);
  }
}

export function startAsked(): void {
  customElements.define("gx-asked", Asked);
}
