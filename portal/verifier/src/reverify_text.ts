// How REVERIFY.md puts text: blocks for the shell and what they print, words for bash, cells of a table. As the first part
// of notary/court/reverify.py, and `shown` of notary/report/text.py.

import { type Bytes, base64, hex, utf8 } from "./bytes";
import { ENGLISH, REVERIFY as words, fill } from "./said";
import { UNASSIGNED } from "./unassigned";

const INVISIBLE = "\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u2800\\u3164\\ufe00-\\ufe0f\\uffa0\\u{e0100}-\\u{e01ef}";
const HIDDEN = new RegExp(`(?![ \\u3000])[\\p{C}\\p{Z}${INVISIBLE}${UNASSIGNED}]`, "u");

/** A sentence with its values. */
export function filled(template: string, values: Readonly<Record<string, string | number>>): string {
  return fill(template, values, ENGLISH);
}

/** `text` with what cannot be seen written out. Newlines, too: a name has one line. */
export function shown(text: string): string {
  const chars = Array.from(text);
  return chars.map((char, at) => {
    const isEdge = at === 0 || at === chars.length - 1 || chars[at - 1] === " ";
    return HIDDEN.test(char) || (char === " " && isEdge) ? point(char) : char;
  }).join("");
}

function point(char: string): string {
  return `[U+${(char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0")}]`;
}

/** A block for the shell, and what it must print; nothing if `prints` is empty. */
export function run(commands: readonly string[], prints: readonly string[] = []): string {
  const told = prints.join("\n");
  const block = ["```bash", ...commands, "```\n\n"].join("\n");
  return block + (told ? `${words.MUST_PRINT}\n\n\`\`\`text\n${told}\n\`\`\`` : words.PRINTS_NOTHING);
}

/** `text` as one word for bash; what cannot be seen is written as bytes. */
export function quoted(text: string): string {
  if (!HIDDEN.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const inner = Array.from(text, (char) => {
    if (char === "\\" || char === "'") return `\\${char}`;
    return HIDDEN.test(char) ? hex(utf8(char)).replace(/../g, "\\x$&") : char;
  });
  return `$'${inner.join("")}'`;
}

/** `text` in a cell of a table: nothing of it is read as Markdown or HTML. */
export function cell(text: string): string {
  return shown(text).replace(/[\\`*_[\]<>|&~$]/g, "\\$&");
}

/** Commands that write `data` to `path`. */
export function base64File(data: Bytes, path: string): string[] {
  return [`base64 -d > ${path} << 'END'`, ...lines(data, 100), "END"];
}

/** Commands that write certificates to `path`. */
export function pemFile(certificates: readonly Bytes[], path: string): string[] {
  const pem = certificates.flatMap((der) => ["-----BEGIN CERTIFICATE-----", ...lines(der, 64), "-----END CERTIFICATE-----"]);
  return [`cat > ${path} << 'EOF'`, ...pem, "EOF"];
}

function lines(data: Bytes, width: number): string[] {
  const text = base64(data);
  return Array.from({ length: Math.ceil(text.length / width) }, (_, at) => text.slice(at * width, (at + 1) * width));
}
