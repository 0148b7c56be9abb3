// The page: takes files, shows verdicts. Whatever comes from a file is set as text, never as markup.

import { type Bytes, hex, printable, sha256, utf8 } from "./bytes";
import { card, checkItem, folded, foldedText, make } from "./dom";
import { NotaryError } from "./errors";
import type { Finding } from "./examine";
import { type Given, type Read, type TrustFile, collect, joined, nothing, readAll } from "./files";
import { type Judged, type Result, judge as judgeAll } from "./judging";
import template from "./page.html";
import { GivenHeaders, checked } from "./given_headers";
import { PAGE, type PageWords } from "./page_words";
import { recordCard } from "./record_card";
import type { Receipt } from "./receipt";
import { LOCALES, type Locale, type Reason, type Status, fill, language, said, tell } from "./said";
import { Trust, parseBlock, parseHeader } from "./trust";
import { type Verdict, jsonText, saidOthers, sayNote, sealedAs, toJson } from "./verdict";

// Reasons that change what a status means to a reader: they are told first
const HEADLINES: readonly Reason[] = ["dev-chain", "superseded", "revoked", "erased"];
const OPEN_RESULTS = 20; // of so many the checks are printed, too

let locale: Locale = "en";
const headers = new GivenHeaders();
let given: Given | null = null;
let read: Read | null = null;
let judged: Judged | null = null;
let told: string[] = [];
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
  given = joined(given ?? nothing(), found);
  await readGiven(given);
}

async function readGiven(all: Given): Promise<void> {
  const mine = ++run;
  const progress = element<HTMLProgressElement>("progress");
  progress.hidden = false;
  progress.value = 0;
  const found = await readAll(all, ownDigest(), {
    begin: (name) => say(fill(page().reading, { name: printable(name) }, language(locale))),
    advance: (done, total) => (progress.value = total ? done / total : 1),
    isWanted: () => mine === run,
  });
  if (found === null) return;
  read = found;
  await headers.lookUp(receiptsOf(all));
  if (mine !== run) return;
  progress.hidden = true;
  judge();
}

/** SHA-256 of this page's file, put together again from its parts. */
function ownDigest(): Bytes {
  const parts = { "@POLICY@": "content", "@STYLE@": "style", "@SCRIPT@": "script" };
  const policy = document.querySelector<HTMLMetaElement>("meta[http-equiv]")?.content ?? "";
  const text = Object.entries(parts).reduce(
    (whole, [mark, name]) => whole.replace(mark, () => (name === "content" ? policy : (document.querySelector(name)?.textContent ?? ""))),
    template,
  );
  return sha256(utf8(text));
}

function trustOf(all: Given, bundled: readonly TrustFile[]): Trust {
  let trust = new Trust();
  told = [];
  const useIssuers = element<HTMLInputElement>("issuer").checked;
  for (const file of [...all.trust, ...bundled]) {
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
  return [...all.receipts, ...all.bundles.flatMap((one) => one.receipts)].flatMap(({ receipt }) => receipt ?? []);
}

function linesOf(id: string): string[] {
  const lines = element<HTMLTextAreaElement>(id).value.split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

function judge(): void {
  if (!given || !read || !element("progress").hidden) return; // it is judged once it is read
  let trust: Trust;
  element("trust-fault").textContent = "";
  try {
    trust = trustOf(given, read.bundles.flatMap((one) => one.trust));
  } catch (exc) {
    if (!(exc instanceof NotaryError)) throw exc;
    empty();
    element("trust-fault").textContent = printable(exc.message);
    element<HTMLDetailsElement>("trust").open = true;
    return;
  }
  judged = judgeAll(given, read, trust, Math.floor(Date.now() / 1000));
  show();
}

// What is shown

/** Take away what was shown, so that no verdict stays under what it does not rest on. */
function empty(): void {
  [judged, told] = [null, []];
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
  if (!given || !read || !judged) return;
  const spoken = language(locale);
  const statuses = [...judged.results, ...judged.findings, ...judged.records.map((one) => one.verdict)].map((one) => one.status);
  const count = (status: Status): number => statuses.filter((one) => one === status).length;
  const counts = { passed: count("PASSED"), failed: count("FAILED"), open: count("INDETERMINATE") };
  const summary = statuses.length ? fill(page().summary, counts, spoken) : page().nothing;
  say(fill(page().done, { summary }, spoken));
  const list = element("list");
  list.replaceChildren(...told.map((text) => make("p", text, "small")));
  for (const contents of judged.contents)
    list.append(make("p", fill(page().contents, { digest: hex(contents) }, spoken), "small"));
  if (judged.older.length) {
    const names = judged.older.map(({ found }) => printable(String(found?.receipt?.opening.shown().get("name") ?? found?.source)));
    list.append(make("p", fill(page().olderLeftOut, { names }, spoken), "small"));
  }
  for (const fault of [...given.faults, ...read.faults]) {
    const text = fill(page().unreadable, { text: printable(fault.text) }, spoken);
    list.append(card(printable(fault.name), "INDETERMINATE", text, spoken));
  }
  for (const result of judged.results) list.append(cardOf(result));
  for (const finding of judged.findings) list.append(findingCard(finding));
  for (const record of judged.records) list.append(recordCard(record, page(), spoken));
  element("limits").textContent = spoken.notProven;
  element("results").hidden = false;
}

function cardOf(result: Result): HTMLElement {
  const spoken = language(locale);
  const { verdict } = result;
  const shownName = verdict?.fields.get("name");
  const name = printable(result.pair.document?.name ?? String(shownName ?? result.pair.found?.source ?? ""));
  if (!verdict) {
    const told = result.reason === "document-without-receipt" ? spoken.bundle[result.reason] : page().noReceipt;
    return card(name, result.status, coded(told, result.reason ?? ""), spoken);
  }
  const { reason } = verdict;
  const meaning = reason && coded(spoken.meanings[reason], reason);
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

/** A sentence with the code that stands for it. */
function coded(meaning: string, reason: string): string {
  const { brackets } = language(locale);
  return `${meaning}${brackets[0]}${reason}${brackets[1]}`;
}

/** What was found of a bundle's own file, or of a report. */
function findingCard({ name, status, reason, detail }: Finding): HTMLElement {
  const spoken = language(locale);
  if (reason === null) return card(printable(name), status, page().filesListed, spoken);
  const made = card(printable(name), status, coded(spoken.bundle[reason], reason), spoken);
  if (detail) made.append(make("p", printable(detail), "small"));
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
    [given, read] = [null, null];
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
