// Tests the filter box, its suggestions, and the rows that are hidden as noise.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bigTransaction } from "./support/envelopes.mjs";
import { launch, newPage, noFaults, open } from "./support/browser.mjs";
import { startDashboard, until } from "./support/programs.mjs";

let browser, dashboard, page;
before(async () => {
  browser = await launch();
  dashboard = await startDashboard({ name: "search-dashboard" });
  for (const name of ["GET /healthz", "GET /static/shop.css", "GET /orders", "GET /orders", "POST /internal/sync"]) await dashboard.send(bigTransaction(3, name).body);
  page = await newPage(browser);
  await page.goto(dashboard.url);
});
after(async () => {
  await browser?.close();
  await dashboard?.stop();
});
const names = () => page.getByRole("grid", { name: /Traces/ }).locator("a.name").allInnerTexts();
const shown = (...wanted) => until(async () => JSON.stringify((await names()).sort()) === JSON.stringify(wanted.sort()), `the traces ${wanted}`, 20);
const all = ["GET /healthz", "GET /static/shop.css", "GET /orders", "GET /orders", "POST /internal/sync"];

test("the search language is completed, and filters", async () => {
  await open(page, dashboard, "traces");
  await shown(...all);
  await page.keyboard.press("/");
  const box = page.getByRole("combobox", { name: "Filter traces" });
  assert.ok(await box.evaluate((el) => el === document.activeElement));
  await page.keyboard.type("ser");
  await page.getByRole("option").filter({ hasText: "service:" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("option").filter({ hasText: "report" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await until(() => page.url().includes("service%3Areport"), "the filter in the address");
  await shown(...all);
  await box.fill("name:*orders");
  await shown("GET /orders", "GET /orders");
  await box.fill("nothing-has-this-name");
  await page.getByText("Nothing matches").waitFor();
  await page.getByRole("button", { name: "Remove the filter" }).last().click();
  await shown(...all);
  noFaults(page);
});

test("noise is hidden by a click, and stays hidden after a reload", async () => {
  await open(page, dashboard, "traces");
  await shown(...all);
  await page.getByRole("button", { name: "Hide noise" }).click();
  await shown("GET /orders", "GET /orders", "POST /internal/sync");
  await page.getByRole("button", { name: "Noise hidden: 2" }).waitFor();
  await page.getByRole("button", { name: "What counts as noise" }).click();
  await page.getByRole("textbox", { name: "Own pattern" }).fill("POST /internal/*");
  await page.keyboard.press("Enter");
  await shown("GET /orders", "GET /orders");
  await page.reload();
  await shown("GET /orders", "GET /orders");
  await page.getByRole("button", { name: /Noise hidden: 3/ }).click();
  await shown(...all);
  noFaults(page);
});

test("keys lead to every view, and back and forward work", async () => {
  await open(page, dashboard, "traces");
  for (const [key, view] of [["i", "issues"], ["j", "jobs"], ["f", "functions"], ["h", "hints"], ["l", "logs"], ["m", "metrics"], ["s", "sessions"], ["e", "health"], ["t", "traces"]]) {
    await page.locator("body").click({ position: { x: 100, y: 700 } });
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await until(() => page.url().endsWith(`#/${view}`), view);
  }
  await page.goBack();
  assert.match(page.url(), /#\/health$/);
  await page.goForward();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Help" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Help" }).waitFor({ state: "detached" });
  noFaults(page);
});
