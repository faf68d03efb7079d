// Builds the bundle: scripts and styles with esbuild, the icon sprite from Tabler's icons, and a manifest of hashed names.
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../src/guanxi/core/static/bundle");
const work = `${target}.new`;
const lock = `${target}.lock`;
const PATIENCE = 180_000;
const icons = join(here, "node_modules/@tabler/icons/icons");

async function iconSprite() {
  const names = (await readFile(join(here, "icons.txt"), "utf8")).split("\n").map((name) => name.trim()).filter(Boolean);
  const symbols = await Promise.all([...new Set(names)].map(async (name) => {
    const filled = name.endsWith("-filled");
    const path = join(icons, filled ? "filled" : "outline", `${name.replace(/-filled$/, "")}.svg`);
    const svg = await readFile(path, "utf8");
    const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 24 24"${filled ? ' fill="currentColor"' : ""}>${body}</symbol>`;
  }));
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

async function writeSprite(manifest) {
  const sprite = await iconSprite();
  const name = `icons-${createHash("sha256").update(sprite).digest("hex").slice(0, 8)}.svg`;
  await writeFile(join(work, name), sprite);
  manifest["icons.svg"] = name;
}

/** Whether a process of this number runs. */
function runs(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** One build at a time: waits for another, takes over from one that died. */
async function takeLock() {
  for (const end = Date.now() + PATIENCE; ; ) {
    try {
      await writeFile(lock, String(process.pid), { flag: "wx" });
      return process.on("exit", () => rmSync(lock, { force: true }));
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = Number(await readFile(lock, "utf8").catch(() => "0"));
    if (holder && !runs(holder)) await rm(lock, { force: true });
    else if (Date.now() > end) throw new Error(`Another build has held ${lock} for too long.`);
    else await new Promise((done) => setTimeout(done, 200));
  }
}

await mkdir(dirname(target), { recursive: true });
await takeLock();
await rm(work, { recursive: true, force: true });
await mkdir(work, { recursive: true });
const result = await build({
  absWorkingDir: here,
  entryPoints: { main: "src/main.ts", styles: "src/styles/main.css" },
  outdir: work,
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  metafile: true,
  target: ["chrome123", "firefox121", "safari17.5"],
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file" },
  legalComments: "eof",
  logLevel: "warning",
});

const manifest = {};
for (const [path, output] of Object.entries(result.metafile.outputs)) {
  if (output.entryPoint) manifest[output.entryPoint === "src/main.ts" ? "main.js" : "main.css"] = relative(work, join(here, path));
}
await writeSprite(manifest);
await writeFile(join(work, "manifest.json"), JSON.stringify(manifest, null, 2));
for (const name of await readdir(work)) {
  if (!/\.(js|css|svg)$/.test(name)) continue;
  const content = await readFile(join(work, name));
  await writeFile(join(work, `${name}.gz`), gzipSync(content, { level: 9 }));
  await writeFile(join(work, `${name}.br`), brotliCompressSync(content));
}
await rm(target, { recursive: true, force: true });
await rename(work, target);

/** The scripts that the first page load needs: the entry and what it imports statically. */
function firstLoad(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const item of result.metafile.outputs[name].imports) if (item.kind === "import-statement") firstLoad(item.path, seen);
  return seen;
}
const entry = Object.keys(result.metafile.outputs).find((path) => result.metafile.outputs[path].entryPoint === "src/main.ts");
let size = 0;
for (const path of firstLoad(entry)) size += gzipSync(await readFile(join(target, relative(work, join(here, path))))).length;
console.log(`${(await readdir(target)).length} files, first load ${(size / 1024).toFixed(1)} KB of script (gzip)`);
if (size > 120 * 1024) throw new Error("The first load is over its budget of 120 KB.");
