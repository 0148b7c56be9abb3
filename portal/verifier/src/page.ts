// The page: takes files, shows verdicts. Whatever comes from a file is set as text, never as markup.

import { printable } from "./bytes";
import { card, checkItem, folded, foldedText, make } from "./dom";
import { NotaryError } from "./errors";
import { type Given, type Hashed, type Pair, collect, hashDocument, namesOf, pair } from "./files";
import { GivenHeaders, checked } from "./given_headers";
import { PAGE, type PageWords } from "./page_words";
import { recordCard } from "./record_card";
import type { Receipt } from "./receipt";
import { type RecordResult, judgeRecords, recordHashes } from "./records";
import { LOCALES, type Locale, type Reason, type Status, fill, language, said, tell } from "./said";
import { Trust, parseBlock, parseHeader } from "./trust";
import { type Verdict, jsonText, saidOthers, sayNote, sealedAs, toJson } from "./verdict";
import { Verifier, unreadable } from "./verify";

interface Result {
  pair: Pair;
  status: Status;
  verdict: Verdict | null;
}

// Reasons that change what a status means to a reader: they are told first
const HEADLINES: readonly Reason[] = ["dev-chain", "superseded", "revoked", "erased"];
const OPEN_RESULTS = 20; // of so many the checks are printed, too

let locale: Locale = "en";
const headers = new GivenHeaders();
let given: Given | null = null;
let hashed: Hashed[] = [];
let objects: Hashed[] = []; // files of receipts, read where records are given
let results: Result[] = [];
let records: RecordResult[] = [];
let told: string[] = [];
let unread: Given["faults"] = [];
let run = 0; // of reading documents: a newer one ends those before it
let round = 0; // from one "start over" to the next

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const page = (): PageWords => PAGE[locale];

function say(text: string): void {
  element("status").textContent = text;
}

// What was given

async function take(files: readonly File[]): Promise<void> {
  if (!files.length) return;
  const mine = round;
  const found = await collect(files);
  if (mine !== round) return;
  const all = given ?? { documents: [], receipts: [], trust: [], faults: [], records: [], objects: [] };
  given = {
    documents: [...all.documents, ...found.documents],
    receipts: [...all.receipts, ...found.receipts],
    trust: [...all.trust, ...found.trust],
    faults: [...all.faults, ...found.faults],
    records: [...all.records, ...found.records],
    objects: [...all.objects, ...found.objects],
  };
  await readDocuments(given);
}

async function readDocuments(all: Given): Promise<void> {
  const mine = ++run;
  const read: Hashed[] = [];
  const faults: Given["faults"] = [];
  const progress = element<HTMLProgressElement>("progress");
  const names = namesOf(all.receipts, recordHashes(all.records));
  const sources = [...all.documents, ...(all.records.length ? all.objects : [])];
  const total = sources.reduce((sum, one) => sum + one.size, 0);
  let done = 0;
  progress.hidden = false;
  progress.value = 0;
  for (const source of sources) {
    say(fill(page().reading, { name: printable(source.name) }, language(locale)));
    try {
      const digests = await hashDocument(source, names, (size) => {
        done += size;
        if (mine === run) progress.value = total ? done / total : 1;
      });
      read.push({ source, digests });
    } catch (exc) {
      faults.push({ name: source.name, text: (exc as Error).message });
    }
    if (mine !== run) return;
  }
  hashed = read.filter((one) => all.documents.includes(one.source));
  objects = read.filter((one) => !hashed.includes(one));
  unread = faults;
  await headers.lookUp(receiptsOf(all));
  if (mine !== run) return;
  progress.hidden = true;
  judge();
}

function trustOf(all: Given): Trust {
  let trust = new Trust();
  told = [];
  const useIssuers = element<HTMLInputElement>("issuer").checked;
  for (const file of all.trust) {
    const name = printable(file.name);
    if (file.isIssuers && !useIssuers) {
      told.push(fill(page().documentUnused, { name }, language(locale)));
      continue;
    }
    try {
      trust = trust.joined(Trust.fromBytes(file.data));
    } catch (exc) {
      all.trust = all.trust.filter((one) => one !== file); // told once; then another one can be given
      throw exc;
    }
    told.push(fill(file.isIssuers ? page().issuerTrustUsed : page().trustUsed, { name }, language(locale)));
  }
  for (const line of linesOf("blocks")) {
    const [chainId, number, hash] = parseBlock(line);
    trust = trust.withBlock(chainId, { number, hash, timestamp: null, source: said("source-block-option") });
  }
  if (headers.inUse()) told.push(fill(page().headersUsed, { name: printable(headers.inUse()) }, language(locale)));
  return trust.withHeaders([...linesOf("headers").map(parseHeader).map(checked), ...headers.headers()]);
}

async function useHeaders(): Promise<void> {
  const [file] = element<HTMLInputElement>("header-file").files ?? [];
  const progress = element<HTMLProgressElement>("header-progress");
  if (!file) return;
  progress.hidden = false;
  const isMine = await headers.use(file, element<HTMLInputElement>("header-first").value, (share) => (progress.value = share));
  if (!isMine) return;
  progress.hidden = true;
  element("trust-fault").textContent = printable(headers.problem());
  if (given) await headers.lookUp(receiptsOf(given));
  judge();
}

function receiptsOf(all: Given): Receipt[] {
  return all.receipts.flatMap(({ receipt }) => receipt ?? []);
}

function linesOf(id: string): string[] {
  const lines = element<HTMLTextAreaElement>(id).value.split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

function judge(): void {
  if (!given || !element("progress").hidden) return; // it is judged once it is read
  let trust: Trust;
  element("trust-fault").textContent = "";
  try {
    trust = trustOf(given);
  } catch (exc) {
    if (!(exc instanceof NotaryError)) throw exc;
    empty();
    element("trust-fault").textContent = printable(exc.message);
    element<HTMLDetailsElement>("trust").open = true;
    return;
  }
  const verifier = new Verifier(trust);
  results = pair(hashed, given.receipts).map((one): Result => {
    if (!one.found) return { pair: one, status: "INDETERMINATE", verdict: null };
    const verdict = one.found.receipt ? verifier.verify(one.found.receipt, one.digests) : null;
    const shown = verdict ?? (one.found.fault && unreadable(one.found.fault));
    return { pair: one, status: shown ? shown.status : "INDETERMINATE", verdict: shown };
  });
  records = judgeRecords(given.records, hashed, objects, trust, Math.floor(Date.now() / 1000));
  if (!given.receipts.length) // a document with its record alone lacks no receipt
    results = results.filter((one) => !records.some(({ about }) => about.some((document) => document === one.pair.document)));
  show();
}

// What is shown

/** Take away what was shown, so that no verdict stays under what it does not rest on. */
function empty(): void {
  [results, records, told] = [[], [], []];
  element("results").hidden = true;
  element("list").replaceChildren();
  say("");
}

function show(): void {
  for (const item of document.querySelectorAll<HTMLElement>("[data-word]"))
    item.textContent = page()[item.dataset.word as Exclude<keyof PageWords, "plain">];
  document.documentElement.lang = locale;
  document.title = `${page().title} – Tallystick`;
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-locale]"))
    button.setAttribute("aria-pressed", String(button.dataset.locale === locale));
  if (!given || element("trust-fault").textContent) return;
  const spoken = language(locale);
  const judged = [...results.map((one) => one.status), ...records.map((one) => one.verdict.status)];
  const count = (status: Status): number => judged.filter((one) => one === status).length;
  const counts = { passed: count("PASSED"), failed: count("FAILED"), open: count("INDETERMINATE") };
  const summary = judged.length ? fill(page().summary, counts, spoken) : page().nothing;
  say(fill(page().done, { summary }, spoken));
  const list = element("list");
  list.replaceChildren(...told.map((text) => make("p", text, "small")));
  for (const fault of [...given.faults, ...unread]) {
    const text = fill(page().unreadable, { text: printable(fault.text) }, spoken);
    list.append(card(printable(fault.name), "INDETERMINATE", text, spoken));
  }
  for (const result of results) list.append(cardOf(result));
  for (const record of records) list.append(recordCard(record, page(), spoken));
  element("limits").textContent = spoken.notProven;
  element("results").hidden = false;
}

function cardOf(result: Result): HTMLElement {
  const spoken = language(locale);
  const { verdict } = result;
  const shownName = verdict?.fields.get("name");
  const name = printable(result.pair.document?.name ?? String(shownName ?? result.pair.found?.source ?? ""));
  if (!verdict) return card(name, result.status, page().noReceipt, spoken);
  const { reason } = verdict;
  const meaning = reason && `${spoken.meanings[reason]}${spoken.brackets[0]}${reason}${spoken.brackets[1]}`;
  const isHeadline = reason !== null && HEADLINES.includes(reason);
  const made = card(name, verdict.status, isHeadline && meaning ? meaning : page().plain[verdict.status], spoken);
  if (meaning && !isHeadline) made.append(make("p", meaning));
  if (verdict.fields.size) made.append(make("p", sealedAs(verdict, spoken)));
  const timed = verdict.checks[8];
  if (timed.status === "PASSED")
    for (const one of [timed.said, ...saidOthers(verdict.interval)]) made.append(make("p", printable(tell(one, spoken))));
  made.append(checksOf(verdict), fieldsOf(verdict), foldedText(page().json, () => jsonText(toJson(verdict, spoken))));
  for (const note of verdict.notes) made.append(make("p", fill(spoken.texts.note, { text: sayNote(note, spoken) }, spoken), "small"));
  return made;
}

function checksOf(verdict: Verdict): HTMLElement {
  const spoken = language(locale);
  const list = make("ol", "", "checks");
  for (const check of verdict.checks) {
    const detail = printable(tell(check.said, spoken));
    const item = checkItem(spoken.titles[check.number - 1], check.status, check.reason, detail, spoken);
    const meaning = check.reason ? spoken.meanings[check.reason] : detail;
    if (meaning !== detail && check.reason !== verdict.reason && check.reason !== "not-reached")
      item.append(make("span", meaning, "detail"));
    list.append(item);
  }
  return folded(page().details, list);
}

function fieldsOf(verdict: Verdict): HTMLElement {
  const table = make("table");
  for (const [name, value] of verdict.fields) {
    const row = make("tr");
    const head = make("th", name);
    head.scope = "row";
    row.append(head, make("td", printable(String(value))));
    table.append(row);
  }
  return folded(page().fields, table);
}

// What the reader does

function start(): void {
  const wanted = navigator.language.toLowerCase();
  if (wanted.startsWith("zh")) locale = /hant|tw|hk|mo/.test(wanted) ? "zh-Hant" : "zh-Hans";
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-locale]"))
    button.addEventListener("click", () => {
      locale = LOCALES.find((one) => one === button.dataset.locale) ?? "en";
      if (given) judge();
      show();
    });
  const files = element<HTMLInputElement>("files");
  files.addEventListener("change", () => {
    const chosen = [...(files.files ?? [])];
    files.value = "";
    void take(chosen);
  });
  const drop = element("drop");
  for (const name of ["dragover", "drop", "dragleave"] as const)
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
    });
  document.addEventListener("drop", (event) => void take([...(event.dataTransfer?.files ?? [])]));
  for (const id of ["header-file", "header-first"]) element(id).addEventListener("change", () => void useHeaders());
  element("again").addEventListener("click", judge);
  element("issuer").addEventListener("change", judge);
  element("print").addEventListener("click", () => window.print());
  window.addEventListener("beforeprint", () => {
    for (const one of [...document.querySelectorAll("article")].slice(0, OPEN_RESULTS))
      for (const part of one.querySelectorAll<HTMLDetailsElement>("details:not(.machine)")) part.open = true;
  });
  element("clear").addEventListener("click", () => {
    run += 1;
    round += 1;
    [given, hashed, objects, unread] = [null, [], [], []];
    empty();
    element("trust-fault").textContent = "";
    element("progress").hidden = true;
    headers.forget();
    element<HTMLInputElement>("header-file").value = "";
    files.focus();
  });
  show();
}

start();
