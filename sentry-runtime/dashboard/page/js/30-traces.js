// The list of traces.

const TRACE_COLUMNS = ['Time', 'Trace', 'Services', 'Spans', 'Status', 'Duration'];

function TracesView({ params }) {
  const narrow = useNarrow(), noise = useNoise();
  const [selected, select] = useState(remembered.trace);
  const [limit, setLimit] = useState(200);
  const q = [params.q, noise.terms].filter(Boolean).join(' ');
  const kinds = ['traces', 'spans', 'events', 'issues', 'logs', 'hints'];
  const { data, error, loading } = useApi('traces', { q, service: params.service, limit }, kinds);
  const everything = useApi(noise.on ? 'traces' : null, { q: params.q, service: params.service, limit: 0 }, kinds, 2000);
  const rows = (data && data.traces) || NOTHING;
  const slowest = useMemo(() => peak(rows.map((t) => t.duration_ms)), [rows]);
  const choose = (key) => { remembered.trace = key; select(key); };
  const open = (t) => { choose(t.trace_id); go('traces', t.trace_id); };
  const hidden = noise.on && everything.data && data ? num(everything.data.total) - num(data.total) : 0;
  const reset = () => { noise.setOn(false); setParams({ q: '', service: '' }); };
  const ignore = (t) => { if (!noise.own.includes(t.name)) noise.setOwn([...noise.own, t.name]); noise.setOn(true); say(`Hidden: ${line(t.name, 80)}`); };

  const row = (t) => {
    const bad = num(t.errors) > 0 || isBad(t.status, t.http_status);
    return narrow ? html`<${Cell} class="two"><span class="row-1"><i class=${'dot k-' + kindOf(t.op)}></i><a class="name" tabIndex="-1" href=${address('traces', t.trace_id)}><${Text} of=${t.name} /></a><${Status} status=${t.status} http=${t.http_status} /></span>
      <span class="row-2"><${Time} t=${t.start} /><${Services} names=${t.services} max=${2} /><${Marks} t=${t} /><span class="grow"></span><span class="mono">${took(t.duration_ms)}</span></span><//>`
      : html`<${Cell} class="mono dim"><${Time} t=${t.start} /><//>
      <${Cell} class="name-cell"><i class=${'dot k-' + kindOf(t.op)} title=${line(t.op || 'function')}></i><a class=${cx('name', bad && 'bad')} tabIndex="-1" href=${address('traces', t.trace_id)}><${Text} of=${t.name} /></a>${t.op ? html`<span class="op"><bdi>${line(t.op, 40)}</bdi></span>` : null}<${Marks} t=${t} /><span class="row-acts"><button type="button" class="ghost" tabIndex="-1" title="Hide traces of this name as noise" aria-label="Hide traces of this name" onClick=${() => ignore(t)}><${Icon} name="hide" /></button></span><//>
      <${Cell}><${Services} names=${t.services} /><//>
      <${Cell} class="right mono dim">${count(t.spans)}<//>
      <${Cell}><${Status} status=${t.status} http=${t.http_status} />${t.complete === false ? html`<span class="status run">open</span>` : null}<//>
      <${Cell} class="took"><span class="took-bar"><i class=${'k-' + kindOf(t.op)} style=${{ width: Math.max(1, 100 * Math.sqrt(num(t.duration_ms) / (slowest || 1))) + '%' }}></i></span><span class="mono">${took(t.duration_ms)}</span><//>`;
  };
  return html`<section class="view" aria-label="Traces">
    <${Toolbar}><${FilterBox} value=${params.q || ''} onChange=${(v) => setParams({ q: v })} label="Filter traces" placeholder="Filter: text, service:shop, duration:>100, http.response.status_code:500" />
      <${ServiceSelect} value=${params.service} /><${NoiseButton} noise=${noise} hidden=${hidden} /><${Total} data=${data} of="trace" /><//>
    <${Problem} error=${error} />
    ${rows.length ? html`<${Scatter} traces=${rows} selected=${selected} onOpen=${open} />
      <${VirtualList} class="traces" label="Traces, newest first" rows=${rows} keyOf=${(t) => t.trace_id} row=${row} rowHeight=${narrow ? 52 : 32} deps=${[narrow, slowest, serviceSeen()]} selected=${selected} onSelect=${choose} onOpen=${open} clickOpens=${true} behind=${true}
        place=${'traces' + q + params.service} onEnd=${() => data && num(data.total) > rows.length && limit < 1000 && setLimit(limit + 400)}
        head=${narrow ? null : TRACE_COLUMNS.map((c) => html`<${Head} key=${c} class=${/Spans|Duration/.test(c) ? 'right' : ''}>${c}<//>`)}
        foot=${data && num(data.total) > rows.length && limit >= 1000 ? html`<p class="foot dim">The newest ${count(rows.length)} of ${count(data.total)}. Narrow the filter for older ones.</p>` : null} />`
      : data ? html`<${Empty} icon="traces" title="No trace yet" filtered=${!!(params.q || params.service || noise.on)} onReset=${reset} code=${'#[sentry::span]\nasync fn place_order(order: Order) -> Result<Receipt, ShopError> { … }'}>Annotate a function, and each call of it becomes a trace here within half a second.<//>`
        : loading ? html`<${Loading} />` : null}
  </section>`;
}
const NOTHING = [];
// What was selected last in each list, for "back".
const remembered = {};

const Marks = ({ t }) => html`<span class="marks">
  ${num(t.errors) > 0 ? html`<span class="mark m-error" title=${plural(t.errors, 'error')}><i aria-hidden="true">◆</i>${t.errors}<span class="unseen"> errors</span></span>` : null}
  ${num(t.hints) > 0 ? html`<span class="mark m-hint" title=${plural(t.hints, 'hint')}><${Icon} name="hints" />${t.hints}<span class="unseen"> hints</span></span>` : null}
  ${num(t.logs) > 0 ? html`<span class="mark m-log" title=${plural(t.logs, 'log')}><${Icon} name="logs" />${compact(t.logs)}<span class="unseen"> logs</span></span>` : null}
  ${t.pinned ? html`<span class="mark" title="Pinned"><${Icon} name="pin" /><span class="unseen">pinned</span></span>` : null}</span>`;
const Total = ({ data, of, many }) => html`<span class="total dim" role="status">${data ? plural(num(data.total), of, many) : ''}</span>`;
