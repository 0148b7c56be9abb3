// Reads lines of [receipt, document, trust] in base64, or [record, document, trust, seconds]; writes the verdict of each.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { recordVerdictJson, verdictJson } = await import(pathToFileURL(process.argv[2]).href);
const read = (part) => (typeof part === "string" ? new Uint8Array(Buffer.from(part, "base64")) : part);
for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line).map(read);
  try {
    process.stdout.write(`${(given.length === 4 ? recordVerdictJson : verdictJson)(...given)}\n`);
  } catch (fault) {
    process.stdout.write(`${JSON.stringify(String(fault.stack))}\n`);
  }
}
