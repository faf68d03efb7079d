// The row that searches products below the lines of a quote or order: Alt+Enter adds as optional, the arrows walk through the hits.
// After a save the commands in the head get the new version, and are drawn anew when another one comes next (approval instead of sending).
import htmx from "htmx.org";
import { all, one } from "./dom";

function step(from: HTMLElement, by: number): void {
  const stops = all<HTMLElement>("#product-search, #product-hits button");
  stops[stops.indexOf(from) + by]?.focus();
}

export function startDeals(): void {
  // At the body, before the keys of the page hear of it: there Escape would leave the quote.
  document.body.addEventListener("keydown", (event) => {
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>("#product-search, #product-hits button") : null;
    if (!element || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(element, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && event.altKey) {
      event.preventDefault();
      one("[data-alt-enter]", element.closest("form") ?? document)?.click();
    } else if (event.key === "Escape" && element.id !== "product-search") {
      event.preventDefault();
      one("#product-search")?.focus();
    }
  });
  document.body.addEventListener("gx:lines-saved", () => {
    const { version, primary } = one("#lines-box")?.dataset ?? {};
    const actions = one("#quote-actions");
    if (actions && primary !== undefined && actions.dataset.primary !== primary)
      void htmx.ajax("get", location.href, { target: "#quote-actions", select: "#quote-actions", swap: "outerHTML" });
    if (version) all<HTMLInputElement>(".record-head input[name=version], .head input[name=version]").forEach((input) => (input.value = version));
  });
}
