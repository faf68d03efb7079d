// The part of a condition right of its operator: one value, several, two ends, or a period.
import { make } from "./dom";
import type { FilterField, Leaf } from "./filter";
import { makeCombobox } from "./fields";
import { word } from "./words";

const NUMBERS = ["integer", "number", "percent", "money"];
const PERIODS = [
  "today", "yesterday", "tomorrow", "this_week", "last_week", "next_week", "this_month", "last_month", "next_month",
  "this_quarter", "last_quarter", "next_quarter", "this_year", "last_year",
];

interface Counted {
  last?: number;
  next?: number;
  unit: string;
}

function inputType(kind: string): string {
  return kind === "date" ? "date" : kind === "datetime" ? "datetime-local" : NUMBERS.includes(kind) ? "number" : "text";
}

function typed(kind: string, text: string): unknown {
  return ["integer", "number", "percent"].includes(kind) && text !== "" ? Number(text) : text;
}

function input(kind: string, value: unknown, set: (value: unknown) => void): HTMLInputElement {
  const element = make("input", { class: "input", type: inputType(kind), "aria-label": word("value"), step: "any" }) as HTMLInputElement;
  element.value = value === undefined || value === null ? "" : String(value);
  element.addEventListener("input", () => set(typed(kind, element.value)));
  return element;
}

function choice(options: [string, string][], value: unknown, multiple: boolean, set: (value: unknown) => void): HTMLSelectElement {
  const element = make("select", { class: "input", "aria-label": word("value") }) as HTMLSelectElement;
  element.multiple = multiple;
  const chosen = (Array.isArray(value) ? value : [value]).map(String);
  if (!multiple) element.append(new Option("", ""));
  for (const [key, label] of options) element.append(new Option(label, key, false, chosen.includes(key)));
  element.addEventListener("change", () => set(multiple ? [...element.selectedOptions].map((option) => option.value) : element.value));
  return element;
}

function link(field: FilterField, value: unknown, multiple: boolean, set: (value: unknown) => void): HTMLElement {
  const known: [string, string][] = field.choices ?? [];
  const chosen = (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
  const options = [...known, ...chosen.filter((key) => !known.some(([name]) => name === key)).map((key): [string, string] => [key, key])];
  const element = choice(options, value, multiple, set);
  if (field.url) element.dataset.url = field.url;
  return element;
}

function between(field: FilterField, leaf: Leaf, set: (value: unknown) => void): HTMLElement[] {
  const ends = Array.isArray(leaf.value) ? [...leaf.value] : [undefined, undefined];
  const change = (index: number) => (value: unknown) => {
    ends[index] = value;
    set([...ends]);
  };
  return [input(field.kind, ends[0], change(0)), make("span", { class: "ink-3" }, word("to")), input(field.kind, ends[1], change(1))];
}

function period(leaf: Leaf, set: (value: unknown) => void): HTMLElement[] {
  const counted = typeof leaf.value === "object" && leaf.value !== null ? (leaf.value as Counted) : null;
  const options: [string, string][] = [["last", word("period_last")], ["next", word("period_next")], ...PERIODS.map((name): [string, string] => [name, word(`period_${name}`)])];
  const kind = choice(options, counted ? ("last" in counted ? "last" : "next") : leaf.value ?? "", false, () => refresh());
  const count = input("integer", counted?.last ?? counted?.next ?? 30, () => refresh());
  const unit = choice(["days", "weeks", "months", "years"].map((name): [string, string] => [name, word(`unit_${name}`)]), counted?.unit ?? "days", false, () => refresh());
  const refresh = (): void => {
    const open = kind.value === "last" || kind.value === "next";
    count.hidden = unit.hidden = !open;
    set(open ? { [kind.value]: Number(count.value) || 1, unit: unit.value || "days" } : kind.value);
  };
  count.hidden = unit.hidden = !counted && kind.value !== "last" && kind.value !== "next";
  return [kind, count, unit];
}

/** The elements that edit `leaf.value`; `changed` is called after each change. */
export function valueEditor(field: FilterField, leaf: Leaf, changed: () => void): HTMLElement[] {
  const set = (value: unknown): void => {
    leaf.value = value;
    changed();
  };
  if (leaf.op === "empty" || leaf.op === "not_empty") return [];
  if (leaf.op === "between") return between(field, leaf, set);
  if (leaf.op === "within") return period(leaf, set);
  const several = leaf.op === "in" || leaf.op === "not_in";
  if (field.kind === "bool") return [choice([["true", word("yes")], ["false", word("no")]], leaf.value, false, (value) => set(value === "true"))];
  if (field.kind === "link") return [combined(link(field, leaf.value, several, set))];
  if (field.choices?.length) {
    const element = choice(field.choices, leaf.value, several, set);
    return [several ? combined(element) : element];
  }
  if (several) return [input("text", Array.isArray(leaf.value) ? leaf.value.join(", ") : "", (value) => set(String(value).split(/\s*[,，]\s*/).filter(Boolean)))];
  return [input(field.kind, leaf.value, set)];
}

/** Turns a select into a combobox once it stands in the page. */
function combined(element: HTMLElement): HTMLElement {
  const holder = make("div", { class: "grow" }, element);
  queueMicrotask(() => void makeCombobox(element as HTMLSelectElement));
  return holder;
}
