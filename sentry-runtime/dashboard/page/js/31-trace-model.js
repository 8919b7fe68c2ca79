// A trace's spans, events and logs as the rows of a waterfall.

/** Prepares an answer of /api/traces/ID. Times become milliseconds since the trace's start. */
function prepareTrace(data) {
  const spans = (Array.isArray(data.spans) ? data.spans : []).filter((s) => s && s.span_id);
  const info = data.trace || {};
  let start = typeof info.start === 'number' ? info.start : Infinity;
  for (const s of spans) if (typeof s.start === 'number' && s.start < start) start = s.start;
  if (!isFinite(start)) start = 0;
  const nodes = [], byId = new Map(), roots = [];
  let end = 0.001;
  for (const s of spans) {
    const at = (num(s.start) - start) * 1000, long = Math.max(0, num(s.duration_ms));
    const node = { type: 'span', key: String(s.span_id), span: s, at, end: at + long, long, kind: kindOf(s.op, s.name), children: [], extra: [], bad: isBad(s.status, num((s.attributes || {})['http.response.status_code'])), errors: 0, depth: 0 };
    end = Math.max(end, node.end);
    nodes.push(node);
    byId.set(node.key, node);
  }
  for (const node of nodes) {
    const parent = node.span.orphan ? null : byId.get(String(node.span.parent_span_id));
    node.parent = parent && parent !== node ? parent : null;
    (node.parent ? node.parent.children : roots).push(node);
  }
  // Spans of broken data may have themselves as an ancestor: whatever no root leads to becomes a root.
  const reached = new Set(), stack = [...roots];
  while (stack.length) { const n = stack.pop(); if (!reached.has(n)) { reached.add(n); stack.push(...n.children); } }
  for (const node of nodes) if (!reached.has(node)) { if (node.parent) node.parent.children = node.parent.children.filter((c) => c !== node); node.parent = null; roots.push(node); stack.push(node); while (stack.length) { const n = stack.pop(); if (!reached.has(n)) { reached.add(n); stack.push(...n.children); } } }
  const first = roots[0] || null, loose = [];
  const hang = (item) => {
    const owner = byId.get(String(item.of)) || first;
    if (owner) owner.extra.push(item); else loose.push(item);
    end = Math.max(end, item.at);
  };
  (Array.isArray(data.events) ? data.events : []).forEach((e, i) => hang({ type: 'event', key: 'e' + (e.event_id || i), event: e, at: (num(e.timestamp) - start) * 1000, of: e.span_id }));
  (Array.isArray(data.logs) ? data.logs : []).forEach((l, i) => hang({ type: 'log', key: 'l' + i, log: l, at: (num(l.timestamp) - start) * 1000, of: l.span_id }));
  for (const node of nodes) {
    node.errors = node.extra.filter((x) => x.type === 'event').length;
    node.parts = ownParts(node);
    node.all = node.extra.length ? [...node.children, ...node.extra].sort((a, b) => a.at - b.at) : node.children;
  }
  const hints = Array.isArray(data.hints) ? data.hints : [];
  return { info, nodes, byId, roots, loose, start, length: end, hints, events: data.events || [], logs: data.logs || [] };
}

/** The times in which a span did its own work: no child was running. */
function ownParts(node) {
  const parts = [];
  let at = node.at;
  for (const child of node.children.length > 1 ? [...node.children].sort((a, b) => a.at - b.at) : node.children) {
    if (child.at > at) parts.push([at, Math.min(child.at, node.end)]);
    at = Math.max(at, child.end);
    if (at >= node.end || parts.length > 400) break;
  }
  if (at < node.end) parts.push([at, node.end]);
  return parts;
}

/** The rows in sight, in order, with their depth; `shut` holds the keys of collapsed spans. */
function flatten(trace, shut, { logs, events }) {
  const rows = [], stack = [];
  const push = (list, depth) => { for (let i = list.length - 1; i >= 0; i--) stack.push([list[i], depth]); };
  push([...trace.roots, ...trace.loose], 0);
  while (stack.length) {
    const [item, depth] = stack.pop();
    if ((item.type === 'log' && !logs) || (item.type === 'event' && !events)) continue;
    item.depth = depth;
    rows.push(item);
    if (item.type === 'span' && item.all.length && !shut.has(item.key)) push(item.all, depth + 1);
  }
  return rows;
}
const countBelow = (node) => { let n = 0; const stack = [...node.children]; while (stack.length) { n++; stack.push(...stack.pop().children); } return n; };

/** Whether a span has the text: in its name, op, service or an attribute. */
function spanMatches(node, text) {
  const s = node.span, low = text.toLowerCase();
  if ([s.name, s.op, s.service].some((v) => v && String(v).toLowerCase().includes(low))) return true;
  for (const [key, value] of Object.entries(s.attributes || {})) if (`${key}:${plain(value)}`.toLowerCase().includes(low)) return true;
  return false;
}

/** Round steps for an axis between two times. */
function ticks(from, to, wanted) {
  const raw = (to - from) / Math.max(1, wanted), power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw) || raw;
  const list = [];
  for (let t = Math.ceil(from / step) * step; t <= to && list.length < 40; t += step) list.push(t);
  return { list, step };
}
const tick = (t, step) => {
  const digits = (unit) => Math.max(0, Math.min(3, -Math.floor(Math.log10(step / unit) + 1e-9)));
  if (Math.abs(t) < step / 1000) return '0';
  if (step >= 500) return `${(t / 1000).toFixed(digits(1000))} s`;
  if (step >= 0.5 || Math.abs(t) >= 10) return `${t.toFixed(digits(1))} ms`;
  return `${Math.round(t * 1000)} µs`;
};
