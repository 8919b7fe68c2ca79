// Statistics by name: handlers, queries, requests, jobs, functions.

const FUNCTION_TABS = [['handlers', 'Handlers'], ['queries', 'Queries'], ['requests', 'Requests'], ['jobs', 'Jobs'], ['functions', 'Functions'], ['all', 'All']];
const FUNCTION_COLUMNS = [['name', 'Name'], ['calls', 'Calls'], ['error_share', 'Errors'], ['p50_ms', 'p50'], ['p95_ms', 'p95'], ['max_ms', 'Max'], ['total_ms', 'Total'], ['self_ms', 'Self'], ['', 'Calls, p95']];

function FunctionsView({ params }) {
  const tab = FUNCTION_TABS.some((t) => t[0] === params.tab) ? params.tab : 'handlers', narrow = useNarrow();
  const [key, order] = (params.sort || '-total_ms').replace(/^(-?)(.*)$/, '$2 $1').split(' ');
  const [selected, select] = useState(remembered.fn);
  const { data, error, loading } = useApi('functions', { tab, q: params.q, service: params.service, limit: 1000 }, ['traces', 'spans', 'functions'], 1500);
  const all = (data && data.rows) || NOTHING;
  const rows = useMemo(() => [...all].sort((a, b) => {
    const x = a[key], y = b[key], d = key === 'name' ? String(x).localeCompare(String(y)) : num(x) - num(y);
    return (order === '-' ? -d : d) || String(a.name).localeCompare(String(b.name));
  }), [all, key, order]);
  const keyOf = (r) => `${r.service}|${r.op}|${r.name}`, most = peak(rows.map((r) => r.total_ms));
  const choose = (k) => { remembered.fn = k; select(k); };
  const traces = (r) => address('traces', null, { q: [term('span', r.name || r.op || ''), r.service ? term('service', r.service) : ''].filter(Boolean).join(' ') });
  const share = (r) => (num(r.error_share) > 0 ? html`<span class="bad">${percent(r.error_share)}</span>` : html`<span class="dim">–</span>`);
  const row = (r) => (narrow ? html`<${Cell} class="two"><span class="row-1"><i class=${'dot k-' + kindOf(r.op)}></i><a class="name" tabIndex="-1" href=${traces(r)}><${Text} of=${r.name || r.op} /></a><span class="mono">${took(r.total_ms)}</span></span><span class="row-2 dim"><span>${plural(r.calls, 'call')}</span>${num(r.error_share) > 0 ? share(r) : null}<span class="grow"></span><span class="mono">p50 ${took(r.p50_ms)}</span><span class="mono">p95 ${took(r.p95_ms)}</span></span><//>`
    : html`<${Cell} class="name-cell"><i class=${'dot k-' + kindOf(r.op)} title=${line(r.op || 'function')}></i><a class="name" tabIndex="-1" href=${traces(r)}><${Text} of=${r.name || r.op} limit=${300} /></a><${Service} name=${r.service} /><span class="row-acts">${r.code ? html`<${Place} code=${r.code} />` : null}</span><//>
    <${Cell} class="right mono">${compact(r.calls)}<//><${Cell} class="right mono">${share(r)}<//><${Cell} class="right mono">${took(r.p50_ms)}<//><${Cell} class="right mono">${took(r.p95_ms)}<//><${Cell} class="right mono dim">${took(r.max_ms)}<//>
    <${Cell} class="right mono total-cell"><i style=${{ width: num(r.total_ms) / (most || 1) * 100 + '%' }}></i><span>${took(r.total_ms)}</span><//><${Cell} class="right mono dim">${took(r.self_ms)}<//><${Cell}><${Sparkline} bars=${r.sparkline} points=${r.slow} label=${`${plural(r.calls, 'call')}, p95 ${took(r.p95_ms)}`} /><//>`);
  const sorted = (k) => (k === key ? (order === '-' ? 'descending' : 'ascending') : 'none');
  const sort = (k) => setParams({ sort: (k === key ? order !== '-' : k !== 'name') ? '-' + k : k });
  const head = narrow ? null : FUNCTION_COLUMNS.map(([k, text]) => html`<${Head} key=${text} class=${k && k !== 'name' ? 'right' : ''} aria-sort=${k ? sorted(k) : undefined}>${k ? html`<button type="button" class="sort" onClick=${() => sort(k)}>${text}${k === key ? (order === '-' ? ' ↓' : ' ↑') : ''}</button>` : text}<//>`);
  return html`<section class="view" aria-label="Functions"><div class="tab-bar"><${Tabs} label="Kind" tabs=${FUNCTION_TABS} value=${tab} onChange=${(t) => setParams({ tab: t }, false)} /><span class="grow"></span><a class="button" href=${address('runs')}><${Icon} name="compare" />Compare runs</a></div>
    <${Toolbar}><${FilterBox} value=${params.q || ''} onChange=${(v) => setParams({ q: v })} label="Filter functions" placeholder="Filter by name" /><${ServiceSelect} value=${params.service} />${narrow ? html`<select class="select" aria-label="Sort by" value=${key} onChange=${(e) => setParams({ sort: '-' + e.currentTarget.value })}>${FUNCTION_COLUMNS.filter((c) => c[0]).map((c) => html`<option key=${c[0]} value=${c[0]}>${c[1]}</option>`)}</select>` : null}<${Total} data=${data} of="function" /><//>
    <${Problem} error=${error} />
    ${rows.length ? html`<${VirtualList} class="functions" label="Functions" rows=${rows} keyOf=${keyOf} row=${row} rowHeight=${narrow ? 52 : 34} deps=${[narrow, most, tab, serviceSeen()]} selected=${selected} onSelect=${choose} clickOpens=${true} onOpen=${(r) => { choose(keyOf(r)); location.hash = traces(r); }} head=${head} place=${'functions' + tab} />`
      : data ? html`<${Empty} icon="functions" title="Nothing of this kind yet" filtered=${!!(params.q || params.service)} onReset=${() => setParams({ q: '', service: '' })} code=${tab === 'handlers' ? '#[sentry::server_action]\nasync fn place_order(form: Form<Order>) -> Result<Html, Error> { … }' : '#[sentry::span(op = "db.query")]\nasync fn find_order(id: u64) -> Result<Order, DbError> { … }'}>Calls of the same name are counted and timed here.<//>` : loading ? html`<${Loading} />` : null}</section>`;
}
