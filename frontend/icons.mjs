// Adds to icons.txt the names of Tabler icons that stand as quoted words in templates, Python and scripts. Run it when an icon is new.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const icons = join(here, "node_modules/@tabler/icons/icons");
const outline = (await readdir(join(icons, "outline"))).map((name) => name.replace(/\.svg$/, ""));
const filled = (await readdir(join(icons, "filled"))).map((name) => name.replace(/\.svg$/, "-filled"));
const known = new Set([...outline, ...filled]);
const found = new Set((await readFile(join(here, "icons.txt"), "utf8")).split("\n").filter(Boolean));

for (const [folder, kinds] of [["../src/guanxi", [".py", ".jinja", ".html"]], ["src", [".ts"]]]) {
  const files = await readdir(join(here, folder), { recursive: true });
  for (const file of files.filter((name) => kinds.some((kind) => name.endsWith(kind)) && !name.includes("bundle"))) {
    const text = await readFile(join(here, folder, file), "utf8");
    for (const [, name] of text.matchAll(/["']([a-z0-9-]{1,40})["']/g)) if (known.has(name)) found.add(name);
  }
}
await writeFile(join(here, "icons.txt"), `${[...found].sort().join("\n")}\n`);
console.log(`${found.size} icons`);
