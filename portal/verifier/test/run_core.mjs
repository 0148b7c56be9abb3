// Reads lines of [receipt, document, trust] in base64, or [record, document, trust, seconds]; writes the verdict of each.
// Of {headers, first, network} it writes what is wrong with the headers, or ""; of {receipts, trust, names} REVERIFY.md.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { headersFault, manualText, recordVerdictJson, verdictJson } = await import(pathToFileURL(process.argv[2]).href);
const read = (part) => (typeof part === "string" ? new Uint8Array(Buffer.from(part, "base64")) : part);
const networkOf = ({ genesis, ...network }) => ({ ...network, ...(genesis ? { genesis: read(genesis) } : {}) });
for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  try {
    if (!Array.isArray(given)) {
      const said = given.headers
        ? await headersFault(read(given.headers), given.first, networkOf(given.network))
        : manualText(read(given.receipts), read(given.trust), given.names);
      process.stdout.write(`${JSON.stringify(said)}\n`);
      continue;
    }
    process.stdout.write(`${(given.length === 4 ? recordVerdictJson : verdictJson)(...given.map(read))}\n`);
  } catch (fault) {
    process.stdout.write(`${JSON.stringify(String(fault.stack))}\n`);
  }
}
