// Reads lines of [receipt, document, trust] in base64, or [record, document, trust, seconds]; writes the verdict of each.
// Of {headers, first, network} it writes what is wrong with the headers, or "".

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { headersFault, recordVerdictJson, verdictJson } = await import(pathToFileURL(process.argv[2]).href);
const read = (part) => (typeof part === "string" ? new Uint8Array(Buffer.from(part, "base64")) : part);
const networkOf = ({ genesis, ...network }) => ({ ...network, ...(genesis ? { genesis: read(genesis) } : {}) });
for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  if (!Array.isArray(given)) {
    process.stdout.write(`${JSON.stringify(await headersFault(read(given.headers), given.first, networkOf(given.network)))}\n`);
    continue;
  }
  try {
    process.stdout.write(`${(given.length === 4 ? recordVerdictJson : verdictJson)(...given.map(read))}\n`);
  } catch (fault) {
    process.stdout.write(`${JSON.stringify(String(fault.stack))}\n`);
  }
}
