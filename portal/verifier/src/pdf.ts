// The files inside a PDF, found without trusting it: streams of the type EmbeddedFile, which always stand in the open.

import { type Bytes, concat } from "./bytes";

const MAX_PDF_BYTES = 256 * 1024 * 1024;
const MAX_FILES = 32;
const MAX_FILE_BYTES = 128 * 1024 * 1024;
const MAX_DICTIONARY = 2048;

export async function embeddedFiles(pdf: Blob): Promise<Bytes[]> {
  if (pdf.size > MAX_PDF_BYTES) return [];
  const data = new Uint8Array(await pdf.arrayBuffer());
  const text = new TextDecoder("latin1").decode(data);
  const found: Bytes[] = [];
  for (let at = text.indexOf("/EmbeddedFile"); at >= 0 && found.length < MAX_FILES; at = text.indexOf("/EmbeddedFile", at + 1)) {
    if (text[at + 13] === "s") continue; // the name tree of that name
    const start = text.lastIndexOf(" obj", at);
    const stream = text.indexOf("stream", at);
    if (start < 0 || stream < 0 || stream - start > MAX_DICTIONARY) continue;
    const dictionary = text.slice(start, stream);
    const length = /\/Length\s+(\d+)(?!\s+\d+\s+R)/.exec(dictionary);
    const begin = stream + (text[stream + 6] === "\r" ? 8 : 7);
    const end = length ? begin + Number(length[1]) : text.indexOf("endstream", begin);
    if (end <= begin || end > data.length) continue;
    const raw = data.subarray(begin, end);
    const content = /\/Filter\s*\[?\s*\/FlateDecode/.test(dictionary) ? await inflate(raw) : raw;
    if (content) found.push(content);
  }
  return found;
}

async function inflate(raw: Bytes): Promise<Bytes | null> {
  const parts: Bytes[] = [];
  let size = 0;
  const stream: ReadableStream<Bytes> = new Blob([Uint8Array.from(raw)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      parts.push(step.value);
      size += step.value.length;
      if (size > MAX_FILE_BYTES) return null;
    }
  } catch {
    return null;
  }
  return concat(...parts);
}
