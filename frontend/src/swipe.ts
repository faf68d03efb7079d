// On a phone a task row is swiped: right is done, left opens snooze. Buttons do the same.
import htmx from "htmx.org";
import { openDialog } from "./dialogs";

const ENOUGH = 90;

class Swipe {
  private row: HTMLElement | null = null;
  private startX = 0;
  private startY = 0;
  private moved = 0;

  start(event: TouchEvent): void {
    const touch = event.touches[0];
    this.row = (event.target as Element).closest<HTMLElement>("[data-swipe]");
    this.startX = touch?.clientX ?? 0;
    this.startY = touch?.clientY ?? 0;
    this.moved = 0;
  }

  move(event: TouchEvent): void {
    const touch = event.touches[0];
    if (!this.row || !touch) return;
    const across = touch.clientX - this.startX;
    if (Math.abs(touch.clientY - this.startY) > Math.abs(across)) return this.cancel();
    this.moved = across;
    this.row.style.transform = `translateX(${Math.max(-140, Math.min(140, across))}px)`;
    this.row.classList.toggle("swipe-done", across > ENOUGH);
    this.row.classList.toggle("swipe-snooze", across < -ENOUGH);
  }

  end(): void {
    const row = this.row;
    const moved = this.moved;
    this.cancel();
    if (!row) return;
    if (moved > ENOUGH && row.dataset.doneUrl) void htmx.ajax("post", row.dataset.doneUrl, { target: row, swap: "outerHTML" });
    else if (moved < -ENOUGH && row.dataset.snoozeUrl) void openDialog(row.dataset.snoozeUrl, row);
  }

  private cancel(): void {
    if (this.row) {
      this.row.style.transform = "";
      this.row.classList.remove("swipe-done", "swipe-snooze");
    }
    this.row = null;
  }
}

export function startSwipe(): void {
  const swipe = new Swipe();
  document.addEventListener("touchstart", (event) => swipe.start(event), { passive: true });
  document.addEventListener("touchmove", (event) => swipe.move(event), { passive: true });
  document.addEventListener("touchend", () => swipe.end());
}
