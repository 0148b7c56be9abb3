// A time-stamp token in DER, where that changes nothing that is signed. As `der_token` in notary/records/evidence_record.py.
//
// Writers differ in what they hash of a token that came in BER or with unsorted sets: its bytes, or its DER.

import { type Bytes, compare, concat, equal } from "./bytes";
import { DerError, elements, encode } from "./der";
import { children, definite } from "./tsp_ber";

const SET = 0x31;

/** The token in DER; as it is where its signed parts would change, or where it cannot be read. */
export function derToken(token: Bytes): Bytes {
  try {
    return contentInfo(token) ?? token;
  } catch (exc) {
    if (exc instanceof DerError) return token;
    throw exc;
  }
}

function contentInfo(token: Bytes): Bytes | null {
  const [kind, wrapped, ...more] = children(token);
  const [signedData, ...others] = children(wrapped ?? token);
  if (more.length || others.length) return null;
  const parts: Bytes[] = [];
  for (const part of children(signedData)) {
    const isLast = part[0] === SET && parts.length > 1;
    const inner = part[0] === 0xa0 ? certificates(part) : part[0] === 0xa1 ? set(part) : isLast ? signers(part) : canonical(part);
    if (inner === null) return null;
    parts.push(inner);
  }
  return encode(0x30, canonical(kind), encode(0xa0, encode(0x30, ...parts)));
}

/** Certificates are signed as they are: null where one would change. */
function certificates(part: Bytes): Bytes | null {
  const found = children(part);
  return found.every(isCanonical) ? set(part) : null;
}

function signers(part: Bytes): Bytes | null {
  const found: Bytes[] = [];
  for (const signer of children(part)) {
    const inner: Bytes[] = [];
    for (const [place, one] of children(signer).entries()) {
      const isAttributes = one[0] === 0xa0 && place === 3;
      if (isAttributes && !equal(concat(...children(one)), elements(set(one))[0].content)) return null;
      if (place === 1 && !isCanonical(one)) return null;
      inner.push(one[0] === 0xa0 || one[0] === 0xa1 ? set(one) : canonical(one));
    }
    found.push(encode(0x30, ...inner));
  }
  return encode(SET, ...found.sort(compare));
}

function set(part: Bytes): Bytes {
  return encode(part[0], ...children(part).map(canonical).sort(compare));
}

function isCanonical(part: Bytes): boolean {
  return equal(canonical(part), part);
}

/** One element with definite lengths in their shortest form, and each set sorted. */
function canonical(part: Bytes): Bytes {
  return rewritten(definite(part));
}

function rewritten(part: Bytes): Bytes {
  const [element] = elements(part, false);
  if (!(element.tag & 0x20)) return encode(element.tag, element.tag === 0x02 ? shortest(element.content) : element.content);
  const inner = elements(element.content, false).map((one) => rewritten(one.raw));
  return encode(element.tag, ...(element.tag === SET ? inner.sort(compare) : inner));
}

function shortest(integer: Bytes): Bytes {
  let at = 0;
  while (at + 1 < integer.length && ((integer[at] === 0 && integer[at + 1] < 0x80) || (integer[at] === 0xff && integer[at + 1] >= 0x80)))
    at += 1;
  return integer.subarray(at);
}
