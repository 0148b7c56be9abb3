// Where each file lies in a bundle, the list of them, and that list's digest. As notary/court/layout.py.

import { type Bytes, equal, fromHex, fromUtf8, hex, sha256, utf8 } from "./bytes";
import { byCodePoint, checkPath, folded } from "./bundle_zip";
import { BundleInvalid } from "./errors";
import type { Receipt } from "./receipt";
import { UNASSIGNED } from "./unassigned";

export const RECEIPTS = "receipts.json";
export const TRUST = "trust.json";
export const REPORT = "report.pdf";
export const MANIFEST = "MANIFEST.sha256";
export const DOCUMENTS = "documents/";
export const PAGE = "verify.html";
export const MANUAL = "REVERIFY.md";
export const TOP: ReadonlySet<string> = new Set([RECEIPTS, TRUST, REPORT, PAGE, MANUAL, MANIFEST]);
export const MAX_MANIFEST = 60_000 * (1000 + 67);
const MAX_PART = 120;
const UNFIT = new RegExp(`[<>:"/\\\\|?*\\ufffd\\p{C}\\p{Zl}\\p{Zp}${UNASSIGNED}]`, "gu");
const RESERVED = /^(con|prn|aux|nul|com\p{Nd}|lpt\p{Nd})(\..*)?$/iu;
const LINE = /^([0-9a-f]{64}) {2}([^\n]+)$/;

/** Where the document of each receipt lies, in their order. */
export function documentPaths(receipts: readonly Receipt[]): string[] {
  const taken = new Set<string>();
  const folders = new Map<string, string>();
  const isOwn = (folder: string): boolean => {
    const key = folded(folder);
    if (!folders.has(key)) folders.set(key, folder);
    return folders.get(key) === folder;
  };
  return receipts.map((receipt, at) => {
    const shown = receipt.opening.shown();
    const place = at + 1;
    const name = shown.has("name") ? safeName(String(shown.get("name")).split("/").pop() as string) : "document";
    let folder = shown.has("exhibit") ? safeName(String(shown.get("exhibit"))) : `receipt-${place}`;
    for (let number = 1; taken.has(folded(`${folder}/${name}`)) || !isOwn(folder); number++)
      folder = number === 1 ? `receipt-${place}` : `receipt-${place}-${number}`;
    taken.add(folded(`${folder}/${name}`));
    return `${DOCUMENTS}${folder}/${name}`;
  });
}

/** Whether an evidence record lies there. */
export function isRecord(name: string): boolean {
  return /^records\/[1-9][0-9]*\.er$/.test(name);
}

/** `name` as a file's name that every file system takes. */
export function safeName(name: string): string {
  let text = name.normalize("NFC").replace(UNFIT, "_").replace(/^[ .]+|[ .]+$/g, "").replace(/ {2,}/g, " ") || "_";
  if (RESERVED.test(text)) text = `_${text}`;
  if (utf8(text).length > MAX_PART) {
    const dot = text.lastIndexOf(".");
    const ending = dot > 0 && utf8(text.slice(dot)).length <= 16 ? text.slice(dot) : "";
    const room = MAX_PART - utf8(ending).length;
    text = first(text, room).replace(/[ .]+$/, "") + ending;
  }
  return text;
}

/** The whole characters of a text's first `room` bytes. */
function first(text: string, room: number): string {
  let [out, size] = ["", 0];
  for (const char of text) {
    size += utf8(char).length;
    if (size > room) break;
    out += char;
  }
  return out;
}

/** The lines of MANIFEST.sha256 for files by name. */
export function manifest(digests: ReadonlyMap<string, Bytes>): Bytes {
  const names = [...digests.keys()].sort(byCodePoint);
  return utf8(names.map((name) => `${hex(digests.get(name) as Bytes)}  ${name}\n`).join(""));
}

/** Over what the manifest says of all files but the report. */
export function contentsDigest(digests: ReadonlyMap<string, Bytes>): Bytes {
  return sha256(manifest(new Map([...digests].filter(([name]) => name !== REPORT && name !== MANIFEST))));
}

/** Digests by name. Raises BundleInvalid. */
export function readManifest(data: Bytes): Map<string, Bytes> {
  const text = fromUtf8(data);
  if (typeof text === "number") throw new BundleInvalid("manifest-invalid", `${MANIFEST} is not UTF-8 at byte ${text}`);
  const lines = text.split("\n");
  const found = new Map<string, Bytes>();
  const isEnded = lines.pop() === "";
  lines.forEach((line) => {
    const parts = LINE.exec(line);
    if (parts === null) throw noLine(found.size);
    checkPath(parts[2]);
    found.set(parts[2], fromHex(parts[1]));
  });
  if (!isEnded) throw noLine(found.size);
  if (!equal(data, manifest(found))) throw new BundleInvalid("manifest-invalid", `${MANIFEST} is not sorted by name, or has a name twice`);
  return found;
}

function noLine(number: number): BundleInvalid {
  return new BundleInvalid("manifest-invalid", `line ${number + 1} of ${MANIFEST} is not a digest and a name`);
}

