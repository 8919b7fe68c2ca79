// Formats values as text. All recorded data passes through `visible` or `line` before it is shown.

const { h, render, Component, Fragment } = preact;
const { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback } = preactHooks;
const html = htm.bind(h);

// Control characters, and those that turn the direction of what follows: shown, so that nobody is misled by them.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060-\u2069\ufeff]/g;
const picture = (c) => {
  const n = c.charCodeAt(0);
  return n < 0x20 ? String.fromCharCode(0x2400 + n) : `‹U+${n.toString(16).toUpperCase().padStart(4, '0')}›`;
};

/** Text of several lines, at most `limit` characters of it. */
function visible(value, limit = 20000) {
  let text = typeof value === 'string' ? value : plain(value);
  const more = text.length - limit;
  if (more > 0) text = text.slice(0, limit);
  text = text.replace(/\r\n/g, '\n').replace(UNSEEN, picture);
  return more > 0 ? `${text} … ${count(more)} more characters` : text;
}

/** Text of one line, for lists. */
const line = (value, limit = 400) => {
  const text = typeof value === 'string' ? value : plain(value);
  return (text.length > limit ? text.slice(0, limit) + '…' : text).replace(/\s+/g, ' ').replace(UNSEEN, picture);
};

function plain(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') {
    try { return JSON.stringify(value, null, 1); } catch { return String(value); }
  }
  return String(value);
}

const num = (value) => (typeof value === 'number' && isFinite(value) ? value : 0);
const count = (value) => num(value).toLocaleString('en-US');
const plural = (n, one, many = one + 's') => `${count(n)} ${num(n) === 1 ? one : many}`;
const compact = (value) => {
  const n = num(value);
  return Math.abs(n) < 10000 ? count(Math.round(n * 100) / 100)
    : n.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 1 });
};

/** A duration in milliseconds. */
function took(ms) {
  if (typeof ms !== 'number' || !isFinite(ms)) return '–';
  const a = Math.abs(ms);
  if (a === 0) return '0 ms';
  if (a < 1) return `${Math.round(ms * 1000)} µs`;
  if (a < 10) return `${ms.toFixed(2)} ms`;
  if (a < 100) return `${ms.toFixed(1)} ms`;
  if (a < 1000) return `${Math.round(ms)} ms`;
  if (a < 60000) return `${(ms / 1000).toFixed(2)} s`;
  const s = Math.round(ms / 1000);
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

const two = (n) => String(n).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The local time of day, and the date if it is not today's. */
function clock(t, fine = false) {
  if (typeof t !== 'number' || !isFinite(t)) return '–';
  const d = new Date(t * 1000);
  const text = `${two(d.getHours())}:${two(d.getMinutes())}`, seconds = ':' + two(d.getSeconds());
  const exact = fine ? `${text}${seconds}.${String(d.getMilliseconds()).padStart(3, '0')}` : text + seconds;
  return d.toDateString() === new Date().toDateString() ? exact : `${d.getDate()} ${MONTHS[d.getMonth()]} ${fine ? exact : text}`;
}
const iso = (t) => {
  try { return new Date(t * 1000).toISOString(); } catch { return ''; }
};

/** How long ago, in one unit. */
function ago(t, now = Date.now() / 1000) {
  if (typeof t !== 'number') return '–';
  const s = now - t;
  if (s < 5) return 'just now';
  if (s < 60) return `${Math.floor(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} d ago`;
}

function bytes(n) {
  n = num(n);
  if (n < 1024) return `${n} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let i = -1;
  do { n /= 1024; i++; } while (n >= 1024 && i < 2);
  return `${n < 10 ? n.toFixed(1) : Math.round(n)} ${units[i]}`;
}

const percent = (share) => {
  const p = num(share) * 100;
  return p === 0 ? '0 %' : p < 0.1 ? '< 0.1 %' : p > 99.9 && p < 100 ? '99.9 %' : `${p < 10 ? +p.toFixed(1) : Math.round(p)} %`;
};

/** The kind of a span, which decides its colour. */
function kindOf(op, name) {
  const o = String(op || '').toLowerCase();
  if (/^(http|websocket|rpc|grpc|graphql|faas)[._]?server|^(function\.)?server_action|^middleware|^request$/.test(o)) return 'server';
  if (/^cache/.test(o)) return 'cache';
  if (/^(db|sql|query)/.test(o)) return 'db';
  if (/^(http|rpc|grpc|websocket|subprocess|ai|gen_ai)/.test(o)) return 'client';
  if (/^(queue|messag|job|cron|task|monitor|celery|background)/.test(o)) return 'job';
  if (/^(pageload|navigation|ui|browser|resource|mark|measure|paint|interaction|app)/.test(o)) return 'browser';
  if (/^(template|view|serialize|render|file)/.test(o)) return 'view';
  if (/^(function|code|default|task|method|)$|^function/.test(o)) return 'function';
  return 'other';
}
const KINDS = {
  server: 'Handlers', function: 'Functions', db: 'Queries', cache: 'Cache', client: 'Requests', job: 'Jobs', browser: 'Browser', view: 'Templates', other: 'Other',
};

const quoted = (text) => (/^[^\s"(),\[\]*:]+$/.test(text) ? text : `"${String(text).replace(/(["\\])/g, '\\$1')}"`);
const term = (key, value) => `${key}:${quoted(String(value))}`;
