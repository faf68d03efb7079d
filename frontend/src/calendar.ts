// <gx-calendar data-url data-update-url data-create-url data-view>: shows dated records, drags them to other times.
// data-url answers [{id, title, start, end, allDay, url, editable, version, tone}] for ?start=&end=;
// data-update-url holds {id} and takes PATCH {start, end, all_day, version}; data-create-url opens as a dialog with ?start=&end=.
import { ask } from "./dom";
import { openDialog } from "./dialogs";
import { showToast } from "./toasts";
import { word } from "./words";

interface Change {
  event: { id: string; startStr: string; endStr: string; allDay: boolean; extendedProps: Record<string, unknown>; setExtendedProp(name: string, value: unknown): void };
  revert(): void;
}

class Calendar extends HTMLElement {
  private calendar: { destroy(): void } | null = null;

  connectedCallback(): void {
    void this.draw();
  }

  disconnectedCallback(): void {
    this.calendar?.destroy();
  }

  private async draw(): Promise<void> {
    const { makeCalendar } = await import("./calendar_draw");
    if (!this.isConnected || this.calendar) return;
    this.calendar = makeCalendar(this, {
      view: this.dataset.view ?? "timeGridWeek",
      eventsUrl: this.dataset.url ?? "",
      timeZone: this.dataset.timeZone ?? "local",
      changed: (change) => void this.save(change),
      selected: (start, end) => {
        if (this.dataset.createUrl) void openDialog(this.dataset.createUrl, this, { start, end });
      },
    });
  }

  private async save(change: Change): Promise<void> {
    const { event } = change;
    const body = { start: event.startStr, end: event.endStr || null, all_day: event.allDay, version: event.extendedProps.version };
    try {
      const answer = await ask((this.dataset.updateUrl ?? "").replace("{id}", event.id), "PATCH", body);
      const result = (await answer.json().catch(() => ({}))) as { version?: number; detail?: string; undo_url?: string };
      if (!answer.ok) throw new Error(result.detail ?? word(answer.status === 412 ? "stale" : "failed"));
      event.setExtendedProp("version", result.version);
      showToast({ text: word("saved"), ...(result.undo_url ? { undo_url: result.undo_url } : {}) });
    } catch (error) {
      change.revert();
      showToast({ text: error instanceof Error && !(error instanceof TypeError) ? error.message : word("failed"), error: true });
    }
  }
}

export function startCalendar(): void {
  customElements.define("gx-calendar", Calendar);
}
