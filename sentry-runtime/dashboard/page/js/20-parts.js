// Components that several views share.

const ICONS = {
  traces: 'M2 4h7M5 8h9M8 12h4', issues: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.2', jobs: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.2l2.2 1.4',
  functions: 'M2.5 13.5v-4M6 13.5v-9M9.7 13.5v-6M13.3 13.5v-11', hints: 'M6 12.5h4M6.5 14.5h3M8 1.7a4.3 4.3 0 0 0-2.2 8V11h4.4V9.7A4.3 4.3 0 0 0 8 1.7',
  logs: 'M2.5 4h11M2.5 8h11M2.5 12h7', metrics: 'M2 12l3.5-4 3 2.5L14 4', sessions: 'M5.5 7.5a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6M1.5 13.3c0-4.6 8-4.6 8 0M10.5 3.2a2.2 2.2 0 0 1 0 4.2M11.5 9.5c2 .4 3 1.8 3 3.8',
  health: 'M1.5 8.5h3l1.7-5 3.2 9 1.7-4h3.4', copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z', close: 'M4 4l8 8M12 4l-8 8', back: 'M9.5 3.5 5 8l4.5 4.5',
  right: 'M6 3.5 10.5 8 6 12.5', pin: 'M5.5 2.5h5l-.6 4.5 2.1 2.5H4l2.1-2.5zM8 9.5v4.5', search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.4 10.4l3.4 3.4',
  pause: 'M5.5 3.5v9M10.5 3.5v9', play: 'M5 3.2v9.6L12.7 8z', compare: 'M2.5 5h8M8 2.5 10.5 5 8 7.5M13.5 11h-8M8 8.5 5.5 11 8 13.5', light: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  dark: 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3', auto: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11', help: 'M5.7 6a2.3 2.3 0 1 1 3.4 2c-.8.4-1.1.9-1.1 1.7M8 12v.2',
  file: 'M4 2h5l3 3v9H4zM9 2v3h3', link: 'M6.5 3.5h-3v9h9v-3M9 2.5h4.5V7M13.5 2.5 7.5 8.5', filter: 'M2 3.5h12L9.5 8.8v4.4l-3-1.5V8.8z', hide: 'M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4M3 13 13 3',
  check: 'M3 8.5l3.2 3.2L13 4.8', trash: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9', more: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
};
const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d=${ICONS[name]} /></svg>`;

const cx = (...names) => names.filter(Boolean).join(' ');

/** Text of one line that keeps to itself whatever direction it has. */
const Text = ({ of, limit, title = true, class: name }) => {
  const text = line(of, limit);
  return html`<bdi class=${name} title=${title && text.length > 24 ? visible(of, 1000) : undefined}>${text}</bdi>`;
};
const Level = ({ of }) => html`<span class=${cx('level', 'l-' + levelOf(of))}>${line(of || 'info', 12)}</span>`;
const levelOf = (level) => {
  const l = String(level || 'info').toLowerCase();
  return l === 'fatal' || l === 'critical' ? 'fatal' : l === 'error' ? 'error' : l.startsWith('warn') ? 'warn' : l === 'debug' || l === 'trace' ? 'debug' : 'info';
};
const Time = ({ t, fine }) => (typeof t === 'number' ? html`<time class="mono" dateTime=${iso(t)} title=${iso(t)}>${clock(t, fine)}</time>` : html`<span class="mono dim">–</span>`);
const Ago = ({ t }) => { const now = useNow(5000); return typeof t === 'number' ? html`<time dateTime=${iso(t)} title=${iso(t)}>${ago(t, now)}</time>` : html`<span class="dim">–</span>`; };

// Services get their colours in the order in which they were first seen, so that eight differ.
let serviceOrder = [];
const serviceSeen = () => serviceOrder.join('\n');
function learnServices(list) {
  serviceOrder = [...(list || [])].sort((a, b) => num(a.first_seen) - num(b.first_seen)).map((s) => s.name);
}
function serviceColour(name) {
  let i = serviceOrder.indexOf(name);
  if (i < 0) { i = 0; for (const c of String(name)) i = (i * 31 + c.codePointAt(0)) >>> 0; }
  return 's' + (i % 8);
}
const Service = ({ name, short }) => (name ? html`<span class=${cx('service', short && 'short')} title=${line(name)}><i class=${'sq ' + serviceColour(name)}></i><bdi>${line(name, 80)}</bdi></span>` : null);
const Services = ({ names, max = 3 }) => {
  const list = Array.isArray(names) ? names : [];
  return html`<span class="services">${list.slice(0, max).map((n) => html`<${Service} key=${n} name=${n} short=${list.length > 1} />`)}${list.length > max ? html`<span class="dim">+${list.length - max}</span>` : null}</span>`;
};
const Status = ({ status, http }) => {
  const bad = isBad(status, http);
  const text = http ? String(http) : status && status !== 'ok' && status !== 'unset' ? status : '';
  return text ? html`<span title=${text.length > 12 ? line(text, 80) : undefined} class=${cx('status', bad ? 'bad' : num(http) >= 400 ? 'warn' : 'good')}>${line(text, 24)}</span>` : null;
};
const isBad = (status, http) => num(http) >= 500 || (!!status && !/^(ok|unset|cancelled|in_progress)$/.test(status) && !(num(http) > 0 && num(http) < 500));

let say = () => {};
async function copyText(text) {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* Only secure addresses have a clipboard. */ }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  document.body.append(area);
  area.select();
  let done = false;
  try { done = document.execCommand('copy'); } catch { /* Then not. */ }
  area.remove();
  return done;
}
/** A button that copies `text`, or what `text()` returns. */
function Copy({ text, label = 'Copy', children, class: name }) {
  const [done, set] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => set(false), 1400);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async (event) => {
    event.stopPropagation();
    let ok = false;
    try { ok = await copyText(typeof text === 'function' ? await text() : plain(text)); } catch { /* Said below. */ }
    set(ok);
    say(ok ? 'Copied' : 'Could not copy');
  };
  return html`<button type="button" class=${cx(children ? 'button' : 'ghost', 'copy', done && 'done', name)} title=${label} aria-label=${children ? undefined : label} onClick=${copy}><${Icon} name=${done ? 'check' : 'copy'} />${children}</button>`;
}

let editorTemplate = 'vscode://file/{path}:{line}';
/** The address that opens a place in the code in the editor, or null. */
function editorLink(file, at) {
  const template = prefs.get('editor', '') || editorTemplate;
  if (!file || !/^(\/|[A-Za-z]:[\\/])/.test(file) || !/^[a-z][a-z0-9+.-]*:/i.test(template) || /^(javascript|data|vbscript|blob):/i.test(template)) return null;
  const path = encodeURI(String(file).replace(/\\/g, '/')).replace(/[?#]/g, encodeURIComponent);
  return template.replace('{path}', path.replace(/^\//, template.includes('file/{path}') ? '' : '/')).replace('{line}', String(Math.trunc(num(at)) || 1));
}
function Place({ code, file, at, full }) {
  const f = code ? code.file : file, l = code ? code.line : at;
  if (!f) return null;
  const text = `${full ? f : shortPath(f)}${l ? ':' + l : ''}`;
  const href = editorLink((code && code.abs_file) || full || f, l);
  return href ? html`<a class="place mono" href=${href} title=${'Open in the editor: ' + line(f)}><bdi>${line(text)}</bdi></a>`
    : html`<span class="place mono" title=${line(f)}><bdi>${line(text)}</bdi></span>`;
}
const shortPath = (path) => String(path).split(/[\\/]/).slice(-3).join('/');

function Json({ value }) {
  if (value === null || value === undefined) return html`<span class="dim">null</span>`;
  return typeof value === 'object' ? html`<pre class="json">${visible(value)}</pre>` : html`<bdi class=${cx('value', 't-' + typeof value)}>${visible(value)}</bdi>`;
}
/** Names and values, each with a button that copies it and, if `filter` is given, one that filters by it. */
function Pairs({ of, filter, label }) {
  const rows = Array.isArray(of) ? of : Object.entries(of || {}).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  if (!rows.length) return null;
  return html`<dl class="pairs" aria-label=${label}>${rows.map(([key, value]) => html`<div class="pair" key=${key}>
    <dt><bdi title=${line(key)}>${line(key, 120)}</bdi></dt>
    <dd><${Json} value=${value} /><span class="acts">${filter && value !== null && typeof value !== 'object' ? html`<a class="ghost" href=${filter(key, value)} aria-label=${'Filter by ' + line(key, 60)} title="Filter by this value"><${Icon} name="filter" /></a>` : null}<${Copy} text=${value} label=${'Copy ' + line(key, 60)} /></span></dd>
  </div>`)}</dl>`;
}
function Section({ title, children, aside, open = true }) {
  return html`<details class="section" open=${open}><summary><b>${title}</b>${aside ? html`<span class="dim">${aside}</span>` : null}</summary>${children}</details>`;
}

function Tabs({ tabs, value, onChange, label }) {
  const keys = (event) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const i = (tabs.findIndex((t) => t[0] === value) + step + tabs.length) % tabs.length;
    onChange(tabs[i][0]);
    const list = event.currentTarget;
    requestAnimationFrame(() => list.children[i] && list.children[i].focus());
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} onKeyDown=${keys}>${tabs.map(([key, text, n]) => html`<button type="button" role="tab" key=${key} aria-selected=${String(key === value)} tabIndex=${key === value ? 0 : -1} onClick=${() => onChange(key)}>${text}${n ? html`<span class="n">${compact(n)}</span>` : null}</button>`)}</div>`;
}

const dsn = () => `http://dev@${location.host}/1`;
const SNIPPETS = () => [
  ['rust', 'Rust', `SENTRY_DSN=${dsn()} cargo run`],
  ['env', 'Any SDK', `export SENTRY_DSN=${dsn()}\nexport SENTRY_TRACES_SAMPLE_RATE=1.0`],
  ['python', 'Python', `import sentry_sdk\nsentry_sdk.init("${dsn()}", traces_sample_rate=1.0)`],
  ['node', 'Node', `Sentry.init({ dsn: "${dsn()}", tracesSampleRate: 1.0 })`],
  ['browser', 'Browser', `Sentry.init({ dsn: "${dsn()}", tracesSampleRate: 1.0,\n  integrations: [Sentry.browserTracingIntegration()] })`],
  ['spotlight', 'Spotlight', `export SENTRY_SPOTLIGHT=http://${location.host}/stream`],
];
/** What to do when there is nothing yet. How to send something is left out as soon as a service has. */
function Empty({ icon, title, children, code, filtered, onReset, send = true }) {
  const [tab, set] = usePref('snippet', 'rust');
  const { data: overview, error } = useApi(send && !filtered ? 'overview' : null, {}, ['overview', 'services'], 2000);
  if (filtered) {
    return html`<div class="empty"><${Icon} name="search" /><h2>Nothing matches</h2><p>No record matches this filter.</p>
      ${onReset ? html`<button type="button" class="button" onClick=${onReset}>Remove the filter</button>` : null}</div>`;
  }
  const teach = send && (overview ? !(overview.services || []).length : !!error);
  const snippets = SNIPPETS(), chosen = snippets.find((s) => s[0] === tab) || snippets[0];
  return html`<div class="empty"><${Icon} name=${icon} /><h2>${title}</h2><p>${children}</p>
    ${code ? html`<div class="snippet"><pre tabIndex="0" aria-label="Example">${code}</pre><${Copy} text=${code} label="Copy the example" /></div>` : null}
    ${teach ? html`<div class="teach"><p class="dim">Send something here:</p><${Tabs} label="Language" tabs=${snippets.map(([key, text]) => [key, text])} value=${chosen[0]} onChange=${set} />
    <div class="snippet"><pre tabIndex="0" aria-label=${chosen[1]}>${chosen[2]}</pre><${Copy} text=${chosen[2]} label="Copy the lines" /></div></div>` : null}</div>`;
}
function Problem({ error }) {
  if (!error || live.state === 'denied') return null;
  return html`<div class="problem" role="alert"><strong>${error.status ? `The server answered ${error.status}.` : 'The server cannot be reached.'}</strong> <bdi>${line(error.status ? error.message : 'This page tries again until it is back.')}</bdi></div>`;
}
const Loading = () => html`<div class="loading" role="status">Loading…</div>`;
