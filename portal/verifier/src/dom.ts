// Parts of the page. Whatever comes from a file is set as text, never as markup.

import type { Language, Status } from "./said";

export function make<K extends keyof HTMLElementTagNameMap>(name: K, text = "", className = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** The box of one result: its name, its status, and a sentence. */
export function card(name: string, status: Status, text: string, spoken: Language): HTMLElement {
  const made = make("article", "", status);
  made.setAttribute("aria-label", name);
  const result = make("p", "", "result");
  result.append(make("span", spoken.statuses[status]), ` – ${text}`);
  made.append(make("h3", name), result);
  return made;
}

export function folded(title: string, ...inside: Node[]): HTMLElement {
  const made = make("details");
  made.append(make("summary", title), ...inside);
  return made;
}

/** Text that is made when its box is opened. */
export function foldedText(title: string, text: () => string): HTMLElement {
  const made = folded(title);
  made.className = "machine";
  made.addEventListener("toggle", () => {
    if (made.querySelector("textarea")) return;
    const area = make("textarea");
    area.className = "json";
    area.readOnly = true;
    area.rows = 10;
    area.value = text();
    area.setAttribute("aria-label", title);
    made.append(area);
  });
  return made;
}

/** One check of a list: its title, its status with the code of its reason, what it found. */
export function checkItem(title: string, status: Status, reason: string | null, detail: string, spoken: Language): HTMLElement {
  const item = make("li", `${title} `);
  const code = reason ? `${spoken.brackets[0]}${reason}${spoken.brackets[1]}` : "";
  item.append(make("span", spoken.statuses[status] + code, `mark ${status}`), make("span", detail, "detail"));
  return item;
}
