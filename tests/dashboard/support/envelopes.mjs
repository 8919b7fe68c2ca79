// Envelopes that no program of these tests sends.
import { randomBytes } from "node:crypto";

export const hex = (bytes) => randomBytes(bytes).toString("hex");
export const now = () => Date.now() / 1000;

export function envelope(header, ...items) {
  const lines = [JSON.stringify(header)];
  for (const [type, payload, extra] of items) {
    const body = typeof payload === "string" ? payload : JSON.stringify(payload);
    lines.push(JSON.stringify({ type, length: Buffer.byteLength(body), ...extra }), body);
  }
  return lines.join("\n") + "\n";
}

/** Returns a transaction with `count` spans, in a tree that is both wide and deep. */
export function bigTransaction(count, name = "GET /report") {
  const trace_id = hex(16), root = hex(8), start = now() - 6;
  const ops = ["db.query", "http.client", "function", "cache.get", "template.render"];
  const ids = [root];
  const spans = [];
  for (let i = 1; i < count; i++) {
    const parent = i % 40 === 0 ? root : ids[Math.max(0, ids.length - 1 - (i * 7) % 6)];
    const id = hex(8), at = start + (i / count) * 5;
    spans.push({ trace_id, span_id: id, parent_span_id: parent, op: ops[i % ops.length], description: `step ${i}`, start_timestamp: at, timestamp: at + 0.0002 + ((i * 37) % 400) / 4000, status: i % 500 === 0 ? "internal_error" : "ok", data: { step: i } });
    ids.push(id);
  }
  return {
    trace_id, root,
    body: envelope({ event_id: hex(16), sent_at: new Date().toISOString() }, ["transaction", {
      type: "transaction", event_id: hex(16), platform: "rust", transaction: name, start_timestamp: start, timestamp: start + 5.2, release: "report@1", environment: "test",
      contexts: { trace: { trace_id, span_id: root, op: "http.server", status: "ok" } }, tags: { "service.name": "report" }, spans,
    }]),
  };
}

export const HOSTILE = [
  `<img src=x onerror="document.title='owned'">`, `"><script>document.title='owned'</script>`, `</style></script><b>bold</b>`,
  "\u202Eexe.gnp \u2066mirror\u2069", "bell\u0007 nul\u0000 escape\u001b[31m del\u007f", "javascript:document.title='owned'",
  "{{constructor.constructor('alert(1)')()}}", "${alert(1)}", "%00%0d%0a", "long ".repeat(20_000), "שלום مرحبا 🧑‍🔬 é", "__proto__", "constructor",
];

/** Returns envelopes that contain `text` in each field that the page can show. */
export function hostileEnvelopes(text) {
  const trace_id = hex(16), root = hex(8), child = hex(8), event_id = hex(16), t = now();
  const tags = { "service.name": `svc ${text}`.slice(0, 180), [text.slice(0, 30)]: text, evil: text };
  const base = { platform: text, release: `${text}@1`, environment: text, server_name: text, user: { id: text, email: text, username: text }, request: { method: text, url: text, headers: { [text.slice(0, 40)]: text }, data: { a: text, b: [text, { c: text }] }, query_string: text, cookies: text } };
  const trace = { trace_id, span_id: root, op: text, status: text, data: { [text.slice(0, 60)]: text, list: [text], object: { constructor: null, type: "b", props: { dangerouslySetInnerHTML: { __html: text } } } } };
  const frame = (i) => ({ function: text, module: text, filename: text, abs_path: i ? text : `/home/${text}`, lineno: 3, colno: 1, in_app: i % 2 === 0, pre_context: [text, text], context_line: text, post_context: [text], vars: { [text.slice(0, 30)]: text, n: { [text.slice(0, 10)]: [text] } } });
  const attribute = { [text.slice(0, 30)]: { type: "string", value: text }, evil: { type: "string", value: text } };
  const header = { event_id, sent_at: new Date().toISOString(), sdk: { name: text, version: text }, trace: { trace_id, public_key: "dev", release: text, environment: text, transaction: text } };
  return [
    envelope(header, ["transaction", { ...base, type: "transaction", event_id: hex(16), transaction: text, start_timestamp: t - 1, timestamp: t, contexts: { trace, [text.slice(0, 20)]: { type: text, name: text } }, tags, extra: { [text]: text }, sdk: { name: text, version: text },
      spans: [{ trace_id, span_id: child, parent_span_id: root, op: text, description: text, origin: text, status: text, start_timestamp: t - 0.8, timestamp: t - 0.2, data: { [text]: text, "code.filepath": text, "code.lineno": 3, "code.function": text } }] }]),
    envelope(header, ["event", { ...base, event_id, timestamp: t - 0.5, level: "error", logger: text, transaction: text, message: { formatted: text }, exception: { values: [{ type: text, value: text, module: text, mechanism: { type: text, handled: false, data: { a: text } }, stacktrace: { frames: [frame(0), frame(1), frame(2)] } }, { type: text, value: text, stacktrace: { frames: [frame(0)] } }] },
      breadcrumbs: { values: [{ timestamp: t - 0.7, type: text, category: text, level: text, message: text, data: { [text.slice(0, 30)]: text } }] }, contexts: { trace, os: { name: text, version: text } }, tags, extra: { [text.slice(0, 30)]: text }, fingerprint: [text], sdk: { name: text, version: text } }],
    ["attachment", text, { filename: text, content_type: text, attachment_type: text }]),
    envelope(header, ["log", { items: [{ timestamp: t - 0.4, trace_id, span_id: root, level: "error", body: text, severity_number: 17, attributes: { "service.name": { type: "string", value: `svc ${text}`.slice(0, 180) }, ...attribute } }] }, { item_count: 1, content_type: "application/vnd.sentry.items.log+json" }]),
    envelope(header, ["trace_metric", { items: [{ timestamp: t, trace_id, span_id: root, name: text.slice(0, 200), type: "distribution", unit: text.slice(0, 60), value: 3.5, attributes: attribute }] }, { item_count: 1, content_type: "application/vnd.sentry.items.trace-metric+json" }]),
    envelope(header, ["check_in", { check_in_id: hex(16), monitor_slug: text.slice(0, 120), status: "error", duration: 1.5, release: text, environment: text, monitor_config: { schedule: { type: "crontab", value: text }, timezone: text, checkin_margin: 1, max_runtime: 1 }, contexts: { trace } }]),
    envelope(header, ["session", { sid: "4b4a1e1e-3c0e-4c5d-9f0e-0a0a0a0a0a0a", did: text, init: true, started: new Date((t - 5) * 1000).toISOString(), timestamp: new Date(t * 1000).toISOString(), status: "crashed", errors: 1, attrs: { release: `${text}@1`.slice(0, 200), environment: text.slice(0, 60) } }]),
    envelope(header, ["client_report", { timestamp: t, discarded_events: [{ reason: text, category: text, quantity: 3 }] }]),
  ];
}
