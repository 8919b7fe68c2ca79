// Tests that one dashboard shows the official SDKs for browsers, Node and Python, and this project's, at once.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, newPage, noFaults, open } from "./support/browser.mjs";
import { cache, start, startDashboard } from "./support/programs.mjs";

let browser, dashboard, site, page;
before(async () => {
  browser = await launch();
  dashboard = await startDashboard({ name: "sdks" });
  execFileSync(`${cache}/node/node_modules/.bin/esbuild`, ["programs/browser.js", "--bundle", "--minify", "--log-level=warning", `--outfile=${cache}/browser-sdk.js`]);
  site = createServer((request, answer) => {
    if (request.url === "/sdk.js") answer.writeHead(200, { "content-type": "text/javascript" }).end(readFileSync(`${cache}/browser-sdk.js`));
    else answer.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><title>a page</title><script src="/sdk.js" data-dsn="${dashboard.dsn(3)}"></script>`);
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  page = await newPage(browser);
  await page.goto(dashboard.url);
});
after(async () => {
  site?.close();
  await browser?.close();
  await dashboard?.stop();
});

test("all are shown while they send", async () => {
  const visitor = await newPage(browser, { allowed: /./ });
  const programs = await Promise.all([
    start("sdk-node", process.execPath, ["programs/node.mjs"], { env: { SENTRY_DSN: dashboard.dsn(1) } }),
    start("sdk-python", process.env.PYTHON, ["programs/python.py"], { env: { SENTRY_DSN: dashboard.dsn(2) } }),
    start("sdk-rust", process.env.STOREFRONT, [], { env: { SENTRY_DSN: dashboard.dsn(4), SENTRY_RELEASE: "lamps@1" } }),
    visitor.goto(`http://127.0.0.1:${site.address().port}/`),
  ]);
  const list = page.getByRole("grid", { name: /Traces/ });
  for (const name of ["GET /from-node", "GET /from-python", "GET /lamps/{sku}", "/"]) await list.getByText(name, { exact: true }).first().waitFor();
  for (const program of programs.slice(0, 3)) assert.equal(await program.ended(), "0", program.output());

  await open(page, dashboard, "issues");
  for (const type of ["RangeError", "ZeroDivisionError", "TypeError"]) await page.getByRole("grid").getByText(type, { exact: true }).first().waitFor();
  noFaults(page);
});

test("an error of Python has its source lines and variables, one of Node its cause", async () => {
  await open(page, dashboard, "issues");
  await page.getByRole("link", { name: "ZeroDivisionError" }).click();
  await page.getByText("return whole / parts").first().waitFor();
  await page.getByText("parts", { exact: true }).first().waitFor();
  await page.getByRole("link", { name: "Open the trace" }).click();
  await page.getByRole("treegrid").getByText("SELECT * FROM invoices").waitFor();
  await open(page, dashboard, "issues");
  await page.getByRole("link", { name: "RangeError" }).click();
  await page.getByText("caused by").first().waitFor();
  await page.getByText("the cart was opened").first().waitFor();
  noFaults(page);
});

test("a monitor of Node is a job, and every program is listed with its SDK", async () => {
  await open(page, dashboard, "jobs");
  await page.getByRole("listitem").filter({ hasText: "node-cleanup" }).getByText(/04:05|4:05/).first().waitFor();
  await open(page, dashboard, "health");
  const programs = page.getByRole("region", { name: "Programs" });
  for (const sdk of [/sentry\.javascript\.browser/, /sentry\.javascript\.node/, /sentry\.python/]) await programs.getByText(sdk).first().waitFor();
  noFaults(page);
});
