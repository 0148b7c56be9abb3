// Opens verify.html from its file: address in Chromium with the network off, gives it files, writes what it shows.
//
//     node run_page.mjs CHROMIUM PAGE
//
// Reads a line for each run: {files: [[name, base64] or a path, ...], locale, then, drops, at, headers, shot}; writes
// {verdicts, headlines, status, requests, faults, seconds}. `then`: files that are given once the first are judged;
// `drops`: lists of [name, base64] that are dropped at once, none waiting for the other; `at`: Unix seconds that the page's
// clock shows; `headers`: [name, base64, first height] of a file of Bitcoin headers, given before; `shot`: where a picture
// of the page is put.

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

async function give(files) {
  const given = files.map((one) => (typeof one === "string" ? one : { name: one[0], mimeType: "application/octet-stream", buffer: Buffer.from(one[1], "base64") }));
  await page.evaluate(() => {
    document.getElementById("results").hidden = true;
  });
  await page.setInputFiles("#files", given);
  await page.waitForFunction(() => !document.getElementById("results").hidden || document.getElementById("trust-fault").textContent, null, { timeout: 600_000 });
}

async function useHeaders(name, data, first) {
  await page.evaluate((height) => {
    document.getElementById("header-first").value = height;
  }, first);
  await page.setInputFiles("#header-file", { name, mimeType: "application/octet-stream", buffer: Buffer.from(data, "base64") });
  await page.waitForFunction(() => document.getElementById("header-progress").hidden);
}

async function dropAll(lists) {
  await page.evaluate((all) => {
    for (const list of all) {
      const dataTransfer = new DataTransfer();
      for (const [name, data] of list) dataTransfer.items.add(new File([Uint8Array.from(atob(data), (one) => one.charCodeAt(0))], name));
      document.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
    }
  }, lists);
  await page.waitForTimeout(3000);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { files, locale, then, drops, at, headers, shot } = JSON.parse(line);
  if (at !== undefined) await page.clock.setFixedTime(at * 1000);
  await page.click(`[data-locale="${locale ?? "en"}"]`);
  if (headers) await useHeaders(...headers);
  const begun = Date.now();
  if (drops) await dropAll(drops);
  else await give(files);
  if (then) await give(then);
  const seconds = (Date.now() - begun) / 1000;
  const shown = await page.evaluate(async () => {
    for (const one of document.querySelectorAll("article details:last-of-type")) one.open = true;
    const wanted = document.querySelectorAll("article details").length ? document.querySelectorAll("article").length : 0;
    for (let tries = 0; wanted && !document.querySelector(".json") && tries < 2000; tries++) await new Promise((go) => setTimeout(go, 5));
    await new Promise((go) => setTimeout(go));
    const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.value ?? one.textContent);
    return { verdicts: texts(".json"), headlines: texts(".result"), names: texts("article h3"), texts: texts("article"), status: document.getElementById("status").textContent, fault: document.getElementById("trust-fault").textContent };
  });
  if (shot) {
    await page.evaluate(() => {
      for (const one of document.querySelectorAll("article details:last-of-type")) one.open = false;
    });
    await page.screenshot({ path: shot, fullPage: true });
  }
  const others = requests.filter((one) => one !== address);
  process.stdout.write(`${JSON.stringify({ ...shown, verdicts: shown.verdicts.map((one) => JSON.parse(one)), requests: others, faults, seconds })}\n`);
  await page.evaluate(() => document.getElementById("clear").click());
}
await browser.close();
