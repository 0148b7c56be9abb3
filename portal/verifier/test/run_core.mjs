// Reads lines of [receipt, document, trust] in base64, writes a line with the verdict of each.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { verdictJson } = await import(pathToFileURL(process.argv[2]).href);
const bytes = (text) => (text === null ? null : new Uint8Array(Buffer.from(text, "base64")));
for await (const line of createInterface({ input: process.stdin })) {
  try {
    process.stdout.write(`${verdictJson(...JSON.parse(line).map(bytes))}\n`);
  } catch (fault) {
    process.stdout.write(`${JSON.stringify(String(fault.stack))}\n`);
  }
}
