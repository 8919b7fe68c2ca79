// Two traces of one name, or two runs of a program, side by side.

function CompareButton({ id, name }) {
  const [open, set] = useState(false);
  const dialog = useRef(null);
  const { data } = useApi(open ? 'traces' : null, { q: term('name', name), limit: 40 }, ['traces']);
  useEffect(() => { if (open && dialog.current && !dialog.current.open) dialog.current.showModal(); }, [open]);
  const others = data ? (data.traces || []).filter((t) => t.trace_id !== id) : null;
  return html`<button type="button" class="button" onClick=${() => set(true)}><${Icon} name="compare" />Compare</button>
    ${open ? html`<dialog ref=${dialog} class="dialog" aria-label="Compare with another trace" onClose=${() => set(false)} onClick=${(e) => e.target === e.currentTarget && e.currentTarget.close()}><header><h2>Compare with…</h2><button type="button" class="ghost" aria-label="Close" onClick=${() => dialog.current.close()}><${Icon} name="close" /></button></header>
      ${others === null ? html`<${Loading} />` : others.length ? html`<ul class="choices">${others.map((t) => html`<li key=${t.trace_id}><a href=${address('compare', null, { a: t.trace_id, b: id })}><${Time} t=${t.start} /><${Status} status=${t.status} http=${t.http_status} /><span class="dim">${plural(t.spans, 'span')}</span><span class="grow"></span><b class="mono">${took(t.duration_ms)}</b></a></li>`)}</ul>` : html`<p class="pad dim">There is no other trace of the name “${line(name, 80)}” yet.</p>`}</dialog>` : null}`;
}

const Delta = ({ ms, top }) => {
  const d = num(ms), share = Math.min(50, Math.abs(d) / (top || 1) * 50);
  return html`<span class="delta" title=${took(d)}><i class=${d > 0 ? 'slower' : 'faster'} style=${d > 0 ? { left: '50%', width: share + '%' } : { right: '50%', width: share + '%' }}></i></span><span class=${cx('mono delta-text', d > 0 ? 'slower-text' : d < 0 ? 'faster-text' : 'dim')}>${d > 0 ? '+' : ''}${d ? took(d) : '–'}</span>`;
};

function CompareView({ params }) {
  const { data, error, loading } = useApi(params.a && params.b ? 'compare' : null, { a: params.a, b: params.b }, []);
  const [only, setOnly] = useState(false);
  if (!data) return html`<section class="view" aria-label="Compare"><${Problem} error=${error} />${loading && !error ? html`<${Loading} />` : null}</section>`;
  const rows = data.rows || [], top = peak(rows.map((r) => Math.abs(num(r.delta_ms)))), all = Math.max(num(data.a && data.a.duration_ms), num(data.b && data.b.duration_ms)) || peak(rows.map((r) => Math.max(num(r.a_ms), num(r.b_ms))));
  const shown = only ? rows.filter((r) => Math.abs(num(r.delta_ms)) > top * 0.02 || r.a_count !== r.b_count) : rows;
  const side = (t, id, name) => html`<a class="side" href=${address('traces', id)}><b class="tag">${name}</b><span><${Text} of=${(t && t.name) || id} /></span><${Time} t=${t && t.start} /><b class="mono">${took(t && t.duration_ms)}</b></a>`;
  const bars = (ms, own, n, name) => html`<span class="pair-bar" title=${`${name}: ${took(ms)}, self ${took(own)}`}>${n ? html`<i class=${name === 'A' ? 'bar-a' : 'bar-b'} style=${{ width: Math.max(0.6, num(ms) / (all || 1) * 100) + '%' }}></i>` : null}</span>`;
  return html`<section class="view scroll" aria-label="Compare two traces"><header class="page-head"><a class="ghost" href=${address('traces', params.b)} aria-label="Back to the trace"><${Icon} name="back" /></a><div class="titles"><h1>Compare</h1><p class="facts">What became slower from A to B</p></div>
      <div class="actions"><button type="button" class="button" onClick=${() => setParams({ a: params.b, b: params.a }, false)}><${Icon} name="compare" />Swap</button><button type="button" class="button" aria-pressed=${String(only)} onClick=${() => setOnly(!only)}>Only differences</button></div></header>
    <div class="sides">${side(data.a, params.a, 'A')}${side(data.b, params.b, 'B')}<div class="side sum"><${Delta} ms=${num(data.b && data.b.duration_ms) - num(data.a && data.a.duration_ms)} top=${all} /></div></div>
    <div class="table-box" tabIndex="0" role="region" aria-label="Differences"><table class="table compare"><thead><tr><th scope="col">Span</th><th scope="col" class="right">A</th><th scope="col" class="right">B</th><th scope="col" class="bars-col">A over B</th><th scope="col" class="right">Change</th></tr></thead>
      <tbody>${shown.slice(0, 600).map((r, i) => html`<tr key=${i} class=${cx(!num(r.a_count) && 'added', !num(r.b_count) && 'gone')}><th scope="row"><span class="indent" style=${{ width: Math.min(14, num(r.depth)) * 14 + 'px' }}></span><i class=${'dot k-' + kindOf(r.op)}></i>${r.op ? html`<span class="op">${line(r.op, 40)}</span> ` : null}<${Text} of=${r.name} />${num(r.a_count) > 1 || num(r.b_count) > 1 ? html`<span class="n">${num(r.a_count) === num(r.b_count) ? `×${r.a_count}` : `×${num(r.a_count)} → ×${num(r.b_count)}`}</span>` : null}${!num(r.a_count) ? html`<span class="status warn">only in B</span>` : !num(r.b_count) ? html`<span class="status">only in A</span>` : null}</th>
        <td class="right mono">${num(r.a_count) ? took(r.a_ms) : '–'}</td><td class="right mono">${num(r.b_count) ? took(r.b_ms) : '–'}</td><td>${bars(r.a_ms, r.a_self_ms, r.a_count, 'A')}${bars(r.b_ms, r.b_self_ms, r.b_count, 'B')}</td><td class="right nowrap"><${Delta} ms=${r.delta_ms} top=${top} /></td></tr>`)}</tbody></table></div></section>`;
}

function RunsView({ params }) {
  const overview = useApi('overview', {}, ['overview', 'runs', 'traces'], 3000).data;
  const runs = [...((overview && overview.runs) || [])].sort((x, y) => num(y.started) - num(x.started));
  const twice = runs.find((r) => runs.some((other) => other !== r && other.service === r.service)) || runs[0];
  const b = params.b || (twice && twice.id), mine = runs.find((r) => r.id === b), a = params.a || ((runs.find((r) => r.id !== b && mine && r.service === mine.service) || {}).id);
  const { data, error } = useApi(a && b ? 'compare-runs' : null, { a, b }, ['traces'], 3000);
  const rows = (data && data.rows) || [], field = (r, side, p) => num(r[`${side}_${p}_ms`] !== undefined ? r[`${side}_${p}_ms`] : (r[side] || {})[p + '_ms']);
  const calls = (r, side) => num(r[`${side}_calls`] !== undefined ? r[`${side}_calls`] : r[`${side}_count`] !== undefined ? r[`${side}_count`] : (r[side] || {}).calls);
  const top = peak(rows.map((r) => Math.abs(field(r, 'b', 'p50') - field(r, 'a', 'p50'))));
  const pick = (name, value) => html`<label class="pick"><b class="tag">${name.toUpperCase()}</b><select class="select" aria-label=${'Run ' + name.toUpperCase()} value=${value || ''} onChange=${(e) => setParams({ [name]: e.currentTarget.value })}><option value="">Choose a run</option>${runs.map((r) => html`<option key=${r.id} value=${r.id}>${line(r.service, 40)} ${line(r.release || '', 40)} ${clock(r.started)}${r.file ? ' (' + line(shortPath(r.file), 30) + ')' : ''}</option>`)}</select></label>`;
  return html`<section class="view scroll" aria-label="Compare runs"><header class="page-head"><a class="ghost" href=${address('functions')} aria-label="Back to the functions"><${Icon} name="back" /></a><div class="titles"><h1>Compare runs</h1><p class="facts">The same functions in two runs of a program</p></div></header>
    <${Toolbar}>${pick('a', a)}${pick('b', b)}<//><${Problem} error=${error} />
    ${rows.length ? html`<div class="table-box" tabIndex="0" role="region" aria-label="Functions in both runs"><table class="table"><thead><tr><th scope="col">Function</th><th scope="col" class="right">Calls A</th><th scope="col" class="right">Calls B</th><th scope="col" class="right">p50 A</th><th scope="col" class="right">p50 B</th><th scope="col" class="right">p95 A</th><th scope="col" class="right">p95 B</th><th scope="col" class="right">Change of p50</th></tr></thead>
      <tbody>${rows.slice(0, 500).map((r, i) => html`<tr key=${i}><th scope="row"><i class=${'dot k-' + kindOf(r.op)}></i>${r.op ? html`<span class="op">${line(r.op, 40)}</span> ` : null}<${Text} of=${r.name} /></th>${['a', 'b'].map((s) => html`<td class="right mono">${compact(calls(r, s))}</td>`)}${['p50', 'p95'].flatMap((p) => ['a', 'b'].map((s) => html`<td class="right mono">${calls(r, s) ? took(field(r, s, p)) : '–'}</td>`))}<td class="right nowrap"><${Delta} ms=${calls(r, 'a') && calls(r, 'b') ? field(r, 'b', 'p50') - field(r, 'a', 'p50') : 0} top=${top} /></td></tr>`)}</tbody></table></div>`
      : html`<${Empty} icon="compare" title=${a && b ? 'Nothing in common' : runs.length > 1 ? 'Choose two runs' : 'One run so far'} send=${false} code=${`sentry-dashboard --keep runs.envelopes`}>Each start of a program is a run. With a file to keep, the runs of yesterday are here too.<//>`}</section>`;
}
