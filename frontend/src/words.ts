// The words of the page's language, given by the server in #gx-messages.
let words: Record<string, string> | undefined;

function load(): Record<string, string> {
  const element = document.getElementById("gx-messages");
  return element?.textContent ? (JSON.parse(element.textContent) as Record<string, string>) : {};
}

/** The text for `key`, with {name} replaced from `values`. */
export function word(key: string, values: Record<string, string | number> = {}): string {
  words ??= load();
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
