// Checkpoints of the log: C2SP tlog-checkpoint in a C2SP signed note, with Ed25519.

import { type Bytes, base64, characters, concat, cut, equal, hex, repr, sha256, unbase64, utf8 } from "./bytes";
import { verifyEd25519 } from "./ed25519";
import { CheckpointInvalid, SignatureInvalid } from "./errors";
import { HASH_SIZE, MAX_SIZE } from "./merkle";

export const MAX_BYTES = 16 * 1024;
export const PUBLIC_KEY_SIZE = 32;
const MAX_SIGNATURES = 64;
const MAX_EXTENSIONS = 16;
const ED25519 = Uint8Array.of(0x0a, 0x01);

// What Python's \s is, in text
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const NAME = new RegExp(`^[^${SPACE}+\\x00-\\x1f\\x7f]{1,255}$`, "u");
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;
const SIGNATURE = new RegExp(`^— ([^${SPACE}+]{1,255}) ([A-Za-z0-9+/]+={0,2})$`, "u");

/** The state of a log that its key signs; root: 32 bytes; extensions: further lines, usually none. */
export class Checkpoint {
  constructor(
    readonly origin: string,
    readonly size: number,
    readonly root: Bytes,
    readonly extensions: readonly string[],
  ) {
    if (!NAME.test(origin))
      throw new CheckpointInvalid(
        `the origin ${repr(cut(origin, 60))} must be 1 to 255 characters without space or plus sign`,
      );
    if (!(size >= 0 && size <= MAX_SIZE) || root.length !== HASH_SIZE)
      throw new CheckpointInvalid("a checkpoint has a size from 0 and a root hash of 32 bytes");
    if (extensions.length > MAX_EXTENSIONS || extensions.some((line) => !line || line.includes("\n")))
      throw new CheckpointInvalid(`a checkpoint has at most ${MAX_EXTENSIONS} extension lines, none of them empty`);
  }

  /** The text that is signed, with its last newline. */
  body(): string {
    return [this.origin, String(this.size), base64(this.root), ...this.extensions].map((line) => line + "\n").join("");
  }
}

interface NoteSignature {
  name: string;
  keyId: Bytes;
  signature: Bytes;
}

/** A checkpoint with its signature lines, none of them checked yet. */
export class SignedCheckpoint {
  constructor(
    readonly checkpoint: Checkpoint,
    readonly signatures: readonly NoteSignature[],
  ) {}

  toText(): string {
    const lines = this.signatures.map((line) => `— ${line.name} ${base64(concat(line.keyId, line.signature))}\n`);
    return `${this.checkpoint.body()}\n${lines.join("")}`;
  }

  /** Read a signed checkpoint. Raises CheckpointInvalid unless `text` is exactly what `toText` gives. */
  static fromText(text: string): SignedCheckpoint {
    if (characters(text) > MAX_BYTES || CONTROL.test(text))
      throw new CheckpointInvalid(`a checkpoint has at most ${MAX_BYTES} characters and no control characters`);
    const blank = text.lastIndexOf("\n\n");
    const lines = text.slice(0, Math.max(0, blank)).split("\n");
    if (blank < 0 || lines.length < 3 || !SIZE.test(lines[1]))
      throw new CheckpointInvalid("a checkpoint has the lines origin, size, root, a blank line, and signatures");
    const size = Number(lines[1]);
    const checkpoint = new Checkpoint(lines[0], size, decoded(lines[2]), lines.slice(3));
    const rest = text.slice(blank + 2);
    const signatures = (rest.endsWith("\n") ? rest.slice(0, -1) : rest).split("\n");
    if (signatures.length > MAX_SIGNATURES)
      throw new CheckpointInvalid(`a checkpoint has at most ${MAX_SIGNATURES} signatures`);
    const note = new SignedCheckpoint(checkpoint, signatures.map(parseSignature));
    if (note.toText() !== text) throw new CheckpointInvalid("the checkpoint is not in its one canonical form");
    return note;
  }
}

function parseSignature(line: string): NoteSignature {
  const match = SIGNATURE.exec(line);
  const data = match ? decoded(match[2]) : new Uint8Array(0);
  if (!match || data.length < 5) throw new CheckpointInvalid(`not a signature line: ${repr(cut(line, 60))}`);
  return { name: match[1], keyId: data.slice(0, 4), signature: data.slice(4) };
}

function decoded(text: string): Bytes {
  const data = unbase64(text);
  if (data === null) throw new CheckpointInvalid(`not base64: ${repr(cut(text, 60))}`);
  return data;
}

/** The 4-byte id of an Ed25519 note key. */
export function keyId(name: string, publicKey: Bytes): Bytes {
  return sha256(utf8(name), ED25519, publicKey).slice(0, 4);
}

/** Check that the log's own key signed this checkpoint. Raises SignatureInvalid. Source: C2SP signed-note. */
export function verify(note: SignedCheckpoint, publicKey: Bytes): void {
  const { origin } = note.checkpoint;
  const wanted = keyId(origin, publicKey);
  const mine = note.signatures.filter((line) => line.name === origin && equal(line.keyId, wanted));
  if (mine.length !== 1)
    throw new SignatureInvalid(
      `the checkpoint has ${mine.length} signatures of ${origin} with key id ${hex(wanted)}, not one`,
    );
  if (!verifyEd25519(publicKey, mine[0].signature, utf8(note.checkpoint.body())))
    throw new SignatureInvalid(`the signature of ${origin} with key id ${hex(wanted)} is not valid`);
}

