// <gx-board>: cards are dragged between stages by mouse or keys; the consequence is told before the drop, a refusal puts the card back.
import type Sortable from "sortablejs";
import type { SortableEvent } from "sortablejs";
import { all, ask, isTyping, loadInto, make, one, say } from "./dom";
import { openDialog } from "./dialogs";
import { showToast } from "./toasts";
import { word } from "./words";

interface Moved {
  version?: number;
  message?: string;
  detail?: string;
  undo_url?: string;
  form_url?: string;
  columns?: Record<string, { count: string; sum: string; weighted?: string }>;
}

interface Place {
  cards: HTMLElement;
  before: Element | null;
}

class Board extends HTMLElement {
  private lifted: { card: HTMLElement; from: Place } | null = null;
  private tip: HTMLElement | null = null;
  private sortables: Sortable[] = [];

  connectedCallback(): void {
    void this.makeSortable();
    this.addPicker();
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("click", (event) => this.clicked(event));
  }

  disconnectedCallback(): void {
    this.sortables.forEach((sortable) => sortable.destroy());
    this.sortables = [];
  }

  private async makeSortable(): Promise<void> {
    const { default: Library } = await import("sortablejs");
    for (const cards of all("[data-cards]", this))
      this.sortables.push(
        Library.create(cards, {
          group: "board",
          animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
          draggable: "[data-id]",
          ghostClass: "board-ghost",
          dragClass: "board-drag",
          delay: 180,
          delayOnTouchOnly: true,
          onMove: (event) => {
            this.tell(event.dragged, event.to, (event as unknown as { originalEvent: Event }).originalEvent);
            return true;
          },
          onEnd: (event) => this.dropped(event),
        }),
      );
  }

  private dropped(event: SortableEvent): void {
    this.silence();
    if (event.from === event.to && event.oldIndex === event.newIndex) return;
    const rest = [...event.from.children].filter((child) => child !== event.item);
    void this.send(event.item, { cards: event.from, before: rest[event.oldIndex ?? 0] ?? null });
  }

  private column(cards: Element): HTMLElement {
    return cards.closest<HTMLElement>("[data-stage]") as HTMLElement;
  }

  /** Says in a tooltip what the drop would do: stages skipped, sum and weighted sum. */
  private tell(card: HTMLElement, cards: HTMLElement, event: Event): void {
    const to = this.column(cards);
    const from = this.columnOf(card.dataset.from ?? this.column(card).dataset.stage ?? "") ?? this.column(card);
    for (const column of all("[data-stage]", this)) column.toggleAttribute("data-over", column === to);
    this.tip ??= document.body.appendChild(make("div", { class: "tip board-tip" }));
    const columns = all("[data-stage]", this);
    const skipped = columns.slice(columns.indexOf(from) + 1, columns.indexOf(to)).map((column) => column.dataset.label ?? "");
    const title = make("b", {}, `${from.dataset.label} → ${to.dataset.label}`);
    this.tip.replaceChildren(title, ...(skipped.length ? [` · ${word("skips", { stage: skipped.join(", ") })}`] : []), ...this.consequence(card, from, to));
    const point = event instanceof MouseEvent ? event : (event as TouchEvent).touches?.[0];
    if (point) Object.assign(this.tip.style, { left: `${point.clientX + 14}px`, top: `${point.clientY + 22}px` });
  }

  private consequence(card: HTMLElement, from: HTMLElement, to: HTMLElement): Node[] {
    const amount = Number(card.dataset.amount || Number.NaN);
    const gain = (Number(to.dataset.probability || 0) - Number(from.dataset.probability || 0)) / 100;
    if (Number.isNaN(amount) || from === to) return [];
    const format = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
    const weighted = `${gain < 0 ? "−" : "+"}${format.format(Math.abs(amount * gain))}`;
    const sum = to.dataset.sum ? `${word("sum")} ${format.format(Number(to.dataset.sum))} → ${format.format(Number(to.dataset.sum) + amount)} · ` : "";
    return [make("br"), document.createTextNode(`${sum}${word("weighted")} ${weighted}`)];
  }

  private columnOf(stage: string): HTMLElement | null {
    return one(`[data-stage="${CSS.escape(stage)}"]`, this);
  }

  private silence(): void {
    this.tip?.remove();
    this.tip = null;
    for (const column of all("[data-stage]", this)) column.removeAttribute("data-over");
  }

  private putBack(card: HTMLElement, from: Place): void {
    from.cards.insertBefore(card, from.before);
    card.focus();
  }

  /** Posts the move; gates, won and lost open their form instead and the card waits at its old place. */
  private async send(card: HTMLElement, from: Place): Promise<void> {
    const cards = card.parentElement as HTMLElement;
    const to = this.column(cards);
    const name = card.dataset.name ?? "";
    if (to.dataset.formUrl && cards !== from.cards) {
      this.putBack(card, from);
      return openDialog(to.dataset.formUrl, card, { id: card.dataset.id ?? "", to: to.dataset.stage ?? "", version: card.dataset.version ?? "" });
    }
    const position = all("[data-id]", cards).indexOf(card);
    const move = { id: card.dataset.id, to: to.dataset.stage, version: Number(card.dataset.version), position };
    try {
      const answer = await ask(this.dataset.moveUrl ?? "", "POST", move);
      const body = (await answer.json().catch(() => ({}))) as Moved;
      if (body.form_url) {
        // A gate: the dialog asks for what the stage needs, the card waits at its old place.
        this.putBack(card, from);
        return await openDialog(body.form_url, card, { to: to.dataset.stage ?? "" });
      }
      if (!answer.ok) throw new Error(body.detail ?? word(answer.status === 412 || answer.status === 409 ? "stale" : answer.status === 403 ? "refused" : "failed"));
      this.accept(card, body);
      document.body.dispatchEvent(new CustomEvent("gx:changed"));
      showToast({ text: body.message ?? word("moved", { name, stage: to.dataset.label ?? "" }), ...(body.undo_url ? { undo_url: body.undo_url } : {}) });
    } catch (error) {
      this.putBack(card, from);
      showToast({ text: word("moveBack", { reason: error instanceof Error && !(error instanceof TypeError) ? error.message : word("failed") }), error: true });
    }
  }

  private accept(card: HTMLElement, body: Moved): void {
    if (body.version !== undefined) card.dataset.version = String(body.version);
    for (const [stage, figures] of Object.entries(body.columns ?? {})) {
      const column = this.columnOf(stage);
      for (const [part, text] of Object.entries(figures)) {
        const place = column && one(`[data-column-${part}]`, column);
        if (place) place.textContent = text;
      }
    }
  }

  private key(event: KeyboardEvent): void {
    const card = (event.target as Element).closest<HTMLElement>("[data-id]");
    if (!card || isTyping(event) || (event.target as Element).closest("a, button") !== null && event.key !== " ") return;
    if (event.key === " ") this.liftOrDrop(card);
    else if (event.key === "Escape" && this.lifted) this.cancelLift();
    else if (event.key.startsWith("Arrow")) this.arrow(card, event.key);
    else if (event.key === "Enter" && !this.lifted) one<HTMLElement>("a.name", card)?.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private liftOrDrop(card: HTMLElement): void {
    const name = card.dataset.name ?? "";
    if (this.lifted) {
      const { from } = this.lifted;
      card.removeAttribute("data-lifted");
      this.lifted = null;
      this.silence();
      say(word("dropped", { name, stage: this.column(card).dataset.label ?? "" }));
      if (card.parentElement !== from.cards || card.nextElementSibling !== from.before) void this.send(card, from);
      return;
    }
    this.lifted = { card, from: { cards: card.parentElement as HTMLElement, before: card.nextElementSibling } };
    card.setAttribute("data-lifted", "");
    say(word("lifted", { name }));
  }

  private cancelLift(): void {
    if (!this.lifted) return;
    const { card, from } = this.lifted;
    card.removeAttribute("data-lifted");
    this.lifted = null;
    this.silence();
    this.putBack(card, from);
    say(word("putBack", { name: card.dataset.name ?? "" }));
  }

  private arrow(card: HTMLElement, key: string): void {
    const sideways = key === "ArrowLeft" || key === "ArrowRight";
    const step = key === "ArrowLeft" || key === "ArrowUp" ? -1 : 1;
    if (!this.lifted) return this.focusNext(card, sideways, step);
    if (sideways) {
      const lists = all("[data-cards]", this);
      const target = lists[lists.indexOf(card.parentElement as HTMLElement) + step];
      target?.prepend(card);
    } else if (step < 0) card.previousElementSibling?.before(card);
    else card.nextElementSibling?.after(card);
    card.focus();
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
    say(this.column(card).dataset.label ?? "");
  }

  private focusNext(card: HTMLElement, sideways: boolean, step: number): void {
    if (!sideways) return void ((step < 0 ? card.previousElementSibling : card.nextElementSibling) as HTMLElement | null)?.focus();
    const lists = all("[data-cards]", this);
    for (let index = lists.indexOf(card.parentElement as HTMLElement) + step; lists[index]; index += step) {
      const first = one("[data-id]", lists[index] as HTMLElement);
      if (first) return first.focus();
    }
  }

  /** On a phone one stage shows at a time; these buttons choose it. */
  private addPicker(): void {
    const picker = make("div", { class: "pills board-stages", role: "group", "aria-label": word("stage") });
    for (const column of all("[data-stage]", this)) {
      const count = make("span", { class: "count" }, one("[data-column-count]", column)?.textContent ?? "");
      const pressed = String(column.hasAttribute("data-current"));
      const choice = make("button", { class: "pill", type: "button", "data-show-stage": column.dataset.stage ?? "", "aria-pressed": pressed }, column.dataset.label ?? "", " ", count);
      choice.addEventListener("click", () => this.show(picker, choice));
      picker.append(choice);
    }
    this.before(picker);
  }

  private show(picker: HTMLElement, choice: HTMLElement): void {
    for (const other of all("[data-show-stage]", picker)) other.setAttribute("aria-pressed", String(other === choice));
    for (const column of all("[data-stage]", this)) column.toggleAttribute("data-current", column.dataset.stage === choice.dataset.showStage);
  }

  private clicked(event: MouseEvent): void {
    const target = event.target as Element;
    const card = target.closest<HTMLElement>("[data-id]");
    const pane = one("#aside");
    if (!card?.dataset.previewUrl || !pane || target.closest("a, button")) return;
    pane.hidden = false;
    pane.setAttribute("data-preview", card.dataset.id ?? "");
    void loadInto(card.dataset.previewUrl, pane);
  }
}

export function startBoard(): void {
  customElements.define("gx-board", Board);
}
