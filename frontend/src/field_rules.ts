// <gx-field-rules>: shows, hides, locks and demands the fields of its form as the company's rules say of what stands there now.
// The server judges; what is not shown is not written by it either.
import type TomSelectClass from "tom-select";
import { all, ask, embedded, icon, make, one } from "./dom";
import { word } from "./words";

interface States {
  required: string[];
  read_only: string[];
  hidden: string[];
  messages: Record<string, string[]>;
}

type Control = (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement) & { tomselect?: TomSelectClass };

const WAIT = 250;

class FieldRules extends HTMLElement {
  private timer = 0;
  private asked = 0;
  private form: HTMLFormElement | null = null;
  private readonly typed = (): void => {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), WAIT);
  };

  connectedCallback(): void {
    this.form = this.closest("form");
    const states = embedded<States>("script", this);
    if (!this.form || !states) return;
    this.apply(states);
    this.form.addEventListener("input", this.typed);
    this.form.addEventListener("change", this.typed);
  }

  disconnectedCallback(): void {
    window.clearTimeout(this.timer);
    this.form?.removeEventListener("input", this.typed);
    this.form?.removeEventListener("change", this.typed);
  }

  private async ask(): Promise<void> {
    if (!this.form || !this.isConnected) return;
    const turn = ++this.asked;
    const answer = await ask(this.dataset.url ?? "", "POST", new FormData(this.form)).catch(() => null);
    if (answer?.ok && turn === this.asked && this.isConnected) this.apply((await answer.json()) as States);
  }

  private apply(states: States): void {
    const form = this.form;
    if (!form) return;
    for (const slot of all("[data-slot]", form)) {
      const name = slot.dataset.slot ?? "";
      slot.hidden = states.hidden.includes(name);
      this.lock(slot, states.read_only.includes(name));
      this.demand(slot, states.required.includes(name));
      this.note(slot, states.messages[name] ?? []);
    }
    for (const section of all(".form-section", form)) section.hidden = one("[data-slot]", section) !== null && one("[data-slot]:not([hidden])", section) === null;
    const placed = new Set(all("[data-slot]", form).map((slot) => slot.dataset.slot ?? ""));
    const whole = Object.entries(states.messages).flatMap(([name, texts]) => (placed.has(name) ? [] : texts));
    all(".field-note", this).forEach((old) => old.remove());
    this.append(...whole.map(noteOf));
  }

  /** What is locked stays readable and is sent as it is: other rules may read it. */
  private lock(slot: HTMLElement, locked: boolean): void {
    for (const control of all<Control>("input:not([type=hidden]), select, textarea", slot)) {
      if (!control.name || locked === control.hasAttribute("data-locked")) continue;
      control.toggleAttribute("data-locked", locked);
      control.title = locked ? word("readOnly") : "";
      const chosen = control instanceof HTMLSelectElement || control.type === "checkbox";
      if (!chosen) (control as HTMLInputElement).readOnly = locked;
      else this.close(control, slot, locked);
    }
  }

  private close(control: Control, slot: HTMLElement, locked: boolean): void {
    all("[data-mirror]", slot).forEach((mirror) => mirror.remove());
    const values = control instanceof HTMLSelectElement ? [...control.selectedOptions].map((option) => option.value) : (control as HTMLInputElement).checked ? [control.value] : [];
    if (locked) slot.append(...values.map((value) => make("input", { type: "hidden", name: control.name, value, "data-mirror": "" })));
    control.disabled = locked;
    if (locked) control.tomselect?.disable();
    else control.tomselect?.enable();
  }

  private demand(slot: HTMLElement, required: boolean): void {
    const label = one("label, legend", slot);
    const star = label && one(".required", label);
    if (required && label && !star) label.append(make("span", { class: "required", "aria-hidden": "true", "data-by-rule": "" }, "*"));
    else if (!required && star?.hasAttribute("data-by-rule")) star.remove();
    const control = one<Control>("input:not([type=hidden]), select, textarea", slot);
    if (control) control.setAttribute("aria-required", String(required || control.required));
  }

  private note(slot: HTMLElement, texts: string[]): void {
    all(".field-note", slot).forEach((old) => old.remove());
    one(".field", slot)?.append(...texts.map(noteOf));
  }
}

function noteOf(text: string): HTMLElement {
  return make("p", { class: "field-note", role: "status" }, icon("alert-triangle", 14), make("span", {}, text));
}

export function startFieldRules(): void {
  customElements.define("gx-field-rules", FieldRules);
}
