// The logs of all services, newest first.

const LEVELS = [['debug', 'Debug'], ['info', 'Info'], ['warn', 'Warn'], ['error', 'Error']];
const LEVEL_TERMS = { debug: '', info: 'level:[info,warn,warning,error,fatal]', warn: 'level:[warn,warning,error,fatal]', error: 'level:[error,fatal]' };

function LogsView({ params }) {
  const narrow = useNarrow(), l = useLive();
  const [limit, setLimit] = useState(300);
  const level = LEVEL_TERMS[params.level] !== undefined ? params.level : 'debug';
  const q = [params.q, LEVEL_TERMS[level]].filter(Boolean).join(' ');
  const { data, error, loading } = useApi('logs', { q, service: params.service, limit }, ['logs'], 200);
  // A log has no id: what it says and when, and its turn among equals from the oldest on, tell it from others.
  const rows = useMemo(() => {
    const list = (data && data.logs) || NOTHING, turns = new Map(), made = new Array(list.length);
    for (let i = list.length - 1; i >= 0; i--) { const base = `${list[i].timestamp}|${list[i].span_id}|${line(list[i].body, 60)}`, n = (turns.get(base) || 0) + 1; turns.set(base, n); made[i] = { log: list[i], key: `${base}|${n}` }; }
    return made;
  }, [data]);
  const [selected, select] = useState(null);
  const [item, setItem] = useState(null);
  const choose = (key, r) => { select(key); setItem(r ? r.log : null); };
  const row = ({ log }) => html`<${Cell} class="mono dim"><${Time} t=${log.timestamp} fine=${!narrow} /><//><${Cell}><${Level} of=${log.level} /><//>${narrow ? null : html`<${Cell}><${Service} name=${log.service} short=${true} /><//>`}<${Cell} class="log-body"><bdi>${line(log.body, 600)}</bdi>${narrow ? null : html`<span class="log-extra dim mono"><bdi>${line(Object.entries(log.attributes || {}).filter(([k]) => !/^(sentry\.|code\.|server\.address|thread|service\.|os\.)/.test(k)).slice(0, 6).map(([k, v]) => `${k}=${plain(v)}`).join(' '), 200)}</bdi></span>`}<//>${narrow ? null : html`<${Cell} class="right">${log.trace_id ? html`<a class="ghost" tabIndex="-1" aria-label="Open its trace" title="Open its trace" href=${address('traces', log.trace_id, { span: log.span_id })}><${Icon} name="traces" /></a>` : null}<//>`}`;
  return html`<section class="view" aria-label="Logs"><${Toolbar}><${FilterBox} kind="logs" value=${params.q || ''} onChange=${(v) => setParams({ q: v })} label="Filter logs" placeholder="Filter: text, level:warn, trace:…, key:value" /><div class="segments" role="group" aria-label="Lowest level">${LEVELS.map(([k, text]) => html`<button type="button" key=${k} aria-pressed=${String(level === k)} onClick=${() => setParams({ level: k === 'debug' ? '' : k })}>${text}</button>`)}</div><${ServiceSelect} value=${params.service} />
      <button type="button" class="button" aria-pressed=${String(l.paused)} onClick=${() => setPaused(!l.paused)} title="Pause or resume live updates (p)"><${Icon} name=${l.paused ? 'play' : 'pause'} />${l.paused ? 'Paused' : 'Pause'}</button><${Total} data=${data} of="log" /><//>
    <${Problem} error=${error} />
    ${rows.length ? html`<div class=${cx('split', item && 'with-panel')}><${VirtualList} class="logs" label="Logs, newest first" rows=${rows} keyOf=${(r) => r.key} row=${row} rowHeight=${26} deps=${[narrow, serviceSeen()]} rowProps=${(r) => ({ class: 'lv-' + levelOf(r.log.level) })} selected=${selected} onSelect=${choose} onOpen=${(r) => r.log.trace_id && go('traces', r.log.trace_id, { span: r.log.span_id })} behind=${true} place=${'logs' + q} onEnd=${() => num(data.total) > rows.length && limit < 1000 && setLimit(1000)}
        head=${narrow ? null : ['Time', 'Level', 'Service', 'Text', ''].map((c) => html`<${Head} key=${c}>${c || html`<span class="unseen">Trace</span>`}<//>`)} foot=${num(data.total) > rows.length && limit >= 1000 ? html`<p class="foot dim">The newest ${count(rows.length)} of ${count(data.total)}.</p>` : null} />
        ${item ? html`<${Panel} title="Log" onClose=${() => choose(null, null)}><${LogFacts} log=${item} link=${true} /><//>` : null}</div>`
      : data ? html`<${Empty} icon="logs" title="No log yet" filtered=${!!(params.q || params.service || level !== 'debug')} onReset=${() => setParams({ q: '', service: '', level: '' })} code=${'tracing_subscriber::registry().with(sentry::integrations::tracing::layer()).init();\ntracing::info!(order = 17, "order placed");'}>What tracing, log or the SDK's own macros write appears here, each line with its trace.<//>` : loading ? html`<${Loading} />` : null}</section>`;
}
