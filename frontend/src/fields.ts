// Form fields that need more than HTML: combobox, several values, file drop, inline edit, guard against leaving unsaved text.
import type TomSelectClass from "tom-select";
import { all, ask, loadInto, one, onEach } from "./dom";
import { word } from "./words";

interface Found {
  id: string;
  label: string;
  note?: string;
}

/** What the server answers to a text. Throws when it does not answer. */
async function find(url: string, text: string): Promise<Found[]> {
  const address = new URL(url, window.location.href);
  address.searchParams.set("q", text);
  const answer = await ask(address.toString(), "GET");
  if (!answer.ok) throw new Error(`${answer.status}`);
  return ((await answer.json()) as { data: Found[] }).data;
}

function line(item: Found, escape: (text: string) => string): string {
  return `<div><span>${escape(item.label)}</span>${item.note ? `<span class="ink-3">${escape(item.note)}</span>` : ""}</div>`;
}

/** The ids that the server answered to each text, with their place; null where it could not be reached. */
type Answers = Map<string, Map<string, number> | null>;

function nothing(answers: Answers, text: string): string {
  if (!answers.has(text)) return `<div class="spinner"></div>`;
  return `<div class="no-results">${word(answers.get(text) ? "nothingFound" : "noAnswer")}</div>`;
}

const REST = 150;

/**
 * Only what answers the text that stands there now can be chosen: never what came for fewer letters, however fast one types.
 * The server is asked once the typing rests. What is asked without text, when the field gets the focus, has no part in that: it may come
 * later than the first letters, and must not take the place of what was typed.
 */
function answersOf(url: string, answers: Answers): object {
  let resting = 0;
  return {
    refreshThrottle: 0,
    loadThrottle: null,
    load(this: TomSelectClass, text: string, done: (items: Found[]) => void): void {
      const take = (items: Found[]): void => {
        answers.set(text, new Map(items.map((item, place) => [item.id, place])));
        done(items);
      };
      const fail = (): void => {
        delete this.loadedSearches[text];
        answers.set(text, null);
        done([]);
      };
      const begin = (): void => {
        resting = 0;
        this.loadedSearches[text] = true;
        void find(url, text).then(take, fail);
      };
      if (!text) return begin();
      if (resting) {
        window.clearTimeout(resting);
        this.loading = Math.max(this.loading - 1, 0);
      }
      resting = window.setTimeout(begin, REST);
    },
    score: (text: string) => (item: Found) => {
      const place = answers.get(text)?.get(item.id);
      return place === undefined ? 0 : 1 / (1 + place);
    },
  };
}

/** Makes a <select> searchable; with data-url the server is asked. */
export async function makeCombobox(select: HTMLSelectElement & { tomselect?: TomSelectClass }): Promise<void> {
  if (select.tomselect || !select.isConnected) return;
  const url = select.dataset.url;
  const { default: TomSelect } = await import("tom-select/base");
  const { default: removeButton } = await import("tom-select/plugins/remove_button/plugin.js");
  if (select.tomselect || !select.isConnected) return;
  TomSelect.define("remove_button", removeButton);
  const label = select.getAttribute("aria-label");
  const answers: Answers = new Map();
  new TomSelect(select, {
    valueField: "id",
    labelField: "label",
    searchField: url ? [] : ["label"],
    plugins: select.multiple ? { remove_button: { title: word("remove") } } : {},
    create: select.hasAttribute("data-create"),
    placeholder: select.dataset.placeholder ?? word("search"),
    maxOptions: 100,
    openOnFocus: true,
    preload: url ? "focus" : false,
    closeAfterSelect: !select.multiple,
    ...(url ? answersOf(url, answers) : {}),
    render: {
      option: (item: Found & { text?: string }, escape: (text: string) => string) => line({ ...item, label: item.label ?? item.text ?? "" }, escape),
      item: (item: Found & { text?: string }, escape: (text: string) => string) => `<div>${escape(item.label ?? item.text ?? "")}</div>`,
      no_results: ({ input }: { input: string }) => (url ? nothing(answers, input) : `<div class="no-results">${word("nothingFound")}</div>`),
      option_create: (item: { input: string }, escape: (text: string) => string) => `<div class="create">${word("add", { text: escape(item.input) })}</div>`,
      loading: () => `<div class="spinner"></div>`,
    },
    onInitialize(this: TomSelectClass) {
      for (const key of Object.keys(this.options)) {
        const option = this.options[key] as { label?: string; text?: string };
        option.label ??= option.text ?? "";
      }
      select.setAttribute("aria-hidden", "true");
      if (label) this.control_input.setAttribute("aria-label", label);
    },
  });
}

function enhance(root: ParentNode): void {
  for (const select of all<HTMLSelectElement>("select[data-combobox]", root)) void makeCombobox(select);
}

function addRow(button: HTMLElement): void {
  const box = button.closest("[data-multi]");
  const rows = box ? all(".multi-row", box) : [];
  const copy = rows.at(-1)?.cloneNode(true) as HTMLElement | undefined;
  if (!copy) return;
  empty(copy);
  rows.at(-1)?.after(copy);
  one<HTMLInputElement>("input:not([type=hidden])", copy)?.focus();
}

function empty(row: HTMLElement): void {
  for (const input of all<HTMLInputElement>("input", row)) input.value = "";
  for (const select of all<HTMLSelectElement>("select", row)) select.selectedIndex = 0;
}

/** One place up or down among the rows; the focus stays with the button. */
function moveRow(button: HTMLElement, down: boolean): void {
  const row = button.closest<HTMLElement>(".multi-row");
  const other = down ? row?.nextElementSibling : row?.previousElementSibling;
  if (!row || !other) return;
  if (down) other.after(row);
  else other.before(row);
  button.focus();
}

function removeRow(button: HTMLElement): void {
  const row = button.closest<HTMLElement>(".multi-row");
  if (row?.parentElement && row.parentElement.childElementCount > 1) row.remove();
  else if (row) empty(row);
}

/** A pencil loads a small form into its place; Escape brings the old content back. */
function editInPlace(button: HTMLElement): void {
  const place = button.closest<HTMLElement>("dd, td, [data-edit-place]");
  if (!place || !button.dataset.inlineEdit) return;
  const before = [...place.childNodes];
  const restore = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    place.removeEventListener("keydown", restore);
    place.replaceChildren(...before);
    button.focus();
  };
  place.addEventListener("keydown", restore);
  void loadInto(button.dataset.inlineEdit, place).then(() => one<HTMLElement>("input:not([type=hidden]), select, textarea", place)?.focus());
}

/** "All day" takes the time of day off the fields that it names, and gives it back. */
function wholeDays(box: HTMLInputElement): void {
  for (const name of (box.dataset.wholeDays ?? "").split(" ")) {
    const input = box.form?.elements.namedItem(name);
    if (!(input instanceof HTMLInputElement)) continue;
    const [day = "", time] = input.value.split("T");
    if (time) input.dataset.time = time;
    input.type = box.checked ? "date" : "datetime-local";
    input.value = box.checked || !day ? day : `${day}T${input.dataset.time ?? (name.startsWith("end") ? "10:00" : "09:00")}`;
  }
}

function startFiles(): void {
  for (const name of ["dragover", "dragleave", "drop"])
    onEach<DragEvent>(name, "[data-file]", (box, event) => {
      event.preventDefault();
      box.toggleAttribute("data-over", name === "dragover");
      const input = one<HTMLInputElement>('input[type="file"]', box);
      if (name !== "drop" || !input || !event.dataTransfer) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
}

/** Nothing typed is lost by a careless click on another page. */
function startGuard(): void {
  document.addEventListener("input", (event) => (event.target as Element).closest<HTMLElement>("form[data-guard]")?.setAttribute("data-dirty", ""));
  document.addEventListener("submit", (event) => (event.target as Element).removeAttribute("data-dirty"));
  window.addEventListener("beforeunload", (event) => {
    if (one("form[data-dirty]")) event.preventDefault();
  });
}

export function startFields(): void {
  enhance(document);
  document.body.addEventListener("htmx:load", (event) => enhance((event as CustomEvent<{ elt: HTMLElement }>).detail.elt));
  onEach("click", "[data-multi-add]", addRow);
  onEach("click", "[data-multi-remove]", removeRow);
  onEach("click", "[data-multi-up]", (button) => moveRow(button, false));
  onEach("click", "[data-multi-down]", (button) => moveRow(button, true));
  onEach("click", "[data-inline-edit]", editInPlace);
  onEach("change", "[data-whole-days]", (box) => wholeDays(box as HTMLInputElement));
  onEach("click", "[data-password]", (button) => {
    const input = button.parentElement && one<HTMLInputElement>("input", button.parentElement);
    if (input) input.type = input.type === "password" ? "text" : "password";
  });
  onEach("click", "[data-submit-on]", (element) => element.closest("form")?.requestSubmit());
  startFiles();
  startGuard();
}
