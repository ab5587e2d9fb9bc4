// Bundles the styles, scripts and icons of the pages: `npm run build`, or `make install`, which also installs what it needs.
// Sources lie in src/yingshang/web/design/assets, the result (never committed) in ../static/design/build.
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { PurgeCSS } from "purgecss";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, "src/yingshang/web/design/assets");
const target = path.join(root, "src/yingshang/web/design/static/design/build");
const fresh = `${target}.new`;

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });

// Three quarters of Tabler's styles are for what no page has, and every page would carry them. One stays when each word of
// its selector stands anywhere in a template, in Python of the faces, or in a script: `words_of_pages` of tools/bootstrap.py
// notices when those change. Styles of ours all stay.
const sources = [
  ...["**/*.html", "web/**/*.py"].map((names) => path.join(root, "src/yingshang", names)),
  path.join(source, "**/*.js"),
  path.join(root, "node_modules/bootstrap/js/src/**/*.js"),
];
const withoutUnused = {
  name: "without-unused-styles",
  setup(bundler) {
    bundler.onLoad({ filter: /[\\/]@tabler[\\/]core[\\/]dist[\\/]css[\\/]tabler\.css$/ }, async (file) => {
      const raw = await readFile(file.path, "utf8");
      const [styles] = await new PurgeCSS().purge({ css: [{ raw }], content: sources, keyframes: true });
      return { contents: styles.css, loader: "css" };
    });
  },
};

await build({
  absWorkingDir: root,
  entryPoints: [
    ...["design.css", "theme.js", "design.js", "charts.js"].map((name) => path.join(source, name)),
    // Drawing flows: large, and only on the pages that do. The modeler apart from the viewer.
    ...["flow-modeler.js", "flow-modeler.css", "flow-viewer.js", "flow-viewer.css"].map((name) => path.join(source, "flow", name)),
  ],
  entryNames: "[name]",
  outdir: fresh,
  bundle: true,
  minify: true,
  legalComments: "linked",
  plugins: [withoutUnused],
  format: "iife",
  // The font of the modeler's tools, beside the bundle; only the form that every browser here reads is used.
  loader: { ".woff2": "file", ".woff": "empty", ".ttf": "empty", ".eot": "empty", ".svg": "empty" },
  assetNames: "[name]-[hash]",
  target: ["chrome88", "edge88", "firefox85", "safari15"],
  logLevel: "warning",
});

// Its licence asks to be passed on with it, and that its mark stays on every drawing.
await copyFile(path.join(root, "node_modules/bpmn-js/LICENSE"), path.join(fresh, "bpmn-js.LICENSE.txt"));

// One file with the icons that are used, each a <symbol>: icons.txt lists them.
const folder = path.join(root, "node_modules/@tabler/icons");
const names = (await readFile(path.join(source, "icons.txt"), "utf8"))
  .split("\n").map((line) => line.replace(/#.*/, "").trim()).filter(Boolean);
const symbols = await Promise.all([...new Set(names)].sort().map(async (name) => {
  const [kind, file] = name.endsWith("-filled") ? ["filled", name.slice(0, -7)] : ["outline", name];
  const svg = await readFile(path.join(folder, "icons", kind, `${file}.svg`), "utf8").catch(() => {
    throw new Error(`icons.txt: there is no icon ${name}`);
  });
  const inside = svg.replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[\s\S]*?>|<\/svg>\s*$/g, "").replace(/\s+/g, " ").trim();
  const paint = kind === "filled" ? 'fill="currentColor"'
    : 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name}" viewBox="0 0 24 24"><g ${paint}>${inside}</g></symbol>`;
}));
await writeFile(path.join(fresh, "icons.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg"><!-- Tabler Icons, MIT licence, https://tabler.io/icons -->${symbols.join("")}</svg>\n`);

await rm(target, { recursive: true, force: true });
await rename(fresh, target);
