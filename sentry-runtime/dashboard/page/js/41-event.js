// One event: its stacks, breadcrumbs, and all that was recorded with it.

function Stacks({ event, brief }) {
  const list = Array.isArray(event.exceptions) ? event.exceptions : [];
  if (!list.length) return event.message ? html`<div class="card stack"><p class="prose pad"><bdi>${visible(event.message)}</bdi></p></div>` : html`<p class="dim pad">No stack was recorded.</p>`;
  return html`${list.map((x, i) => html`<${Stack} key=${i} exception=${x} cause=${i > 0} brief=${brief} />`)}`;
}

/** Whether two frames are the same place, as in a function that calls itself. */
const sameFrame = (a, b) => a.function === b.function && a.lineno === b.lineno && (a.abs_path || a.filename) === (b.abs_path || b.filename) && a.in_app === b.in_app && !a.vars && !b.vars;

/** What a crash says beside its signal: the address that could not be accessed, and the thread. */
function crashFacts(x) {
  const mechanism = x.mechanism && typeof x.mechanism === 'object' ? x.mechanism : {};
  if (!['signalhandler', 'unhandled_exception'].includes(mechanism.type)) return '';
  const place = mechanism.data && typeof mechanism.data === 'object' ? mechanism.data.relevant_address : null;
  const facts = [[place, 'at the address '], [x.thread, 'thread ']].filter(([fact]) => typeof fact === 'string' && fact);
  return facts.map(([fact, name]) => name + line(fact, 80)).join(' · ');
}

function Stack({ exception: x, cause, brief }) {
  const frames = Array.isArray(x.frames) ? x.frames : [], own = frames.some((f) => f.in_app !== false);
  const [all, setAll] = useState(!own);
  // Frames of libraries in a row, and equal frames in a row, are one line until they are asked for.
  const groups = [];
  frames.forEach((f, i) => {
    const last = groups[groups.length - 1];
    if (f.in_app === false && !all) { if (last && last.hidden) last.hidden++; else groups.push({ hidden: 1, key: 'h' + i }); } else if (last && last.frame && !all && sameFrame(last.frame, f)) last.times++; else groups.push({ frame: f, times: 1, key: 'f' + i });
  });
  const shortened = groups.some((g) => g.hidden || g.times > 1);
  const firstOwn = frames.findIndex((f) => f.in_app !== false);
  return html`<section class="card stack" aria-label=${line(x.type || 'Error', 80)}><header><div>${cause ? html`<span class="dim cause">caused by</span>` : null}<b><bdi>${line(x.type || 'Error', 200)}</bdi></b>${x.mechanism ? html`<span class="dim mechanism"><bdi>${line(typeof x.mechanism === 'object' ? x.mechanism.type : x.mechanism, 40)}</bdi></span>` : null}</div>
      ${shortened || (all && own && frames.length > 1) ? html`<button type="button" class="button small" aria-pressed=${String(all)} onClick=${() => setAll(!all)}>All frames</button>` : null}
      ${x.value ? html`<p class="prose"><bdi>${visible(x.value, brief ? 500 : 8000)}</bdi></p>` : null}
      ${crashFacts(x) ? html`<p class="prose dim"><bdi>${crashFacts(x)}</bdi></p>` : null}</header>
    ${frames.length ? html`<ol class="frames">${groups.map((g) => (g.hidden ? html`<li key=${g.key} class="hidden-frames"><button type="button" class="link" onClick=${() => setAll(true)}>${plural(g.hidden, 'frame')} of libraries</button></li>` : html`<${Frame} key=${g.key} f=${g.frame} times=${g.times} open=${frames.indexOf(g.frame) === Math.max(0, firstOwn) && !brief} />`))}</ol>` : html`<p class="dim pad">No stack was recorded.</p>`}
    ${x.registers && typeof x.registers === 'object' && Object.keys(x.registers).length && !brief ? html`<${Section} title="Registers" open=${false}><${Pairs} of=${x.registers} label="Registers" /><//>` : null}</section>`;
}

function Frame({ f, times, open: first }) {
  const has = f.context_line !== undefined && f.context_line !== null && f.context_line !== '', vars = f.vars && Object.keys(f.vars).length;
  const [open, set] = useState(first);
  const before = Array.isArray(f.pre_context) ? f.pre_context : [], after = Array.isArray(f.post_context) ? f.post_context : [];
  const start = num(f.lineno) - before.length;
  const source = has ? [...before.map((t, i) => [start + i, t]), [num(f.lineno), f.context_line, true], ...after.map((t, i) => [num(f.lineno) + 1 + i, t])] : [];
  return html`<li class=${cx('frame', f.in_app === false && 'library')}><div class="frame-head">${has || vars ? html`<button type="button" class="twist" aria-expanded=${String(open)} aria-label=${(open ? 'Close ' : 'Open ') + line(f.function || 'frame', 80)} onClick=${() => set(!open)}><${Icon} name="right" /></button>` : html`<span class="twist"></span>`}
      <span class="function mono"><bdi>${line(f.function || '?', 240)}</bdi></span>${/* A pair is a function and its closure more often than a function that calls itself. */ times > 2 ? html`<span class="times" title="This function called itself">× ${count(times)}</span>` : null}<${Place} file=${f.filename || f.abs_path || f.module} full=${f.abs_path || f.filename} at=${f.lineno} />${f.in_app === false ? html`<span class="dim small">library</span>` : null}</div>
    ${open && has ? html`<pre class="source" tabIndex="0" aria-label="Source lines">${source.map(([n, t, here]) => html`<div key=${n} class=${here ? 'here' : ''}><span class="no" aria-hidden="true">${n || ''}</span><code>${visible(t, 600) || ' '}</code></div>`)}</pre>` : null}
    ${open && vars ? html`<${Pairs} of=${f.vars} label="Variables" />` : null}</li>`;
}

const CRUMBS = { http: 'client', query: 'db', sql: 'db', navigation: 'browser', ui: 'browser', console: 'other', error: 'bad', log: 'other', user: 'job' };
function Breadcrumbs({ list }) {
  const crumbs = Array.isArray(list) ? list : Array.isArray(list && list.values) ? list.values : [];
  if (!crumbs.length) return null;
  const at = (c) => (typeof c.timestamp === 'number' ? c.timestamp : Date.parse(c.timestamp) / 1000);
  return html`<section class="card"><header><b>Breadcrumbs</b><span class="dim">${crumbs.length}, newest first</span></header><ol class="crumbs">${[...crumbs].reverse().slice(0, 100).map((c, i) => html`<li key=${i}><i class=${'dot k-' + (CRUMBS[String(c.type || c.category || '').split('.')[0]] || 'other')}></i><${Time} t=${at(c)} fine=${true} /><span class="op"><bdi>${line(c.category || c.type || 'default', 40)}</bdi></span><span class="crumb"><bdi>${visible(c.message || '', 1000)}</bdi>${c.data && Object.keys(c.data).length ? html`<span class="mono dim"><bdi>${line(Object.entries(c.data).map(([k, v]) => `${k}=${plain(v)}`).join('  '), 500)}</bdi></span>` : null}</span>${c.level && levelOf(c.level) !== 'info' ? html`<${Level} of=${c.level} />` : null}</li>`)}</ol></section>`;
}

function EventSide({ event }) {
  const card = (title, content) => (content ? html`<section class="card" key=${title}><header><b>${title}</b></header>${content}</section>` : null);
  const pairs = (title, of, filter) => card(title, of && typeof of === 'object' && Object.keys(of).length ? html`<${Pairs} of=${of} label=${title} filter=${filter} />` : null);
  const request = event.request && typeof event.request === 'object' ? event.request : null;
  const contexts = Object.entries(event.contexts || {}).filter(([, v]) => v && typeof v === 'object' && Object.keys(v).length);
  const facts = { service: event.service, release: event.release, environment: event.environment, server_name: event.server_name, sdk: event.sdk && typeof event.sdk === 'object' ? [event.sdk.name, event.sdk.version].filter(Boolean).join(' ') : event.sdk, event_id: event.event_id, trace_id: event.trace_id, span_id: event.span_id };
  return html`${pairs('Tags', event.tags, (key, value) => address('issues', null, { q: term(key, value) }))}
    ${pairs('User', event.user)}
    ${request ? card('Request', html`<p class="request mono"><b>${line(request.method || 'GET', 12)}</b> <bdi>${line(request.url || '', 1000)}</bdi></p><${Pairs} label="Request" of=${Object.fromEntries(Object.entries(request).filter(([k, v]) => !/^(method|url|headers)$/.test(k) && v !== null && v !== '' && !(typeof v === 'object' && !Object.keys(v).length)))} />${request.headers ? html`<${Section} title="Headers" open=${false}><${Pairs} label="Headers" of=${Array.isArray(request.headers) ? request.headers : request.headers} /><//>` : null}`) : null}
    ${pairs('Extra', event.extra)}
    ${contexts.filter(([k]) => k !== 'trace').map(([k, v]) => pairs(line(k, 60), v))}
    ${Array.isArray(event.attachments) && event.attachments.length ? card('Attachments', html`<ul class="plain">${event.attachments.map((a, i) => html`<li key=${i}><${Icon} name="file" /><bdi>${line(a.filename, 120)}</bdi><span class="dim">${line(a.content_type || '', 60)} ${bytes(a.bytes)}</span></li>`)}</ul>`) : null}
    ${pairs('Event', Object.fromEntries(Object.entries(facts).filter(([, v]) => v)))}`;
}
