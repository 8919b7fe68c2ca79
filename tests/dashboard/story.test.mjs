// Tests that every tab shows the actions of a storefront's customer and jobs while they happen.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { after, before, test } from "node:test";
import { launch, newPage, noFaults, open } from "./support/browser.mjs";
import { cache, start, startDashboard, startShop, until } from "./support/programs.mjs";

let browser, dashboard, payments, shop, page;
before(async () => {
  browser = await launch();
  dashboard = await startDashboard({ name: "story-dashboard" });
  execFileSync(`${cache}/node/node_modules/.bin/esbuild`, ["programs/page.js", "--bundle", "--minify", "--log-level=warning", `--outfile=${cache}/page-sdk.js`]);
  const sends = (name, project) => ({ SENTRY_DASHBOARD: "0", SENTRY_DSN: dashboard.dsn(project), SENTRY_RELEASE: `${name}@1.4.0`, SENTRY_ENVIRONMENT: "development" });
  payments = await start("story-payments", process.env.STOREFRONT, ["--payments"], { env: sends("payments", 2), ready: /at http:\/\/([\d.]+:\d+)\// });
  shop = await startShop({ name: "story-shop", env: { ...sends("shop", 1), PAYMENT_SERVICE: payments.match[1], BROWSER_SDK: `${cache}/page-sdk.js`, BROWSER_SDK_DSN: dashboard.dsn(3) } });
  page = await newPage(browser);
  await page.goto(dashboard.url);
  await page.getByRole("link", { name: "Traces" }).waitFor();
});
after(async () => {
  await browser?.close();
  await shop?.stop();
  await payments?.stop();
  await dashboard?.stop();
});

/** Orders a lamp with this card, in another window. */
async function order(card) {
  const customer = await newPage(browser, { allowed: /favicon|402/ });
  const loaded = customer.waitForRequest((request) => request.url().includes("/api/3/envelope") && /"type":"pageload"|"op":"pageload"/.test(request.postData() ?? ""));
  await customer.goto(shop.url);
  await customer.locator(".card").first().click();
  await customer.locator("[name=card_number]").fill(card);
  await customer.getByRole("button", { name: /Buy/ }).click();
  await customer.waitForFunction(() => /declined|Thank|order/i.test(document.body.innerText) && !document.querySelector("[name=card_number]"));
  await (await loaded).response();
  await customer.context().close();
}

/** Takes the README's picture: the trace of a declined card. */
async function picture(page) {
  const { width, height } = page.viewportSize();
  await page.setViewportSize({ width: 1360, height: 690 });
  const error = page.getByRole("treegrid").locator("[aria-selected=true]");
  const key = new URLSearchParams(page.url().split("?")[1]).get("span");
  // The view zooms to the order, which is a small part of the page's lifetime.
  await page.getByRole("treegrid").getByRole("row").filter({ hasText: "http.client" }).first().click();
  await page.keyboard.press("f");
  await until(() => /zoom=/.test(page.url()), "the zoom");
  await page.getByRole("treegrid").evaluate((list) => { list.scrollTop = Math.max(0, [...list.querySelectorAll('[role="row"]')].find((row) => row.innerText.includes("http.client")).getAttribute("aria-rowindex") - 2) * 26; });
  await page.getByRole("treegrid").locator(`[id$="${key}"]`).click();
  await error.waitFor();
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement.blur());
  await page.locator(".loading").waitFor({ state: "detached" });
  await page.screenshot({ path: process.env.DASHBOARD_PICTURE });
  assert.ok(statSync(process.env.DASHBOARD_PICTURE).size <= 250 * 1024);
  await page.setViewportSize({ width, height });
}

test("an order appears without a reload, and opens as a waterfall", async () => {
  await open(page, dashboard, "traces");
  await order("4242 4242 4242 4242");
  const row = page.getByRole("row").filter({ hasText: "/lamps/{sku}" }).first();
  await row.waitFor();
  await row.getByRole("link").click();
  const tree = page.getByRole("treegrid", { name: "Spans" });
  for (const name of ["GET /lamps/{sku}", "POST /orders", "orders::place", "Payments::charge", "payment_service::authorize", "pageload", "SELECT * FROM lamp"]) await tree.getByText(name).first().waitFor();
  noFaults(page);
});

test("a declined card is an error in its trace, and an issue with its chain of causes", async () => {
  await order("4000 0000 0000 0002");
  await open(page, dashboard, "issues");
  const row = page.getByRole("row").filter({ hasText: /declined|not paid/i }).first();
  await row.waitFor();
  await row.getByRole("link").first().click();
  await page.getByText("caused by").first().waitFor();
  await page.getByRole("link", { name: "Open the trace" }).click();
  const selected = page.getByRole("treegrid").locator("[aria-selected=true]");
  await selected.waitFor();
  assert.match(await selected.innerText(), /Error/);
  await page.getByRole("complementary", { name: "Error" }).waitFor();
  // The browser's page, the shop and the payments form one trace.
  const facts = page.locator(".titles .services");
  await until(async () => (await facts.innerText()).match(/page|shop|payments/g)?.length === 3, "all three programs in the trace");
  if (process.env.DASHBOARD_PICTURE) await picture(page);
  await page.goBack();
  await page.getByText("caused by").first().waitFor();
  noFaults(page);
});

test("a panic is an issue of its own", async () => {
  const customer = await newPage(browser, { allowed: /./ });
  await customer.goto(`${shop.url}deals/6`);
  await customer.context().close();
  await open(page, dashboard, "issues");
  await page.getByRole("row").filter({ hasText: /index out of bounds/ }).first().waitFor();
  noFaults(page);
});

test("a whole visit of a second program fills the tabs for jobs, functions, logs and health", async () => {
  const visit = await start("story-visit", process.env.STOREFRONT, [], { env: { SENTRY_DSN: dashboard.dsn(2), SENTRY_RELEASE: "lamps@1.4.0", SENTRY_ENVIRONMENT: "development" } });
  assert.equal(await visit.ended(), "0", visit.output());

  await open(page, dashboard, "jobs");
  const job = page.getByRole("listitem").filter({ hasText: "restock-shelves" }).first();
  await job.getByText(/every 10 minutes/i).first().waitFor();
  await job.getByRole("timer").waitFor();
  await job.getByRole("button", { name: /: failed/ }).first().click();
  await job.getByRole("link", { name: "Trace" }).waitFor();
  assert.match(page.url(), /run=/);

  await open(page, dashboard, "functions");
  await page.getByRole("row").filter({ hasText: "POST /orders" }).first().waitFor();
  await page.getByRole("tab", { name: "Functions" }).click();
  await page.getByRole("row").filter({ hasText: "orders::place" }).first().waitFor();
  await page.getByRole("tab", { name: "Jobs" }).click();
  await page.getByRole("row").filter({ hasText: "restock" }).first().waitFor();
  await page.goBack();
  assert.equal(await page.getByRole("tab", { name: "Functions" }).getAttribute("aria-selected"), "true");
  await page.getByRole("row").filter({ hasText: "orders::place" }).first().getByRole("link").first().click();
  await page.getByRole("grid", { name: /Traces/ }).getByText("GET /lamps/{sku}").first().waitFor();
  assert.match(page.url(), /#\/traces\?q=span/);

  await open(page, dashboard, "health");
  await page.getByText("monitor", { exact: true }).waitFor();
  await open(page, dashboard, "metrics");
  await page.getByRole("listitem").filter({ hasText: "orders.cents" }).first().waitFor();
  await open(page, dashboard, "logs");
  const log = page.getByRole("grid", { name: /Logs/ }).getByRole("row").nth(1);
  await log.click();
  await page.getByRole("complementary", { name: "Log" }).getByRole("link", { name: "Open its trace" }).click();
  await page.getByRole("treegrid").waitFor();
  await open(page, dashboard, "hints");
  await page.getByRole("listitem").filter({ hasText: "Swallowed error" }).getByRole("link", { name: "Open the trace" }).first().waitFor();
  noFaults(page);
});

test("the trace is copied as text", async () => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, dashboard, "traces");
  await page.getByRole("row").filter({ hasText: "GET /lamps/{sku}" }).first().getByRole("link").first().click();
  await page.getByRole("button", { name: "Copy as text" }).click();
  const text = await until(() => page.evaluate(() => navigator.clipboard.readText()), "the text");
  assert.match(text, /orders::place/);
  noFaults(page);
});

test("two traces of one name are compared", async () => {
  await order("4242 4242 4242 4242");
  await open(page, dashboard, "traces?q=" + encodeURIComponent('span:"POST /orders"'));
  await page.getByRole("row").filter({ hasText: "GET /lamps/{sku}" }).first().getByRole("link").first().click();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("dialog").getByRole("link").first().click();
  await page.getByRole("region", { name: "Differences" }).getByText("orders::place").first().waitFor();
  assert.match(page.url(), /#\/compare\?a=[0-9a-f]{32}&b=[0-9a-f]{32}/);
  noFaults(page);
});

test("the sessions of the shop are counted when it closes", async () => {
  await open(page, dashboard, "sessions");
  await shop.stop();
  await page.getByRole("listitem").filter({ hasText: "shop@1.4.0" }).getByText("crash free").waitFor();
  noFaults(page);
});

test("the dashboard in the program shows a click in its shop", async (t) => {
  const own = await startShop({ name: "own-shop", env: {} });
  try {
    const found = await until(() => /(http:\/\/127\.0\.0\.1:\d+\/\?token=[^\s]+)/.exec(own.output()), "the URL of the page");
    const window = await newPage(browser);
    await window.goto(found[1]);
    await window.getByText("No trace yet").or(window.getByRole("grid")).first().waitFor();
    const customer = await newPage(browser, { allowed: /favicon/ });
    const clicked = Date.now();
    await customer.goto(own.url);
    await window.getByRole("row").filter({ hasText: "GET /" }).first().waitFor();
    t.diagnostic(`the click was on the page after ${Date.now() - clicked} ms`);
    noFaults(window);
  } finally { await own.stop(); }
});
