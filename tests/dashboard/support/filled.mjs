// A dashboard with data of every kind, as after a day of work.
import { envelope, bigTransaction, hex, now } from "./envelopes.mjs";
import { until } from "./programs.mjs";

const random = (() => { let s = 7; return () => { s = (s + 0x6d2b79f5) | 0; let t = Math.imul(s ^ (s >>> 15), 1 | s); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; }; })();
const common = (service) => ({ platform: "rust", release: `${service}@1.4.0`, environment: "development", tags: { "service.name": service }, sdk: { name: "sentry.rust", version: "1.4.0" } });
const QUERY = "SELECT sku, name, cents, in_stock FROM lamps WHERE sku = $1";

/** Returns the envelopes and ids of an order: a browser, a shop, payments. */
function order(at, { declined = false, slow = 1 } = {}) {
  const trace_id = hex(16), page = hex(8), fetch = hex(8), shop = hex(8), call = hex(8), pay = hex(8), place = hex(8);
  const t = (ms) => at + (ms * slow) / 1000;
  const span = (span_id, parent_span_id, op, description, from, to, more = {}) => ({ trace_id, span_id, parent_span_id, op, description, start_timestamp: t(from), timestamp: t(to), ...more });
  const code = (file, line, name) => ({ "code.file.path": `/home/ada/shop/src/${file}`, "code.line.number": line, "code.function.name": `storefront::${name}` });
  const status = declined ? "internal_error" : "ok";
  const transaction = (service, name, context, spans, from, to, more) => envelope({ event_id: hex(16), trace: { trace_id, public_key: "dev" } }, ["transaction", { ...common(service), type: "transaction", event_id: hex(16), transaction: name, start_timestamp: t(from), timestamp: t(to), contexts: { trace: { trace_id, ...context } }, spans, ...more }]);
  const log = (service, level, body, ms, span_id, attributes = {}) => ({ timestamp: t(ms), trace_id, span_id, level, body, severity_number: 9, attributes: Object.fromEntries(Object.entries({ "service.name": service, "sentry.release": `${service}@1.4.0`, ...attributes }).map(([k, v]) => [k, { type: typeof v === "number" ? "double" : "string", value: v }])) });
  const logs = [log("shop", "info", "order received", 26, place, { "order.items": 3 }), log("shop", "debug", "stock was reserved", 68, place), log("payments", declined ? "warn" : "info", declined ? "the bank declined the card" : "charge accepted", 112, pay, { "card.brand": "visa" })];
  const event_id = hex(16);
  const frame = (fn, file, line, context_line, vars) => ({ function: `storefront::${fn}`, module: "storefront", filename: `src/${file}`, abs_path: `/home/ada/shop/src/${file}`, lineno: line, in_app: true, context_line, pre_context: ["    pub async fn charge(&self, order: u32, card: &Card) -> Result<Receipt, PaymentError> {", "        let charge = Charge { order, cents: card.cents() };"], post_context: ["        match response.status() {", "            StatusCode::OK => Ok(response.json().await?),"], vars });
  const library = (fn) => ({ function: fn, module: "tokio", filename: "tokio/src/runtime/task.rs", lineno: 361, in_app: false });
  return {
    trace_id, event_id, query: "q",
    envelopes: [
      transaction("page", "/lamps/{sku}", { span_id: page, op: "pageload" }, [span(hex(8), page, "resource.script", "/browser-sdk.js", 4, 14), span(hex(8), page, "paint", "first-contentful-paint", 15, 15.2), span(fetch, page, "http.client", "POST /orders", 20, 148, { status, data: { "http.response.status_code": declined ? 402 : 200 } })], 0, 152, { platform: "javascript", sdk: { name: "sentry.javascript.browser", version: "11.12.0" } }),
      transaction("shop", "POST /orders", { span_id: shop, parent_span_id: fetch, op: "http.server", status, data: { "http.request.method": "POST", "http.route": "/orders", "http.response.status_code": declined ? 402 : 200, ...code("pages.rs", 54, "pages::place_order") } }, [
        span(place, shop, "function", "orders::place", 25, 140, { status, data: { ...code("orders.rs", 31, "orders::place"), "order.items": 3 } }),
        ...[0, 1, 2, 3, 4, 5].map((i) => span(hex(8), place, "db.query", QUERY, 27 + i * 6, 32 + i * 6, { data: { "db.system.name": "postgresql", "db.rows": 1, ...code("repository.rs", 44, "repository::lamp") } })),
        span(hex(8), place, "function", "repository::take", 64, 70, { data: code("repository.rs", 71, "repository::take") }),
        span(call, place, "http.client", "POST http://payments/charges", 74, 128, { status, data: { "http.request.method": "POST", "server.address": "payments", "http.response.status_code": declined ? 402 : 200, ...code("payments.rs", 38, "payments::charge") } }),
        span(hex(8), shop, "template.render", "receipt.html", 141, 144),
      ], 24, 146, { user: { id: "u-1842" } }),
      transaction("payments", "POST /charges", { span_id: pay, parent_span_id: call, op: "http.server", status, data: { "http.response.status_code": declined ? 402 : 200 } }, [
        span(hex(8), pay, "cache.get", "limits:visa", 80, 81.5), span(hex(8), pay, "function", "check_card", 82, 96), span(hex(8), pay, "http.client", "POST http://bank/authorise", 97, 120, { status }),
      ], 78, 124, { platform: "python", sdk: { name: "sentry.python", version: "2.75.0" } }),
      envelope({ event_id: hex(16) }, ["log", { items: logs }, { item_count: logs.length, content_type: "application/vnd.sentry.items.log+json" }]),
      ...(declined ? [envelope({ event_id }, ["event", { ...common("shop"), event_id, timestamp: t(130), level: "error", transaction: "POST /orders", server_name: "adas-laptop",
        exception: { values: [
          { type: "PaymentError", value: "the card was declined: insufficient funds", module: "storefront::payments", stacktrace: { frames: [library("tokio::runtime::task::poll"), frame("orders::place", "orders.rs", 31, "    let receipt = shop.payments.charge(order.id, &order.card).await?;"), frame("payments::Payments::charge", "payments.rs", 41, "        let response = self.client.post(&self.url).form(&charge).send().await?;", { order: "17", card: "[Filtered]" })] } },
          { type: "ShopError", value: "order 17 was not paid", module: "storefront::error", mechanism: { type: "server_action", handled: true } }] },
        breadcrumbs: { values: [{ timestamp: t(25), category: "http", message: "POST /orders", data: { "content-length": 94 } }, { timestamp: t(66), category: "log", level: "info", message: "stock was reserved" }, { timestamp: t(126), category: "http", type: "http", level: "warning", message: "POST http://payments/charges", data: { status_code: 402 } }] },
        request: { method: "POST", url: "http://127.0.0.1:8000/orders", headers: { "Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Mozilla/5.0" }, data: { sku: "lantern", quantity: "2", card_number: "[Filtered]" } },
        user: { id: "u-1842", email: "[Filtered]" }, tags: { "service.name": "shop", "http.route": "/orders", customer: "returning" }, extra: { basket: ["lantern", "lantern"] },
        contexts: { trace: { trace_id, span_id: place }, os: { name: "Linux", version: "6.1" }, runtime: { name: "rustc", version: "1.92.0" } } }], ["attachment", "{}", { filename: "basket.json", content_type: "application/json" }])] : []),
    ],
  };
}

/** Returns a trace of one span with a query. */
function simple(at, name, op, ms, service = "shop") {
  const trace_id = hex(16), root = hex(8);
  return envelope({ event_id: hex(16) }, ["transaction", { ...common(service), type: "transaction", event_id: hex(16), transaction: name, start_timestamp: at, timestamp: at + ms / 1000, contexts: { trace: { trace_id, span_id: root, op, status: "ok", data: op === "http.server" ? { "http.response.status_code": 200 } : {} } },
    spans: [{ trace_id, span_id: hex(8), parent_span_id: root, op: "db.query", description: "SELECT * FROM lamps", start_timestamp: at + ms / 5000, timestamp: at + ms / 1500 }] }]);
}

/** Sends data of all kinds; returns the routes of all views. */
export async function filled(dashboard) {
  const t = now();
  for (let i = 60; i > 0; i--) {
    const at = t - i * 20 - random() * 9;
    for (const body of order(at, { declined: i % 9 === 4, slow: 0.6 + random() }).envelopes) await dashboard.send(body);
    await dashboard.send(simple(at + 4, ["GET /", "GET /lamps/{sku}", "GET /healthz", "GET /static/shop.css"][i % 4], "http.server", 2 + random() * 14));
    const check = (slug, schedule, status, duration, margin = {}) => envelope({ event_id: hex(16), sent_at: new Date(at * 1000).toISOString() }, ["check_in", { check_in_id: hex(16), monitor_slug: slug, status, duration, environment: "development", release: "shop@1.4.0", monitor_config: { schedule, timezone: "UTC", checkin_margin: 2, max_runtime: 5, ...margin } }]);
    await dashboard.send(check("restock-shelves", { type: "interval", value: 1, unit: "minute" }, i % 7 === 3 ? "error" : "ok", 0.8 + random()));
    if (i % 4 === 0) await dashboard.send(check("nightly-report", { type: "crontab", value: "30 2 * * 1-5" }, "ok", 21 + random() * 9, { timezone: "Europe/Berlin" }));
    const metric = (name, type, value, unit) => ({ timestamp: at, trace_id: hex(16), name, type, value, ...(unit ? { unit } : {}), attributes: { "service.name": { type: "string", value: "shop" } } });
    const items = [metric("orders.placed", "counter", 1 + Math.floor(random() * 4)), metric("queue.depth", "gauge", 20 + Math.round(Math.sin(i / 5) * 12)), metric("payment.amount", "distribution", 20 + random() * 60, "euro"), metric("render.time", "distribution", 2 + random() * 8, "millisecond")];
    await dashboard.send(envelope({ event_id: hex(16) }, ["trace_metric", { items }, { item_count: items.length, content_type: "application/vnd.sentry.items.trace-metric+json" }]));
    await dashboard.send(envelope({ event_id: hex(16) }, ["session", { sid: `4b4a1e1e-3c0e-4c5d-9f0e-${hex(6)}`, init: true, started: new Date(at * 1000).toISOString(), timestamp: new Date(at * 1000).toISOString(), status: i === 30 ? "crashed" : "exited", errors: i % 9 === 4 ? 1 : 0, attrs: { release: "shop@1.4.0", environment: "development" } }]));
  }
  const panic = hex(16);
  await dashboard.send(envelope({ event_id: panic }, ["event", { ...common("shop"), event_id: panic, timestamp: t - 90, level: "fatal", exception: { values: [{ type: "panic", value: "index out of bounds: the len is 6 but the index is 6", mechanism: { type: "panic", handled: false }, stacktrace: { frames: [{ function: "storefront::pages::deal_of", filename: "src/pages.rs", abs_path: "/home/ada/shop/src/pages.rs", lineno: 96, in_app: true, context_line: "    DEALS[day]" }] } }] } }]));
  await dashboard.send(envelope({}, ["client_report", { timestamp: t, discarded_events: [{ reason: "sample_rate", category: "transaction", quantity: 12 }, { reason: "before_send", category: "error", quantity: 2 }] }]));
  const big = bigTransaction(5000);
  await dashboard.send(big.body);
  const last = order(t - 3, { declined: true });
  for (const body of last.envelopes) await dashboard.send(body);

  const trace = await until(async () => { const found = await dashboard.get(`traces/${last.trace_id}`).catch(() => null); return found?.events?.length ? found : null; }, "the last order");
  const others = (await dashboard.get("traces?limit=20&q=" + encodeURIComponent("service:payments"))).traces.filter((other) => other.trace_id !== last.trace_id && other.name === trace.trace.name);
  const { issues } = await dashboard.get("issues");
  const issue = issues.find((x) => /Payment|Shop/.test(x.type)) ?? issues[0];
  const query = trace.spans.find((span) => span.op === "db.query");
  return {
    traces: "traces", trace: `traces/${last.trace_id}`, span: `traces/${last.trace_id}?span=${query.span_id}`, error: `traces/${last.trace_id}?span=e${trace.events[0].event_id}`, big: `traces/${big.trace_id}`,
    compare: `compare?a=${others[0]?.trace_id}&b=${last.trace_id}`, issues: "issues", issue: `issues/${encodeURIComponent(issue.id)}`, jobs: "jobs", functions: "functions", queries: "functions?tab=queries", hints: "hints", logs: "logs", metrics: "metrics", sessions: "sessions", health: "health", runs: "runs",
  };
}
