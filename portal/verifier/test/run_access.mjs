// Uses verify.html in Chromium by the keyboard alone, reads it as a screen reader does, and prints it. The network is off.
//
//     node run_access.mjs CHROMIUM PAGE
//
// Reads a line for each run: {files: [[name, base64], ...], locale, pdf}; writes what was found, as it is made below. `pdf`:
// where the printed page is put.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [, , executablePath, target] = process.argv;
const address = pathToFileURL(target).href;
const MOST_STOPS = 200;

/** What has the focus, and whether that can be seen. */
function focused() {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const label = one.closest("label");
  const shown = [one, label].filter(Boolean).some((part) => {
    const style = getComputedStyle(part);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  return { name: one.dataset.locale ?? (one.id || `${one.tagName.toLowerCase()} ${one.textContent}`), shown };
}

/** Each stop of the Tab key, from the beginning of the page to its end. */
async function stops(page) {
  const found = [];
  for (let count = 0; count < MOST_STOPS; count++) {
    await page.keyboard.press("Tab");
    const one = await page.evaluate(focused);
    if (one === null) return found;
    found.push(one);
  }
  throw new Error(`the Tab key goes on after ${MOST_STOPS} stops`);
}

/** Tab on until the focus is where `isThere` says. */
async function tabTo(page, name) {
  for (let count = 0; count < MOST_STOPS; count++) {
    await page.keyboard.press("Tab");
    const one = await page.evaluate(focused);
    if (one?.name === name || (name === "summary" && one?.name.startsWith("summary"))) return;
  }
  throw new Error(`the Tab key never comes to ${name}`);
}

async function choose(page, name, files) {
  await tabTo(page, name);
  const chooser = page.waitForEvent("filechooser");
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(files);
}

/** The accessibility tree: [role, name, properties] of each node that is not ignored. */
async function treeOf(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  return nodes
    .filter((node) => !node.ignored)
    .map((node) => [node.role?.value, node.name?.value ?? "", Object.fromEntries((node.properties ?? []).map((one) => [one.name, one.value.value]))]);
}

/** What sticks out of the printed page. */
function wide() {
  const most = document.documentElement.clientWidth;
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getClientRects().length && (one.getBoundingClientRect().right > most + 1 || one.scrollWidth > one.clientWidth + 1) && getComputedStyle(one).display !== "inline" && one.tagName !== "TEXTAREA")
    .map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 60)}`);
}

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
for await (const line of createInterface({ input: process.stdin })) {
  const { files, locale, pdf } = JSON.parse(line);
  const context = await browser.newContext({ offline: true, viewport: { width: 1000, height: 900 } });
  const page = await context.newPage();
  const [requests, faults] = [[], []];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (fault) => faults.push(String(fault.stack)));
  page.on("filechooser", () => {}); // so that Chromium tells of them from the beginning
  await page.goto(address);
  await page.evaluate(() => {
    window.print = () => (window.printed = true);
    window.heard = [];
    const live = document.querySelector("[aria-live]");
    new MutationObserver(() => window.heard.push(live.textContent)).observe(live, { childList: true, characterData: true, subtree: true });
  });
  const found = {};

  await tabTo(page, locale);
  await page.keyboard.press("Enter");
  found.lang = await page.evaluate(() => document.documentElement.lang);
  const given = files.map(([name, data]) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(data, "base64") }));
  await choose(page, "files", given);
  await page.waitForFunction(() => !document.getElementById("results").hidden);

  await tabTo(page, "summary");
  await page.keyboard.press("Enter");
  found.opened = await page.evaluate(() => document.getElementById("trust").open);
  await tabTo(page, "headers");
  await page.keyboard.type("no header");
  await tabTo(page, "issuer");
  await page.keyboard.press("Space");
  found.typed = await page.evaluate(() => [document.getElementById("headers").value, document.getElementById("issuer").checked]);
  await tabTo(page, "again");
  await page.keyboard.press("Enter");
  found.alert = await page.evaluate(() => document.getElementById("trust-fault").textContent);
  await page.keyboard.press("Shift+Tab");
  while ((await page.evaluate(focused)).name !== "headers") await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await tabTo(page, "again");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.getElementById("results").hidden);

  await page.evaluate(() => {
    document.body.tabIndex = -1; // so that Tab begins at the beginning
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
  found.stops = await stops(page);
  found.back = [];
  for (const _ of found.stops) {
    await page.keyboard.press("Shift+Tab");
    found.back.push(await page.evaluate(focused));
  }
  await tabTo(page, "clear");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  found.printed = await page.evaluate(() => window.printed === true);

  found.tree = await treeOf(page);
  found.live = await page.evaluate(() => window.heard);
  await page.pdf({ path: pdf, format: "A4" });
  found.folded = await page.evaluate(() => [...document.querySelectorAll("article details:not([open]) > summary")].map((one) => one.textContent));
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 720, height: 900 });
  found.wide = await page.evaluate(wide);
  found.texts = await page.evaluate(() => [...document.querySelectorAll("#results h3, #results p, #results li, #results td")].filter((one) => one.getClientRects().length).map((one) => one.textContent));
  await page.emulateMedia({ media: "screen" });

  await page.evaluate(() => document.getElementById("again").focus());
  await tabTo(page, "clear");
  await page.keyboard.press("Enter");
  found.cleared = await page.evaluate(() => [document.getElementById("results").hidden, document.activeElement.id]);
  found.requests = requests.filter((one) => one !== address);
  process.stdout.write(`${JSON.stringify({ ...found, faults })}\n`);
  await context.close();
}
await browser.close();
