// What the page shows of an evidence record.

import { printable, utc } from "./bytes";
import { card, checkItem, folded, foldedText, make } from "./dom";
import { recordJson, sayRenew } from "./evidence_verdict";
import type { PageWords } from "./page_words";
import type { RecordResult } from "./records";
import { type Language, fill } from "./said";
import { jsonText } from "./verdict";

export function recordCard({ name, about, verdict }: RecordResult, page: PageWords, spoken: Language): HTMLElement {
  const { meanings, notProven, titles } = spoken.records;
  const { reason, notAfter, uncertainty } = verdict;
  const told =
    reason !== null
      ? `${meanings[reason]}${spoken.brackets[0]}${reason}${spoken.brackets[1]}`
      : fill(page.recordHolds, { time: utc(notAfter ?? 0), seconds: uncertainty }, spoken);
  const made = card(printable(name), verdict.status, told, spoken);
  const of = about.length ? fill(page.recordOf, { names: about.map((one) => printable(one.name)) }, spoken) : page.recordAlone;
  made.append(make("p", of));
  const renew = sayRenew(verdict, spoken);
  if (renew !== null) made.append(make("p", renew));
  const list = make("ol", "", "checks");
  for (const check of verdict.checks)
    list.append(checkItem(titles[check.number - 1], check.status, check.reason, printable(check.detail), spoken));
  made.append(folded(page.recordDetails, list), foldedText(page.json, () => jsonText(recordJson(verdict))), make("p", notProven, "small"));
  return made;
}
