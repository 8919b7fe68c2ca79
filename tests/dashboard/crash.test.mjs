// Tests the page of a crash and other texts of an event: nothing is repeated, replaced by ligatures, or cut off.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, newPage, noFaults, open } from "./support/browser.mjs";
import { envelope, hex, now } from "./support/envelopes.mjs";
import { startDashboard, until } from "./support/programs.mjs";

let browser, dashboard;
before(async () => { browser = await launch(); dashboard = await startDashboard({ name: "crash-dashboard" }); });
after(async () => { await browser?.close(); await dashboard?.stop(); });

/** Opens the dashboard in a browser that may read it. */
async function enter(options) {
  const page = await newPage(browser, options);
  await page.goto(dashboard.url);
  await page.getByRole("link", { name: "Traces" }).waitFor();
  return page;
}

const frame = (fn, lineno, in_app = true) => ({ function: fn, module: "shop", filename: "src/main.rs", abs_path: "/home/ada/shop/src/main.rs", lineno, in_app, context_line: `    ${fn}();` });

/** Sends a crash with these frames, the innermost first; returns its issue. */
async function crash(value, frames) {
  const event_id = hex(16);
  await dashboard.send(envelope({ event_id }, ["event", { event_id, platform: "native", level: "fatal", timestamp: now(), release: "shop@1.4.0",
    exception: { values: [{ type: "SIGSEGV", value, thread_id: 7, mechanism: { type: "signalhandler", handled: false, data: { relevant_address: "0x0" } }, stacktrace: { frames: [...frames].reverse() } }] },
    threads: { values: [{ id: 7, name: "main", crashed: true }] } }]));
  return until(async () => (await dashboard.get("issues")).issues.find((issue) => issue.value === value || issue.title?.includes(value)), "the issue");
}

test("a function that calls itself is one frame until all are asked for", async () => {
  const issue = await crash("Stack overflow", [...Array(120).fill(frame("overflow", 8)), frame("run", 4, false), frame("main", 20), frame("main", 20)]);
  const page = await enter();
  await open(page, dashboard, `issues/${encodeURIComponent(issue.id)}`);
  const rows = page.locator(".frames > .frame");
  await rows.first().waitFor();
  assert.equal(await rows.count(), 2);
  assert.match(await rows.first().innerText(), /overflow\s*× 120/);
  assert.doesNotMatch(await rows.nth(1).innerText(), /×/, "a pair is a function and its closure");
  await page.getByRole("button", { name: "All frames" }).click();
  assert.equal(await rows.count(), 123);
  await page.getByRole("button", { name: "All frames" }).click();
  assert.equal(await rows.count(), 2);
  noFaults(page);
});

test("recorded text is drawn as it was recorded", async () => {
  const issue = await crash("Segmentation fault", [frame("load", 3)]);
  const page = await enter();
  await open(page, dashboard, `issues/${encodeURIComponent(issue.id)}`);
  const address = page.locator("bdi").filter({ hasText: "at the address 0x0" }).first();
  await address.waitFor();
  // Otherwise, the font draws the `x` of `0x0` as a multiplication sign.
  assert.equal(await address.evaluate((it) => getComputedStyle(it).fontVariantLigatures), "none");
  noFaults(page);
});

test("the status of a trace is not cut, or ends with an ellipsis and has a title", async () => {
  for (const status of ["internal_error", "failed_precondition"]) {
    const trace_id = hex(16), t = now();
    await dashboard.send(envelope({ event_id: hex(16) }, ["transaction", { type: "transaction", event_id: hex(16), transaction: `restock ${status}`, release: "shop@1.4.0", start_timestamp: t - 1, timestamp: t, contexts: { trace: { trace_id, span_id: hex(8), op: "function", status } }, spans: [] }]));
  }
  const page = await enter({ width: 1400 });
  await open(page, dashboard, "traces");
  for (const [status, fits] of [["internal_error", true], ["failed_precondition", null]]) {
    const badge = page.locator(".status").filter({ hasText: status }).first();
    await badge.waitFor();
    const [own, cell, title] = await badge.evaluate((it) => [it.scrollWidth <= it.clientWidth, it.parentElement.scrollWidth <= it.parentElement.clientWidth, it.title]);
    assert.ok(cell, `${status} is cut by its cell`);
    if (fits) assert.ok(own, status);
    assert.equal(title, status);
  }
  noFaults(page);
});

test("an interval is said once, a crontab in words and as it was written", async () => {
  const check = (monitor_slug, schedule) => envelope({ event_id: hex(16), sent_at: new Date().toISOString() }, ["check_in", { check_in_id: hex(16), monitor_slug, status: "ok", duration: 1, monitor_config: { schedule } }]);
  await dashboard.send(check("restock", { type: "interval", value: 10, unit: "minute" }));
  await dashboard.send(check("report", { type: "crontab", value: "30 2 * * 1-5" }));
  const page = await enter();
  await open(page, dashboard, "jobs");
  const job = (name) => page.locator(".job").filter({ hasText: name }).locator(".schedule");
  await job("restock").waitFor();
  assert.match(await job("restock").innerText(), /Every 10 minutes/);
  assert.doesNotMatch(await job("restock").innerText(), /10 minute\b/);
  assert.match(await job("report").innerText(), /30 2 \* \* 1-5/);
  noFaults(page);
});
