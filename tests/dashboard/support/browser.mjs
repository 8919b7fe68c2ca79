// A browser that records everything that a page must not do.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/**
 * Opens a page in a context of its own. `page.faults` are errors of scripts, violations of the page's policy and requests
 * to other hosts, except for lines that match `allowed`.
 */
export async function newPage(browser, { width = 1440, height = 900, scheme = "light", allowed = null, ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, ...more });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.faults = [];
  const fault = (text) => { if (!allowed?.test(text)) page.faults.push(text); };
  page.on("console", (message) => { if (message.type() === "error") fault(`console: ${message.text()}`); });
  page.on("pageerror", (error) => fault(`script: ${error.stack ?? error}`));
  page.on("dialog", (dialog) => { fault(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("http://127.0.0.1:") && !url.startsWith("data:")) fault(`request: ${url}`);
  });
  return page;
}
export const noFaults = (page) => assert.deepEqual(page.faults, []);

/** Opens a view by its address, in a new document. */
export async function open(page, dashboard, route) {
  await page.goto("about:blank");
  await page.goto(`${dashboard.origin}/#/${route}`);
  await page.locator("#main > *").last().waitFor();
}
