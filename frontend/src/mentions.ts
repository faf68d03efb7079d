// textarea[data-mentions="/lookup/user/"]: typing @ offers colleagues. Arrows choose, Enter or Tab takes, Escape closes. What is
// kept is the text "@Name"; the server finds the names in it.
import { onEach } from "./dom";

interface Person {
  id: string;
  label: string;
  note?: string;
}

const LONGEST = 30;
const HITS = 6;
const WAIT = 120;

/** What stands between the last @ and the caret, or null when nobody is being named. An @ inside an address is none. */
export function nameBeingTyped(text: string): string | null {
  const at = text.lastIndexOf("@");
  if (at < 0 || /[A-Za-z0-9._-]/.test(text[at - 1] ?? "")) return null;
  const typed = text.slice(at + 1);
  return typed.length > LONGEST || /[\n@,;，；。:：]/.test(typed) || typed.split(" ").length > 3 ? null : typed;
}

class Offer {
  private readonly list = document.createElement("ul");
  private people: Person[] = [];
  private at = 0;
  private timer = 0;
  private asked = 0;

  constructor(private readonly area: HTMLTextAreaElement) {
    this.list.className = "mentions";
    this.list.id = `mentions-${Math.random().toString(36).slice(2)}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.area.dataset.mentionsLabel ?? "");
    this.list.hidden = true;
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const item = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (item) this.take(Number(item.dataset.at));
    });
    area.insertAdjacentElement("afterend", this.list);
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", this.list.id);
    area.addEventListener("blur", () => this.close());
    area.addEventListener("keydown", (event) => this.key(event));
  }

  typed(): void {
    window.clearTimeout(this.timer);
    const name = nameBeingTyped(this.area.value.slice(0, this.area.selectionStart));
    if (name === null) this.close();
    else this.timer = window.setTimeout(() => void this.find(name), WAIT);
  }

  private async find(name: string): Promise<void> {
    const asked = ++this.asked;
    const answer = await fetch(`${this.area.dataset.mentions}?q=${encodeURIComponent(name.trim())}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || asked !== this.asked || document.activeElement !== this.area) return;
    this.people = ((await answer.json()) as { data: Person[] }).data.slice(0, HITS);
    this.at = 0;
    this.draw();
  }

  private draw(): void {
    this.list.replaceChildren(
      ...this.people.map((person, index) => {
        const item = document.createElement("li");
        item.id = `${this.list.id}-${index}`;
        item.dataset.at = String(index);
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(index === this.at));
        item.textContent = person.label;
        if (person.note) {
          const note = document.createElement("span");
          note.className = "second";
          note.textContent = ` ${person.note}`;
          item.append(note);
        }
        return item;
      }),
    );
    this.list.hidden = !this.people.length;
    this.area.setAttribute("aria-expanded", String(!this.list.hidden));
    if (this.list.hidden) this.area.removeAttribute("aria-activedescendant");
    else this.area.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
  }

  private key(event: KeyboardEvent): void {
    if (this.list.hidden || event.isComposing || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.at = (this.at + step + this.people.length) % this.people.length;
      this.draw();
    } else if (event.key === "Enter" || event.key === "Tab") this.take(this.at);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private take(index: number): void {
    const person = this.people[index];
    const caret = this.area.selectionStart;
    const start = this.area.value.lastIndexOf("@", caret - 1);
    if (!person || start < 0) return;
    this.area.setRangeText(`@${person.label} `, start, caret, "end");
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
    this.area.focus();
  }

  private close(): void {
    window.clearTimeout(this.timer);
    this.asked++;
    this.people = [];
    this.draw();
  }
}

const offers = new WeakMap<HTMLTextAreaElement, Offer>();

export function startMentions(): void {
  onEach("input", "textarea[data-mentions]", (element) => {
    const area = element as HTMLTextAreaElement;
    if (!offers.has(area)) offers.set(area, new Offer(area));
    offers.get(area)?.typed();
  });
}
