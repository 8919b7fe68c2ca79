// Tests that names, texts, attributes and source lines are always shown as text.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HOSTILE, hostileEnvelopes } from "./support/envelopes.mjs";
import { launch, newPage, noFaults, open } from "./support/browser.mjs";
import { startDashboard } from "./support/programs.mjs";

let browser, dashboard, page;
before(async () => {
  browser = await launch();
  dashboard = await startDashboard({ name: "hostile-dashboard" });
  for (const text of HOSTILE) for (const envelope of hostileEnvelopes(text)) await dashboard.send(envelope);
  page = await newPage(browser);
  await page.goto(dashboard.url);
});
after(async () => {
  await browser?.close();
  await dashboard?.stop();
});

/** Asserts that recorded data has created no element, link or script in the page. */
async function clean(where) {
  await page.locator(".loading").waitFor({ state: "detached" });
  const found = await page.evaluate(() => ({
    made: [...document.querySelectorAll("img, iframe, object, embed, #app b > script, #app script, #app style, #app [onerror], #app [onmouseover]")].map((el) => el.outerHTML.slice(0, 200)),
    links: [...document.querySelectorAll("#app a[href]")].map((a) => a.getAttribute("href")).filter((href) => !/^(#\/|#main$|\/api$|vscode:\/\/file\/)/.test(href)).map((href) => href.slice(0, 200)),
    title: document.title, wide: document.documentElement.scrollWidth > innerWidth, failed: document.body.innerText.includes("This view has failed"),
    // Control characters and those that change the direction of text must not reach the document.
    turning: [...document.body.innerText].some((c) => /[\u0000-\u0008\u000e-\u001f\u202a-\u202e\u2066-\u2069]/.test(c)),
  }));
  assert.deepEqual({ ...found, title: /Sentry dashboard$/.test(found.title) }, { made: [], links: [], title: true, wide: false, failed: false, turning: false }, where);
  noFaults(page);
}

for (const view of ["traces", "issues", "jobs", "functions?tab=all", "hints", "logs", "metrics", "sessions", "health", "runs"]) {
  test(`${view} at both widths`, async () => {
    await open(page, dashboard, view);
    await clean(view);
    await page.setViewportSize({ width: 400, height: 860 });
    await clean(`${view}, narrow`);
    await page.setViewportSize({ width: 1440, height: 900 });
  });
}

test("every trace with its spans, errors and logs", async () => {
  const { traces } = await dashboard.get("traces?limit=100");
  assert.ok(traces.length >= HOSTILE.length, `${traces.length} traces`);
  for (const { trace_id } of traces) {
    const { spans, events } = await dashboard.get(`traces/${trace_id}`);
    for (const key of [...spans.map((span) => span.span_id), ...events.map((event) => `e${event.event_id}`)]) {
      await open(page, dashboard, `traces/${trace_id}?span=${key}`);
      await page.getByRole("complementary").first().waitFor();
      await clean(`trace ${trace_id}, ${key}`);
    }
  }
});

test("every issue with all that an event can hold", async () => {
  const { issues } = await dashboard.get("issues?limit=100");
  assert.ok(issues.length > 0);
  for (const { id } of issues) {
    await open(page, dashboard, `issues/${encodeURIComponent(id)}`);
    await page.getByText("Breadcrumbs").first().waitFor();
    for (const button of await page.getByRole("button", { name: /frames of libraries|frame of libraries/ }).all()) await button.click().catch(() => {});
    await clean(`issue ${id}`);
  }
});

test("addresses that nobody made", async () => {
  for (const route of ["traces/%00%ff?q=%22%3Cimg%20src=x%3E&service=%3Cb%3E&zoom=NaN-1e999", "traces/../../x", "issues/<img src=x onerror=alert(1)>", "constructor", "__proto__?x=1", "functions?tab=__proto__&sort=-constructor", "logs?level=constructor", "compare?a=x&b=y"]) {
    await page.goto("about:blank");
    page.faults.length = 0;
    await page.goto(`${dashboard.origin}/#/${route}`);
    await page.locator("#main > *").last().waitFor();
    await page.waitForLoadState("networkidle");
    page.faults = page.faults.filter((fault) => !/40[04]/.test(fault));
    await clean(route);
  }
});
