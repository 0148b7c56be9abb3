// Opens verify.html from its file: address in Chromium with the network off, gives it files, writes what it shows.
//
//     node run_page.mjs CHROMIUM PAGE
//
// Reads a line for each run: {files: [[name, base64] or a path, ...], locale, shot}; writes {verdicts, headlines, status,
// requests, faults, seconds}. `shot`: where a picture of the page is put.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [, , executablePath, target] = process.argv;
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ offline: true, viewport: { width: 1000, height: 900 } });
const page = await context.newPage();
const requests = [];
const faults = [];
page.on("request", (request) => requests.push(request.url()));
page.on("pageerror", (fault) => faults.push(String(fault.stack)));
page.on("console", (message) => {
  if (message.type() === "error") faults.push(message.text());
});
const address = pathToFileURL(target).href;
await page.goto(address);
for await (const line of createInterface({ input: process.stdin })) {
  const { files, locale, shot } = JSON.parse(line);
  await page.click(`[data-locale="${locale ?? "en"}"]`);
  const given = files.map((one) => (typeof one === "string" ? one : { name: one[0], mimeType: "application/octet-stream", buffer: Buffer.from(one[1], "base64") }));
  const begun = Date.now();
  await page.setInputFiles("#files", given);
  await page.waitForFunction(() => !document.getElementById("results").hidden || document.getElementById("trust-fault").textContent, null, { timeout: 600_000 });
  const seconds = (Date.now() - begun) / 1000;
  const shown = await page.evaluate(async () => {
    for (const one of document.querySelectorAll("article details:last-of-type")) one.open = true;
    const wanted = document.querySelectorAll("article details").length ? document.querySelectorAll("article").length : 0;
    for (let tries = 0; wanted && !document.querySelector(".json") && tries < 2000; tries++) await new Promise((go) => setTimeout(go, 5));
    await new Promise((go) => setTimeout(go));
    const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.value ?? one.textContent);
    return { verdicts: texts(".json"), headlines: texts(".result"), names: texts("article h3"), status: document.getElementById("status").textContent, fault: document.getElementById("trust-fault").textContent };
  });
  if (shot) {
    await page.evaluate(() => {
      for (const one of document.querySelectorAll("article details:last-of-type")) one.open = false;
    });
    await page.screenshot({ path: shot, fullPage: true });
  }
  const others = requests.filter((one) => one !== address);
  process.stdout.write(`${JSON.stringify({ ...shown, verdicts: shown.verdicts.map((one) => JSON.parse(one)), requests: others, faults, seconds })}\n`);
  await page.click("#clear");
}
await browser.close();
