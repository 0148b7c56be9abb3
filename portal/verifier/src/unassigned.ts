// Characters that Unicode 14.0 does not have (notary/characters.py). A browser's tables are newer: what is written out or
// left out of a path because nobody knows it has to be so here, too.

import words from "./words.json";

/** Ranges for a class of a regular expression with the flag `u`. */
export const UNASSIGNED = ranges(words.unassigned);

/** Of steps from the end of one range, or 0, to the next one's beginning, and over it; in base 36. */
function ranges(steps: string): string {
  let at = 0;
  const ends = steps.split(" ").map((step) => (at += parseInt(step, 36)));
  return ends.map((end, place) => `${place % 2 ? "-" : ""}\\u{${(end - (place % 2)).toString(16)}}`).join("");
}
