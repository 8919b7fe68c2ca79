// Counters, gauges and distributions as small plots.

function MetricsView({ params }) {
  const { data, error, loading } = useApi('metrics', { q: params.q, service: params.service, limit: 300 }, ['metrics'], 1000);
  const list = (data && data.metrics) || NOTHING;
  const value = { counter: (p) => num(p.sum), gauge: (p) => num(p.last), distribution: (p) => (num(p.count) ? num(p.sum) / num(p.count) : num(p.last)) };
  return html`<section class="view scroll" aria-label="Metrics"><${Toolbar}><${FilterBox} value=${params.q || ''} onChange=${(v) => setParams({ q: v })} label="Filter metrics" placeholder="Filter metrics" /><${ServiceSelect} value=${params.service} /><${Total} data=${data} of="metric" /><//>
    <${Problem} error=${error} />
    ${list.length ? html`<ul class="metric-grid" aria-label="Metrics">${list.map((m) => { const type = value[m.type] ? m.type : 'gauge', mean = num(m.count) ? num(m.sum) / num(m.count) : m.last; return html`<li class="card metric" key=${m.name + '|' + m.service + '|' + m.unit}><header><h2><${Text} of=${m.name} /></h2><span class="dim">${line(m.type, 20)}</span></header>
      <p class="metric-value"><b>${measure(type === 'counter' ? num(m.sum) : type === 'gauge' ? m.last : mean, m.unit)}</b><span class="dim">${type === 'counter' ? 'in all' : type === 'gauge' ? 'now' : `average of ${plural(m.count, 'value')}`}</span></p>
      <${Plot} points=${m.points} value=${value[type]} band=${type !== 'counter'} type=${type} unit=${m.unit} label=${`${line(m.name, 80)}: ${plural((m.points || []).length, 'point')}, lowest ${measure(m.min, m.unit)}, highest ${measure(m.max, m.unit)}`} />
      <p class="facts dim"><${Service} name=${m.service} />${type !== 'counter' ? html`<span>${measure(m.min, m.unit)} – ${measure(m.max, m.unit)}</span>` : html`<span>${plural(m.count, 'point')}</span>`}</p></li>`; })}</ul>`
      : data ? html`<${Empty} icon="metrics" title="No metric yet" filtered=${!!(params.q || params.service)} onReset=${() => setParams({ q: '', service: '' })} code=${'sentry::metrics::count("orders.placed", 1);'}>Counters, gauges and distributions become plots.<//>` : loading ? html`<${Loading} />` : null}</section>`;
}
