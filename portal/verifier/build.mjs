// Builds dist/verify.html from src: one file, the same bytes each time; or says whether it is what the sources give.
//
//     node build.mjs           write it
//     node build.mjs --check   compare only
//     node build.mjs --core F [ENTRY]  the verifier without its page, as a module for tests; ENTRY: of src/, or core.ts

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const TARGET = join(here, "dist/verify.html");
const MOST = 500_000;

async function bundle(entry, format) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format,
    platform: "browser",
    target: "es2022",
    charset: "utf8",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    loader: { ".html": "text" },
  });
  return result.outputFiles[0].text;
}

const digest = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

async function page() {
  const script = `\n${(await bundle("src/page.ts", "iife")).replaceAll("</script", "<\\/script")}`;
  const style = `\n${readFileSync(join(here, "src/page.css"), "utf8")}`;
  const policy = `default-src 'none'; script-src ${digest(script)}; style-src ${digest(style)}; base-uri 'none'; form-action 'none'`;
  return readFileSync(join(here, "src/page.html"), "utf8")
    .replace("@POLICY@", () => policy)
    .replace("@STYLE@", () => style)
    .replace("@SCRIPT@", () => script);
}

if (process.argv[2] === "--core") {
  writeFileSync(process.argv[3], await bundle(`src/${process.argv[4] ?? "core.ts"}`, "esm"));
} else {
  const text = await page();
  if (Buffer.byteLength(text) >= MOST) throw new Error(`verify.html has ${Buffer.byteLength(text)} bytes, at most ${MOST} are allowed`);
  if (process.argv[2] !== "--check") writeFileSync(TARGET, text);
  else if (readFileSync(TARGET, "utf8") !== text) {
    console.log("verify.html is not what the sources give: run node portal/verifier/build.mjs");
    process.exit(1);
  }
}
