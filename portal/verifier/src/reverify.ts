// REVERIFY.md: how an expert repeats the main checks by hand, with the receipts' actual values. As notary/court/reverify.py,
// byte for byte: the page writes it again to see whether a bundle's is the one that the program writes.

import { type Bytes, digest, equal, hex, sha256, utc, utf8 } from "./bytes";
import { keyId } from "./checkpoint";
import { DIGEST_SIZES } from "./claim";
import { EvmProofInvalid, TokenInvalid } from "./errors";
import { type EvmAnchor, HEAD_APPENDED, HEAD_APPENDED_TOPIC, parseHeader } from "./evm_proof";
import { object, text } from "./jcs";
import { documentPaths } from "./layout";
import type { Inclusion } from "./merkle";
import { evm } from "./reading";
import type { Anchor, Receipt } from "./receipt";
import { base64File, cell, filled, pemFile, quoted, run } from "./reverify_text";
import { REVERIFY as words } from "./said";
import type { Trust } from "./trust";
import { type Token, readToken } from "./tsp_read";

const RSA_PSS = "1.2.840.113549.1.1.10";
const ED25519 = "1.3.101.112";
const SPKI = "302a300506032b6570032100";
const SHOW_TIME = "+'%Y-%m-%d %H:%M:%S UTC'";

/**
 * The text for a bundle: the first document that is in it is taken through all steps.
 *
 * receipts  one or more, in the order of receipts.json
 * there     paths of the bundle's files
 * trust     what the issuer relied on
 */
export function bundledText(receipts: readonly Receipt[], there: { has(path: string): boolean }, trust: Trust): string {
  const documents = documentPaths(receipts).map((path) => (there.has(path) ? path : null));
  const chosen = Math.max(0, documents.findIndex((path) => path !== null));
  const [receipt, document] = [receipts[chosen], documents[chosen]];
  const parts = [
    ...preparation(receipt, chosen, receipts.length),
    ...aboutDocument(receipt, document),
    ...claim(receipt),
    ...entry(receipt),
    ...signedNote(receipt),
    ...blocks(receipt, trust),
    ...tokens(receipt, trust),
    ...proofs(receipt),
    words.MEANING,
    ...others(receipts, documents),
  ];
  return parts.join("\n\n") + "\n";
}

function preparation(receipt: Receipt, chosen: number, count: number): string[] {
  const name = cell(String(receipt.opening.shown().get("name") ?? words.WITHHELD));
  const which = filled(words.WHICH, { number: chosen + 1, count, name }) + (count > 1 ? words.WHICH_OTHERS : "");
  const complete = run(['sha256sum -c --quiet MANIFEST.sha256 && echo "as listed"'], ["as listed"]);
  return [words.TITLE, which, words.PREPARE, complete, words.FOOT, run(words.FUNCTIONS)];
}

function aboutDocument(receipt: Receipt, document: string | null): string[] {
  const fields = receipt.opening.shown();
  const names = Object.keys(DIGEST_SIZES).filter((name) => fields.has(name));
  if (document === null || !names.length) return [words.DOCUMENT, document === null ? words.NO_DOCUMENT : words.NO_DIGEST];
  const commands = [`D=${quoted(document)}`];
  for (const name of names)
    commands.push(`${name === "sha256" ? "sha256sum" : `openssl dgst -${hyphenated(name)} -r`} < "$D" | cut -d" " -f1`);
  if (fields.has("size")) commands.push('wc -c < "$D"');
  const prints = [...names, "size"].filter((name) => fields.has(name)).map((name) => String(fields.get(name)));
  return [words.DOCUMENT, filled(words.DOCUMENT_SAYS, { fields: names.join(", ") }), run(commands, prints)];
}

/** A hash as openssl calls it. */
function hyphenated(name: string): string {
  return name.replace("_", "-");
}

function claim({ opening }: Receipt): string[] {
  const fields = opening.entries.map((entry) => {
    if ("hash" in entry) return `F+=(${hex(entry.hash)})${words.WITHHELD_FIELD}`;
    return `F+=("$(field ${hex(entry.salt)} ${quoted(text(object({ name: entry.name, value: entry.value })))})")`;
  });
  const commands = [
    "F=()",
    ...fields,
    'L=(); for f in "${F[@]}"; do L+=("$(leaf "$f")"); done',
    `C=$({ printf 'tallystick/commitment/v1\\0'; printf %s%s ${hex(opening.salt)} "$(root "\${L[@]}")" ` +
      "| xxd -r -p; } | sha256sum | cut -c1-64)",
    'echo "$C"',
  ];
  return [words.CLAIM, words.CLAIM_SAYS, run(commands, [hex(opening.commitment())])];
}

function entry({ entry: place, note }: Receipt): string[] {
  const sides = onLeft(place);
  const climb = place.path.map((one, at) => `N=$(node ${sides[at] ? `${hex(one)} "$N"` : `"$N" ${hex(one)}`})`);
  const leaf = `N=$(printf '{"c":"%s","t":"claim"}' "$C" | { printf '\\0'; cat; } | sha256sum | cut -c1-64)`;
  const says = filled(words.ENTRY_SAYS, { index: place.index, size: place.size });
  return [words.ENTRY, says, run([leaf, ...climb, 'echo "$N"'], [hex(note.checkpoint.root)])];
}

/** Of each hash of the path, whether it stands left of what was computed. Source: RFC 9162, section 2.1.3.2. */
function onLeft(place: Inclusion): boolean[] {
  let [index, last] = [place.index, place.size - 1];
  const halve = (): void => void ([index, last] = [Math.floor(index / 2), Math.floor(last / 2)]); // they have 53 bits
  return place.path.map(() => {
    const isLeft = index % 2 === 1 || index === last;
    if (isLeft) while (index % 2 === 0 && index) halve();
    halve();
    return isLeft;
  });
}

function signedNote({ note, log }: Receipt): string[] {
  const commands = [
    "printf '%s\\n' \\",
    ...note.toText().replace(/\n$/, "").split("\n").map((line) => `  ${quoted(line)} \\`),
    '  > "$W/checkpoint.txt"',
    'sed -n 3p "$W/checkpoint.txt" | base64 -d | xxd -p -c 64',
    'sed -n 2p "$W/checkpoint.txt"',
  ];
  const parts = [words.NOTE, words.NOTE_SAYS, run(commands, [hex(note.checkpoint.root), String(note.checkpoint.size)])];
  const wanted = keyId(log.origin, log.key);
  const mine = note.signatures.findIndex((one) => one.name === log.origin && equal(one.keyId, wanted));
  if (mine < 0) return [...parts, words.NOTE_UNSIGNED];
  const line = note.checkpoint.body().split("\n").length + 1 + mine;
  const verify = [
    `printf %s ${SPKI}${hex(log.key)} | xxd -r -p > "$W/key.der"`,
    `sed '/^$/,$d' "$W/checkpoint.txt" > "$W/signed.txt"`,
    `sed -n ${line}p "$W/checkpoint.txt" | cut -d" " -f3 | base64 -d | tail -c +5 > "$W/signature"`,
    'openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$W/key.der" -in "$W/signed.txt" \\',
    '  -sigfile "$W/signature"',
  ];
  return [...parts, words.SIGNATURE_SAYS, run(verify, ["Signature Verified Successfully"])];
}

/** The receipt's anchors of one kind. */
function anchorsOf<K extends Anchor["kind"]>(receipt: Receipt, kind: K): Extract<Anchor, { kind: K }>[] {
  return receipt.anchors.filter((one): one is Extract<Anchor, { kind: K }> => one.kind === kind);
}

function blocks(receipt: Receipt, trust: Trust): string[] {
  const [anchors, id] = [anchorsOf(receipt, "evm"), receipt.log.id];
  if (!anchors.length || id === null) return [words.EVM, words.NO_EVM];
  const parts = anchors.flatMap((anchor, at) => {
    const heading = anchors.length > 1 ? [`**Anchor ${at + 1} of ${anchors.length}.**`] : [];
    return [...heading, ...block(receipt, evm(id), anchor, trust)];
  });
  return [words.EVM, words.EVM_SAYS, run(words.NODE), ...parts];
}

function block({ note }: Receipt, logId: string, anchor: EvmAnchor, trust: Trust): string[] {
  const { blockNumber: number, chainId: chain } = anchor;
  const [blockHash, tx, contract] = [anchor.blockHash, anchor.tx, anchor.contract].map(evm);
  const [size, root, topic] = [note.checkpoint.size, evm(note.checkpoint.root), evm(HEAD_APPENDED_TOPIC)];
  const numbered = (value: number): string => `0x${value.toString(16)}`;
  const commands = [
    "rpc eth_chainId '[]' | member result",
    "rpc eth_getBlockByNumber '[\"0x0\",false]' | member hash",
    `rpc eth_getBlockByNumber '["${numbered(number)}",false]' > "$W/block.json"`,
    'member hash < "$W/block.json"',
  ];
  const prints = [numbered(chain), evm(anchor.genesis), blockHash];
  const time = blockTime(anchor);
  if (time !== null) {
    commands.push(`date -u -d "@$(($(member timestamp < "$W/block.json")))" ${SHOW_TIME}`);
    prints.push(utc(time));
  }
  commands.push(
    "FINAL=$(rpc eth_getBlockByNumber '[\"finalized\",false]' | member number)",
    `[ $((FINAL)) -ge ${number} ] && echo final`,
  );
  const topics = [topic, logId, `0x${size.toString(16).padStart(64, "0")}`];
  const event = [
    `rpc eth_getLogs '[${text(object({ address: contract, blockHash, topics }))}]' > "$W/log.json"`,
    'member data < "$W/log.json"',
    'member transactionHash < "$W/log.json"',
  ];
  const cast = [
    `cast keccak ${evm(anchor.header)}`,
    `cast keccak '${HEAD_APPENDED}'`,
    `cast block ${number} --field hash --rpc-url "$RPC"`,
  ];
  return [
    ...(trust.chains.some((one) => one.dev && one.chainId === chain) ? [words.DEV_CHAIN] : []),
    filled(words.CHAIN_AND_BLOCK, { time: time === null ? "" : words.AND_TIME }),
    run(commands, [...prints, "final"]),
    words.EVENT_SAYS,
    run(event, [root, tx]),
    filled(words.EXPLORER, { tx, chain, number, contract, topic, log_id: logId, size, root }),
    words.CAST_SAYS,
    run(cast, [blockHash, topic, blockHash]),
  ];
}

function blockTime(anchor: EvmAnchor): bigint | null {
  try {
    return parseHeader(anchor.header).timestamp;
  } catch (exc) {
    if (exc instanceof EvmProofInvalid) return null;
    throw exc;
  }
}

function tokens(receipt: Receipt, trust: Trust): string[] {
  const found = anchorsOf(receipt, "rfc3161");
  if (!found.length) return [words.STAMP, words.NO_STAMP];
  const hasMore = trust.authorities.some((one) => one.certificates.length);
  const parts = found.flatMap((one, at) => stamped(receipt, one.token, at + 1, hasMore));
  return [words.STAMP, words.STAMP_SAYS, ...roots(trust), ...parts];
}

function roots({ authorities }: Trust): string[] {
  if (!authorities.length) return [words.NO_ROOT];
  const commands = authorities.flatMap(({ root }) => [
    ...pemFile([root], '"$W/root.pem"'),
    'cat "$W/root.pem" >> "$W/roots.pem"',
    'openssl x509 -in "$W/root.pem" -outform DER | sha256sum | cut -c1-64',
  ]);
  const certificates = authorities.flatMap((one) => one.certificates);
  if (certificates.length) commands.push(...pemFile(certificates, '"$W/certificates.pem"'));
  const names = authorities.map(({ name }) => cell(name)).join(", ");
  return [filled(words.ROOTS, { names }), run(commands, authorities.map(({ root }) => hex(sha256(root))))];
}

/** `hasMore`: certificates that the token may lack are in a file. */
function stamped(receipt: Receipt, token: Bytes, number: number, hasMore: boolean): string[] {
  const path = `"$W/token-${number}.der"`;
  const commands = base64File(token, path);
  const read = tokenOf(token);
  if (read === null) return [filled(words.STAMP_UNREADABLE, { number }), run(commands)];
  const { signer, hashName, genTime } = read;
  if (signer.algorithm === ED25519) return [filled(words.STAMP_UNCHECKED, { number, algorithm: "Ed25519" }), run(commands)];
  const isPss = signer.algorithm === RSA_PSS; // `openssl ts` cannot verify it, `openssl cms` can
  const more = hasMore ? ` ${isPss ? "-certfile" : "-untrusted"} "$W/certificates.pem"` : "";
  const chain = `  -CAfile "$W/roots.pem"${more} -attime ${genTime}`;
  const prints = isPss ? ["CMS Verification successful", digestOf(receipt, hashName)] : ["Verification: OK"];
  if (isPss)
    commands.push(
      `openssl cms -verify -binary -inform DER -in ${path} -out "$W/content" -purpose timestampsign \\`,
      "  -no-CApath -no-CAstore \\",
      `${chain} 2>&1`,
      `xxd -p "$W/content" | tr -d "\\n" | grep -o "$(openssl dgst -${hyphenated(hashName)} -r < "$W/checkpoint.txt" | cut -d" " -f1)"`,
    );
  else commands.push(`openssl ts -verify -token_in -in ${path} -data "$W/checkpoint.txt" \\`, chain);
  commands.push(
    `T=$(openssl ts -reply -token_in -in ${path} -text | sed -n 's/^Time stamp: //p')`,
    `date -u -d "$T" ${SHOW_TIME}`,
  );
  return [filled(words.STAMP_PRINTS, { number }), run(commands, [...prints, utc(genTime)])];
}

function tokenOf(data: Bytes): Token | null {
  try {
    return readToken(data);
  } catch (exc) {
    if (exc instanceof TokenInvalid) return null;
    throw exc;
  }
}

function proofs(receipt: Receipt): string[] {
  const found = anchorsOf(receipt, "ots");
  const parts = found.flatMap(({ proof }, at) => {
    const [number, path, noteDigest] = [at + 1, `"$W/checkpoint-${at + 1}.txt.ots"`, digestOf(receipt, "sha256")];
    const commands = [
      ...base64File(proof, path),
      `tail -c +34 ${path} | head -c 32 | xxd -p -c 64`,
      'sha256sum < "$W/checkpoint.txt" | cut -c1-64',
    ];
    return [filled(words.OTS_SAYS, { number }), run(commands, [noteDigest, noteDigest]), filled(words.OTS_VERIFY, { number })];
  });
  return found.length ? [words.OTS, ...parts] : [];
}

/** Of the note, as it is stamped. */
function digestOf(receipt: Receipt, hash: string): string {
  return hex(digest(hash, utf8(receipt.note.toText())));
}

function others(receipts: readonly Receipt[], documents: readonly (string | null)[]): string[] {
  if (receipts.length === 1) return [];
  const sums = receipts.flatMap((receipt, at) => {
    const [value, document] = [receipt.opening.shown().get("sha256"), documents[at]];
    return document === null || value === undefined ? [] : [`${value}  ${document}`];
  });
  const done = "all documents are the sealed ones";
  const check = [`sha256sum -c --quiet << 'END' && echo "${done}"`, ...sums, "END"];
  const rows = receipts.map((receipt, at) => row(at + 1, receipt, documents[at]));
  const all = sums.length ? [words.ALL_DOCUMENTS, run(check, [done])] : [];
  return [words.OTHERS, ...all, words.OTHERS_SAYS, [...words.TABLE, ...rows].join("\n")];
}

function row(number: number, receipt: Receipt, document: string | null): string {
  const fields = receipt.opening.shown();
  const [exhibit, name, size, sum] = ["exhibit", "name", "size", "sha256"].map((field) => cell(String(fields.get(field) ?? words.WITHHELD)));
  const { entry: place, note, opening } = receipt;
  const path = document === null ? "-" : cell(document);
  const cells = [number, exhibit, name, path, size, sum, hex(opening.commitment()), place.index, place.size, hex(note.checkpoint.root)];
  return `| ${cells.join(" | ")} |`;
}
