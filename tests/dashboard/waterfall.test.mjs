// Tests a trace of 5 000 spans: only the visible rows are in the document, and every row can be reached.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bigTransaction } from "./support/envelopes.mjs";
import { launch, newPage, noFaults, open } from "./support/browser.mjs";
import { startDashboard, until } from "./support/programs.mjs";

const SPANS = 5000;
let browser, dashboard, page;
const big = bigTransaction(SPANS);
before(async () => {
  browser = await launch();
  dashboard = await startDashboard({ name: "waterfall-dashboard" });
  await dashboard.send(big.body);
  page = await newPage(browser);
  await page.goto(dashboard.url);
});
after(async () => {
  await browser?.close();
  await dashboard?.stop();
});
const tree = () => page.getByRole("treegrid", { name: "Spans" });
const rowsInDocument = () => page.evaluate(() => document.querySelectorAll('[role="treegrid"] [role="row"]').length);

test("scrolling through all spans keeps the document small", async (t) => {
  await open(page, dashboard, `traces/${big.trace_id}`);
  await tree().getByText("step 1", { exact: true }).waitFor();
  assert.equal(await tree().getAttribute("aria-rowcount"), String(SPANS));
  // Scrolls like a mouse wheel, and like a fast drag of the scroll bar: all 5 000 rows within 240 frames.
  const scroll = (step) => page.evaluate(async (step) => {
    const list = document.querySelector('[role="treegrid"]'), frames = [], end = list.scrollHeight - list.clientHeight;
    let most = 0, last = performance.now();
    list.scrollTop = 0;
    for (let i = 0; i <= 240; i++) {
      list.scrollTop = step ? i * step : end * i / 240;
      await new Promise(requestAnimationFrame);
      frames.push(performance.now() - last);
      last = performance.now();
      most = Math.max(most, document.querySelectorAll("*").length);
    }
    frames.sort((a, b) => a - b);
    return { most, median: frames[120].toFixed(1), slow: frames[228].toFixed(1), text: list.innerText };
  }, step);
  const wheel = await scroll(100), seen = await scroll(0);
  t.diagnostic(`a frame takes ${wheel.median} ms (median), ${wheel.slow} ms (95 %) by the wheel; ${seen.median} and ${seen.slow} ms by the bar`);
  t.diagnostic(`at most ${seen.most} elements in the document`);
  assert.ok(seen.most < 3000, `${seen.most} elements`);
  assert.ok(await rowsInDocument() < 100);
  assert.match(seen.text, /step 4\d\d\d/, "the end was reached");
  noFaults(page);
});

test("keys select, collapse, zoom and close, and the address keeps all of it", async () => {
  await open(page, dashboard, `traces/${big.trace_id}`);
  await tree().getByText("step 1", { exact: true }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.getByRole("complementary", { name: "Span" }).waitFor();
  assert.match(page.url(), /span=[0-9a-f]{16}/);
  await page.keyboard.press("k");
  await until(async () => new URL(page.url()).hash.includes(`span=${big.root}`), "the root to be selected");
  await page.keyboard.press("ArrowLeft");
  await until(async () => await tree().getAttribute("aria-rowcount") === "1", "the tree to collapse");
  await page.keyboard.press("ArrowRight");
  await until(async () => await tree().getAttribute("aria-rowcount") === String(SPANS), "the tree to expand");
  await page.keyboard.press("w");
  await page.keyboard.press("w");
  await until(() => /zoom=\d/.test(page.url()), "the zoom in the address");
  const zoom = new URLSearchParams(page.url().split("?")[1]).get("zoom");
  await page.reload();
  await tree().getByText("GET /report").first().waitFor();
  assert.equal(new URLSearchParams(page.url().split("?")[1]).get("zoom"), zoom);
  await page.getByRole("button", { name: "Whole trace" }).click();
  await until(() => !/zoom=/.test(page.url()), "the zoom to leave the address");
  await page.keyboard.press("Escape");
  await page.getByRole("complementary", { name: "Span" }).waitFor({ state: "detached" });
  noFaults(page);
});

test("dragging over the times zooms to them, and the wheel zooms around the pointer", async () => {
  await open(page, dashboard, `traces/${big.trace_id}`);
  await tree().getByText("step 1", { exact: true }).waitFor();
  const area = await page.locator(".lane-ruler").boundingBox();
  await page.mouse.move(area.x + area.width * 0.2, area.y + 200);
  await page.mouse.down();
  await page.mouse.move(area.x + area.width * 0.5, area.y + 220, { steps: 6 });
  await page.mouse.up();
  const zoomed = () => (new URLSearchParams(page.url().split("?")[1] ?? "").get("zoom") ?? "").split("-").map(Number);
  await until(() => zoomed().length === 2, "the zoom");
  const [from, to] = zoomed();
  assert.ok(from > 600 && from < 1600 && to > 2000 && to < 3400, `${from} – ${to} of 5200 ms`);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -200);
  await page.keyboard.up("Control");
  await until(() => { const [a, b] = zoomed(); return b - a < to - from; }, "a narrower zoom");
  noFaults(page);
});

test("a span is found by an attribute", async () => {
  await open(page, dashboard, `traces/${big.trace_id}`);
  const box = page.getByRole("searchbox", { name: "Find in this trace" });
  await box.fill("step:4321");
  await box.press("Enter");
  await tree().locator("[aria-selected=true]").getByText("step 4321").waitFor();
  noFaults(page);
});

test("live traces keep the selection and the place in the list", async () => {
  for (let i = 0; i < 60; i++) await dashboard.send(bigTransaction(2, `GET /old/${i}`).body);
  await open(page, dashboard, "traces?q=old");
  const list = page.getByRole("grid", { name: /Traces/ });
  await list.getByText("GET /old/", { exact: false }).first().waitFor();
  await until(async () => Number(await list.getAttribute("aria-rowcount")) >= 61, "all traces");
  await list.evaluate((el) => { el.scrollTop = 640; });
  await page.keyboard.press("j");
  const selected = await list.locator("[aria-selected=true]").innerText();
  const before = await list.locator("[aria-selected=true]").boundingBox();
  for (let i = 0; i < 5; i++) await dashboard.send(bigTransaction(2, `GET /old/new${i}`).body);
  await until(async () => Number(await list.getAttribute("aria-rowcount")) >= 66, "the new traces");
  assert.equal(await list.locator("[aria-selected=true]").innerText(), selected);
  assert.ok(Math.abs((await list.locator("[aria-selected=true]").boundingBox()).y - before.y) <= 1, "the row moved");
  await page.getByRole("button", { name: /Newest/ }).click();
  await list.getByText("GET /old/new4").waitFor();
  noFaults(page);
});
