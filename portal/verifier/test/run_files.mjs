// Reads lines of {files: [[name, base64], ...], trust: base64 or null, page: base64 of a digest or null, at: Unix seconds};
// writes for each what the browser's verifier says of the files, in the form of `tallystick verify --json`; a fault of the
// program is a text.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { judgedJson } = await import(pathToFileURL(process.argv[2]).href);
const read = (text) => (text ? new Uint8Array(Buffer.from(text, "base64")) : null);
for await (const line of createInterface({ input: process.stdin })) {
  const { files, trust, page, at } = JSON.parse(line);
  try {
    const given = files.map(([name, data]) => new File([read(data) ?? ""], name));
    process.stdout.write(`${await judgedJson(given, read(trust), read(page), at)}\n`);
  } catch (fault) {
    process.stdout.write(`${JSON.stringify(String(fault.stack))}\n`);
  }
}
