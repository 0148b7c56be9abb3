// What a bundle says of itself, held against its own list of files and its report. As notary/court/examine.py, without what
// needs the program: making the report again, which is said to be unchecked.

import { type Bytes, equal, hex, sha256, utf8 } from "./bytes";
import type { BundleZip } from "./bundle_zip";
import { MAX_PDF_BYTES, ReportUnread, embeddedFiles } from "./embedded";
import { BundleInvalid, ReportInvalid, TrustInvalid } from "./errors";
import * as layout from "./layout";
import type { Receipt } from "./receipt";
import { type Side, readInput } from "./report_input";
import { bundledText } from "./reverify";
import type { BundleReason, Status } from "./said";
import { MAX_TRUST_BYTES, Trust } from "./trust";

/** What came out for one file. `detail`: a sentence with the numbers, in English, or "". */
export interface Finding {
  name: string;
  status: Status;
  reason: BundleReason | null;
  detail: string;
}

type Digests = ReadonlyMap<string, Bytes>;

function finding(name: string, status: Status, reason: Finding["reason"] = null, detail = ""): Finding {
  return { name, status, reason, detail };
}

/**
 * All that is found of a bundle's own files.
 *
 * digests   SHA-256 of each file of the zip, as it was read
 * receipts  those of receipts.json, in its order; none where they cannot be read
 * page      SHA-256 of this page; null: not known
 *
 * Raises BundleInvalid.
 */
export async function examine(
  zip: BundleZip, digests: Digests, receipts: readonly Receipt[], page: Bytes | null,
): Promise<Finding[]> {
  const isKnown = (name: string): boolean => layout.TOP.has(name) || name.startsWith(layout.DOCUMENTS) || layout.isRecord(name);
  const unknown = zip.names.filter((name) => !isKnown(name)).map((name) => finding(name, "INDETERMINATE", "file-unknown"));
  const missing = digests.has(layout.RECEIPTS) ? [] : [finding(layout.RECEIPTS, "FAILED", "receipts-missing")];
  return [
    ...(await listed(zip, digests)),
    ...unknown,
    ...missing,
    ...(await companions(zip, digests, receipts, page)),
    ...(await bundledReport(zip, digests)),
  ];
}

/** Findings of the list; one that passes, where all files are as it says. */
async function listed(zip: BundleZip, digests: Digests): Promise<Finding[]> {
  if (!zip.has(layout.MANIFEST)) return [finding(layout.MANIFEST, "FAILED", "manifest-missing")];
  let lines: Map<string, Bytes>;
  try {
    lines = layout.readManifest(await zip.read(layout.MANIFEST, layout.MAX_MANIFEST));
  } catch (exc) {
    if (!(exc instanceof BundleInvalid)) throw exc;
    return [finding(layout.MANIFEST, "FAILED", "manifest-invalid", exc.message)];
  }
  const there = zip.names.filter((name) => name !== layout.MANIFEST);
  const all = [...lines.keys()];
  const found = [
    ...all.filter((name) => digests.has(name) && name !== layout.MANIFEST && !equal(digests.get(name) as Bytes, lines.get(name) as Bytes))
      .map((name) => finding(name, "FAILED", "manifest-file-differs")),
    ...all.filter((name) => name === layout.MANIFEST || !digests.has(name)).map((name) => finding(name, "FAILED", "manifest-file-missing")),
    ...there.filter((name) => !lines.has(name)).map((name) => finding(name, "FAILED", "manifest-file-unlisted")),
  ];
  return found.length ? found : [finding(layout.MANIFEST, "PASSED")];
}

/** What comes along and is not proven by receipts, but is read, opened or run by whoever trusts the bundle. */
async function companions(
  zip: BundleZip, digests: Digests, receipts: readonly Receipt[], page: Bytes | null,
): Promise<Finding[]> {
  const found: Finding[] = [];
  let trust = new Trust();
  if (digests.has(layout.TRUST))
    try {
      trust = Trust.fromBytes(await zip.read(layout.TRUST, MAX_TRUST_BYTES));
    } catch (exc) {
      if (!(exc instanceof TrustInvalid || exc instanceof BundleInvalid)) throw exc;
      found.push(finding(layout.TRUST, "FAILED", "trust-invalid", exc.message));
    }
  const manual = digests.get(layout.MANUAL);
  if (manual && !(receipts.length && equal(manual, sha256(utf8(bundledText(receipts, digests, trust))))))
    found.push(finding(layout.MANUAL, "INDETERMINATE", "manual-differs"));
  const other = digests.get(layout.PAGE);
  if (other && !(page && equal(page, other))) {
    const detail = `its SHA-256 is ${hex(other)}, that of this program's ${page ? hex(page) : "none"}`;
    found.push(finding(layout.PAGE, "INDETERMINATE", "page-unknown", detail));
  }
  return found;
}

/** Whether it is a report of this bundle; that its pages say what its receipts say is not looked at here. */
async function bundledReport(zip: BundleZip, digests: Digests): Promise<Finding[]> {
  if (!digests.has(layout.REPORT)) return [];
  const pdf = await zip.read(layout.REPORT, MAX_PDF_BYTES);
  const read = await sidesOf(layout.REPORT, pdf);
  if (!("sides" in read)) return [read];
  const receipts = digests.get(layout.RECEIPTS);
  const ofThese = read.sides.filter((side) => receipts && equal(sha256(side.receipts), receipts));
  if (!ofThese.length) return [finding(layout.REPORT, "FAILED", "report-of-other-receipts")];
  const contents = layout.contentsDigest(digests);
  if (ofThese.every((side) => !side.bundleDigest || !equal(side.bundleDigest, contents))) {
    const printed = ofThese[0].bundleDigest;
    const detail = `it prints ${printed ? hex(printed) : "none"}, the files give ${hex(contents)}`;
    return [finding(layout.REPORT, "FAILED", "report-contents-differ", detail)];
  }
  return [finding(layout.REPORT, "INDETERMINATE", "report-unchecked")];
}

/** A report by itself. */
export function examineReport(name: string, files: ReadonlyMap<string, Bytes>): Finding {
  const read = reading(name, files);
  return "sides" in read ? finding(name, "INDETERMINATE", "report-unchecked") : read;
}

async function sidesOf(name: string, pdf: Bytes): Promise<{ sides: Side[] } | Finding> {
  try {
    return reading(name, await embeddedFiles(pdf));
  } catch (exc) {
    if (exc instanceof ReportUnread) return finding(name, "INDETERMINATE", "report-unchecked", exc.message);
    if (exc instanceof ReportInvalid) return finding(name, "FAILED", "report-invalid", exc.message);
    throw exc;
  }
}

function reading(name: string, files: ReadonlyMap<string, Bytes>): { sides: Side[] } | Finding {
  try {
    return { sides: readInput(files) };
  } catch (exc) {
    if (exc instanceof ReportInvalid) return finding(name, "FAILED", "report-invalid", exc.message);
    throw exc;
  }
}
