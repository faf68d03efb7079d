// The dialog where two people saved the same record: one side for all fields at once, and Escape goes back to editing.
import { all, one, onEach } from "./dom";

/** Chooses one side for every field; what only the other side can offer (keep both) is let go. */
function take(button: HTMLElement): void {
  const form = button.closest("form");
  if (form) for (const choice of all<HTMLInputElement>(`input[type=radio][value="${button.dataset.take ?? ""}"]`, form)) choice.checked = true;
}

export function startConflict(): void {
  onEach("click", "[data-take]", take);
  // Closing the dialog would lose what was typed.
  document.addEventListener("cancel", (event) => {
    const keep = one("[data-keep-editing]", event.target as HTMLElement);
    if (!keep) return;
    event.preventDefault();
    keep.click();
  }, true);
}
