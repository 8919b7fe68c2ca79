// One trace: its facts, the waterfall, and what is known of the row that is selected.

function TraceView({ id, params }) {
  const { data, error, loading } = useApi('traces/' + encodeURIComponent(id), {}, ['traces', 'spans', 'events', 'issues', 'logs', 'hints'], 300);
  const trace = useMemo(() => (data && data.spans ? prepareTrace(data) : null), [data]);
  if (!trace) {
    return html`<section class="view" aria-label="Trace"><${Problem} error=${error && error.status !== 404 ? error : null} />${error && error.status === 404
      ? html`<${Empty} icon="traces" title="This trace is not here" send=${false}>It was dropped to keep the memory within its limit, or it was never received. Pin a trace to keep it.<//>` : loading ? html`<${Loading} />` : null}</section>`;
  }
  return html`<${TracePage} key=${id} id=${id} trace=${trace} params=${params} error=${error} />`;
}

function TracePage({ id, trace, params, error }) {
  const info = trace.info, narrow = useNarrow();
  const [shut, setShut] = useState(() => new Set());
  const [by, setBy] = usePref('colourBy', 'kind'), [critical, setCritical] = usePref('critical', false), [notes, setNotes] = usePref('notes', true);
  const [text, setText] = useState(params.find || ''), [kind, setKind] = useState(null);
  const [view, setViewState] = useState(() => { const z = String(params.zoom || '').split('-').map(Number); return z.length === 2 && z[1] > z[0] && z[0] >= 0 ? clampView(z, trace.length) : null; });
  const now = view || [0, trace.length];
  const listBox = useRef(null), timer = useRef(0);
  const setView = (next) => {
    const whole = next[0] <= 0 && next[1] >= trace.length;
    setViewState(whole ? null : next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setParams({ zoom: whole ? '' : next.map((t) => t.toFixed(3)).join('-') }), 250);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const selected = params.span || null;
  const select = (key) => setParams({ span: key });
  const rows = useMemo(() => flatten(trace, shut, { logs: notes, events: true }), [trace, shut, notes]);
  const found = useMemo(() => {
    if (!text && !kind) return null;
    const keys = new Set();
    for (const n of trace.nodes) if ((!kind || n.kind === kind) && (!text || spanMatches(n, text))) keys.add(n.key);
    return keys;
  }, [trace, text, kind]);
  const kinds = useMemo(() => {
    const map = new Map();
    for (const n of trace.nodes) { const e = map.get(n.kind) || { n: 0, ms: 0 }; e.n++; e.ms += num(n.span.self_ms); map.set(n.kind, e); }
    return Object.keys(KINDS).filter((k) => map.has(k)).map((k) => [k, map.get(k)]);
  }, [trace]);
  const services = useMemo(() => [...new Set(trace.nodes.map((n) => n.span.service).filter(Boolean))], [trace]);
  const item = useMemo(() => (selected ? trace.byId.get(selected) || rows.find((r) => r.key === selected) : null), [trace, rows, selected]);
  // What a link points to must be in sight.
  useLayoutEffect(() => {
    if (!selected || !listBox.current) return;
    const i = rows.findIndex((r) => r.key === selected);
    if (i > 20) listBox.current.scrollTop = Math.max(0, (i - 6) * (narrow ? 44 : 26));
  }, []);
  const jump = (step) => {
    if (!found || !found.size) return;
    const keys = rows.filter((r) => found.has(r.key)).map((r) => r.key), i = keys.indexOf(selected);
    const key = keys[(i + step + keys.length) % keys.length];
    if (key === undefined) return;
    select(key);
    listBox.current.scrollTop = Math.max(0, (rows.findIndex((r) => r.key === key) - 5) * (narrow ? 44 : 26));
  };
  const [pinned, setPinned] = useState(!!info.pinned);
  useEffect(() => setPinned(!!info.pinned), [info.pinned]);
  const pin = async () => { try { await post('pin', { trace_id: id, pinned: !pinned }); setPinned(!pinned); say(pinned ? 'Unpinned' : 'Pinned'); } catch (e) { say('Could not pin: ' + e.message); } };
  const errors = trace.events.length, root = trace.roots[0];
  const name = info.name || (root && root.span.name) || id;
  return html`<section class="view trace-view" aria-label="Trace">
    <header class="page-head"><a class="ghost" href=${address('traces')} aria-label="Back to the traces" onClick=${(e) => { if (history.length > 1 && remembered.from === 'traces') { e.preventDefault(); history.back(); } }}><${Icon} name="back" /></a>
      <div class="titles"><h1><${Text} of=${name} class="h" /></h1><p class="facts"><${Status} status=${info.status} http=${info.http_status} /><strong class="mono">${took(num(info.duration_ms) || trace.length)}</strong>${num(info.duration_ms) && trace.length > num(info.duration_ms) * 1.05 ? html`<span title="From the first start to the last end">${took(trace.length)} in all</span>` : null}<${Time} t=${info.start} fine=${true} /><${Services} names=${info.services || services} max=${4} /><span>${plural(trace.nodes.length, 'span')}</span>${errors ? html`<span class="bad">${plural(errors, 'error')}</span>` : null}${trace.logs.length ? html`<span>${plural(trace.logs.length, 'log')}</span>` : null}${info.complete === false ? html`<span class="status run">still open</span>` : null}</p></div>
      <div class="actions"><${Copy} text=${() => ask(`traces/${encodeURIComponent(id)}/text`, null, { text: true })} label="Copy the trace as text, for a person or an agent">Copy as text<//><button type="button" class="button" aria-pressed=${String(pinned)} onClick=${pin} title="A pinned trace is never dropped"><${Icon} name="pin" />${pinned ? 'Pinned' : 'Pin'}</button><${CompareButton} id=${id} name=${name} /></div></header>
    <${Problem} error=${error} />
    ${trace.hints.length ? html`<ul class="hint-strip" aria-label="Hints">${trace.hints.slice(0, 4).map((hint, i) => html`<li key=${hint.id || i}><a href=${address('traces', id, { ...params, span: hint.span_id })} class="hint-chip"><${Icon} name="hints" /><bdi>${line(hint.title, 140)}</bdi></a></li>`)}${trace.hints.length > 4 ? html`<li class="dim">+${trace.hints.length - 4}</li>` : null}</ul>` : null}
    <div class="trace-tools"><div class="legend" role="group" aria-label="Kinds of spans">${by === 'kind' ? kinds.map(([k, e]) => html`<button type="button" key=${k} class="chip" aria-pressed=${String(kind === k)} onClick=${() => setKind(kind === k ? null : k)} title=${`${KINDS[k]}: ${took(e.ms)} of their own`}><i class=${'dot k-' + k}></i>${KINDS[k]}<span class="n">${compact(e.n)}</span></button>`) : services.slice(0, 8).map((s) => html`<span key=${s} class="chip flat"><${Service} name=${s} /></span>`)}</div>
      <span class="grow"></span>
      ${now[1] - now[0] < trace.length * 0.999 ? html`<button type="button" class="button" onClick=${() => setView([0, trace.length])}>Whole trace</button>` : null}
      ${services.length > 1 ? html`<button type="button" class="button" aria-pressed=${String(by === 'service')} onClick=${() => setBy(by === 'service' ? 'kind' : 'service')}>Colour by service</button>` : null}
      <button type="button" class="button" aria-pressed=${String(critical)} onClick=${() => setCritical(!critical)} title="The spans that decide how long the trace takes">Critical path</button>
      ${trace.logs.length ? html`<button type="button" class="button" aria-pressed=${String(notes)} onClick=${() => setNotes(!notes)}>Logs</button>` : null}
      <label class="find"><${Icon} name="search" /><input type="search" aria-label="Find in this trace" placeholder="Find a span" value=${text} onInput=${(e) => setText(e.currentTarget.value)} onKeyDown=${(e) => { if (e.key === 'Enter') { e.preventDefault(); jump(e.shiftKey ? -1 : 1); } else if (e.key === 'Escape') { e.stopPropagation(); if (text) setText(''); else e.currentTarget.blur(); } }} />${found ? html`<span class="n" role="status">${count(found.size)}</span>` : null}</label></div>
    <${Minimap} trace=${trace} rows=${rows} view=${now} onView=${setView} by=${by} />
    <div class=${cx('split', item && 'with-panel')}>
      <${Waterfall} trace=${trace} rows=${rows} view=${now} onView=${setView} shut=${shut} onShut=${setShut} selected=${selected} onSelect=${select} by=${by} critical=${critical} found=${found} listRef=${listBox} />
      ${item ? html`<${Panel} title=${item.type === 'span' ? 'Span' : item.type === 'event' ? 'Error' : 'Log'} onClose=${() => select('')}>${item.type === 'span' ? html`<${SpanFacts} node=${item} trace=${trace} onSelect=${select} />` : item.type === 'event' ? html`<${EventBrief} event=${item.event} />` : html`<${LogFacts} log=${item.log} />`}<//>` : null}
    </div></section>`;
}

function Panel({ title, onClose, children }) {
  return html`<aside class="panel" aria-label=${title} tabIndex="0"><header><h2>${title}</h2><button type="button" class="ghost" data-close aria-label="Close" title="Close (esc)" onClick=${onClose}><${Icon} name="close" /></button></header>${children}</aside>`;
}

function SpanFacts({ node, trace, onSelect }) {
  const s = node.span, own = typeof s.self_ms === 'number' ? s.self_ms : node.parts.reduce((sum, p) => sum + p[1] - p[0], 0);
  const hints = trace.hints.filter((hint) => hint.span_id === s.span_id);
  return html`<div class="panel-body">
    <h3 class="span-title"><i class=${'dot k-' + node.kind}></i><bdi>${visible(s.name, 4000)}</bdi><${Copy} text=${s.name} label="Copy the name" /></h3>
    <p class="facts">${s.op ? html`<span class="op">${line(s.op, 60)}</span>` : null}<${Status} status=${s.status || 'ok'} />${s.service ? html`<${Service} name=${s.service} />` : null}${s.critical ? html`<span class="status run">critical path</span>` : null}</p>
    <div class="gauge"><div><b class="mono">${took(node.long)}</b><span>total</span></div><div><b class="mono">${took(own)}</b><span>self</span></div><div><b class="mono">${took(node.at)}</b><span>after start</span></div><div><b class="mono">${percent(node.long / trace.length)}</b><span>of the trace</span></div></div>
    <div class="self-bar" role="img" aria-label=${`Self time ${percent(own / (node.long || 1))}`}><i class=${'k-' + node.kind} style=${{ width: Math.min(100, own / (node.long || 1) * 100) + '%' }}></i></div>
    ${s.code ? html`<p class="code-line"><${Icon} name="file" /><${Place} code=${s.code} />${s.code.function ? html`<bdi class="mono dim">${line(s.code.function, 120)}</bdi>` : null}</p>` : null}
    ${hints.map((hint, i) => html`<div key=${hint.id || i} class="hint-note"><${Icon} name="hints" /><div><b><bdi>${line(hint.title, 200)}</bdi></b>${hint.detail ? html`<p><bdi>${line(hint.detail, 600)}</bdi></p>` : null}</div></div>`)}
    ${node.extra.filter((x) => x.type === 'event').map((x) => html`<button type="button" key=${x.key} class="event-note" onClick=${() => onSelect(x.key)}><i aria-hidden="true">◆</i><span><b><bdi>${line(x.event.type || 'Message', 120)}</bdi></b> <bdi>${line(x.event.value || x.event.message, 300)}</bdi></span></button>`)}
    <${Attributes} of=${s.attributes} view="traces" />
    ${node.extra.some((x) => x.type === 'log') ? html`<${Section} title="Logs" aside=${node.extra.filter((x) => x.type === 'log').length}><ul class="log-lines">${node.extra.filter((x) => x.type === 'log').slice(0, 50).map((x) => html`<li key=${x.key}><${Level} of=${x.log.level} /><span class="mono dim">${took(x.at)}</span><bdi>${line(x.log.body, 300)}</bdi></li>`)}</ul><//>` : null}
    <${Section} title="Identity"><${Pairs} label="Identity" of=${[['span_id', s.span_id], ['parent_span_id', s.parent_span_id || null], ['trace_id', trace.info.trace_id], ['start', iso(num(s.start))], ...(s.origin ? [['origin', s.origin]] : []), ...(s.status ? [['status', s.status]] : [])]} /><//>
    <p class="links"><a href=${address('traces', null, { q: term('span', s.name || '') })}>Traces with this span</a><a href=${address('functions', null, { tab: 'all', q: s.name })}>Its statistics</a></p></div>`;
}
/** The program's own attributes first; what an SDK adds to each span is one press away. */
function Attributes({ of, view }) {
  const all = Object.entries(of || {}).sort((a, b) => (a[0] < b[0] ? -1 : 1)), added = (pair) => /^(sentry\.|process\.|os\.|thread\.|device\.|server\.address$)/.test(pair[0]);
  const own = all.filter((pair) => !added(pair)), rest = all.filter(added), filter = (key, value) => address(view, null, { q: term(key, value) });
  return html`<${Section} title="Attributes" aside=${own.length || 'none'}><${Pairs} of=${own} label="Attributes" filter=${filter} /><//>
    ${rest.length ? html`<${Section} title="Added by the SDK" aside=${rest.length} open=${false}><${Pairs} of=${rest} label="Added by the SDK" filter=${filter} /><//>` : null}`;
}
function EventBrief({ event }) {
  const { data } = useApi('events/' + encodeURIComponent(event.event_id), {}, []);
  return html`<div class="panel-body"><h3 class="span-title"><bdi><span class="bad">${line(event.type || 'Message', 200)}</span></bdi></h3><p class="prose"><bdi>${visible(event.value || event.message, 3000)}</bdi></p>
    <p class="facts"><${Level} of=${event.level || 'error'} /><${Time} t=${event.timestamp} fine=${true} />${event.handled === false ? html`<span class="status bad">unhandled</span>` : null}<${Service} name=${event.service} /></p>
    ${event.issue_id || (data && data.issue_id) ? html`<p class="links"><a class="button" href=${address('issues', event.issue_id || data.issue_id, { event: event.event_id })}>Open the issue</a></p>` : null}
    ${data ? html`<${Stacks} event=${data} brief=${true} />` : html`<${Loading} />`}</div>`;
}
function LogFacts({ log, link }) {
  return html`<div class="panel-body"><p class="facts"><${Level} of=${log.level} /><${Time} t=${log.timestamp} fine=${true} /><${Service} name=${log.service} /></p>
    <div class="snippet"><pre class="prose"><bdi>${visible(log.body)}</bdi></pre><${Copy} text=${log.body} label="Copy the text" /></div>
    ${log.code ? html`<p class="code-line"><${Icon} name="file" /><${Place} code=${log.code} /></p>` : null}
    ${link && log.trace_id ? html`<p class="links"><a class="button" href=${address('traces', log.trace_id, { span: log.span_id })}>Open its trace</a><a href=${address('logs', null, { q: term('trace', log.trace_id) })}>All logs of this trace</a></p>` : null}
    <${Attributes} of=${log.attributes} view="logs" /></div>`;
}
