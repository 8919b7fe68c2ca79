// Errors, grouped.

function IssuesView({ params }) {
  const narrow = useNarrow();
  const [selected, select] = useState(remembered.issue), [limit, setLimit] = useState(200);
  const { data, error, loading } = useApi('issues', { q: params.q, service: params.service, limit }, ['issues', 'events'], 300);
  const rows = (data && data.issues) || NOTHING;
  const choose = (key) => { remembered.issue = key; select(key); };
  const row = (x) => html`<${Cell} class="issue-cell"><i class=${'stripe l-' + levelOf(x.level)} aria-hidden="true"></i><div class="issue-text"><span class="row-1"><a class="name" tabIndex="-1" href=${address('issues', x.id)}><bdi>${line(x.type || 'Message', 120)}</bdi></a>${x.handled === false ? html`<span class="status bad">unhandled</span>` : null}<span class="culprit mono"><bdi>${line(x.culprit || (x.file ? shortPath(x.file) + (x.line ? ':' + x.line : '') : ''), 120)}</bdi></span></span><span class="row-2"><${Text} of=${x.value || ''} class="value-line" /></span></div><//>
    ${narrow ? html`<${Cell} class="right count-cell"><b>${compact(x.count)}</b><small class="dim"><${Ago} t=${x.last_seen} /></small><//>` : html`<${Cell}><${Bars} of=${x.histogram} width=${120} height=${24} class="hist" label=${`${plural(x.count, 'event')} over time`} /><//>
    <${Cell} class="right mono"><b>${compact(x.count)}</b><//><${Cell}><${Services} names=${x.services} max=${2} /><//><${Cell} class="right dim"><${Ago} t=${x.last_seen} /><//>`}`;
  return html`<section class="view" aria-label="Issues"><${Toolbar}><${FilterBox} kind="issues" value=${params.q || ''} onChange=${(v) => setParams({ q: v })} label="Filter issues" placeholder="Filter: text, type:Declined, handled:false, release:shop@2" /><${ServiceSelect} value=${params.service} /><${Total} data=${data} of="issue" /><//>
    <${Problem} error=${error} />
    ${rows.length ? html`<${VirtualList} class="issues" label="Issues, last seen first" rows=${rows} keyOf=${(x) => x.id} row=${row} rowHeight=${58} deps=${[narrow, serviceSeen()]} selected=${selected} onSelect=${choose} clickOpens=${true} onOpen=${(x) => { choose(x.id); go('issues', x.id); }} behind=${true} place=${'issues' + params.q}
      onEnd=${() => num(data.total) > rows.length && limit < 1000 && setLimit(limit + 400)} head=${narrow ? null : ['Error', 'When', 'Events', 'Services', 'Last seen'].map((c) => html`<${Head} key=${c} class=${/Events|Last/.test(c) ? 'right' : ''}>${c}<//>`)} />`
      : data ? html`<${Empty} icon="issues" title="No error so far" filtered=${!!(params.q || params.service)} onReset=${() => setParams({ q: '', service: '' })} code=${'#[sentry::span(err)]\nfn charge(order: &Order) -> Result<Receipt, PaymentError> { … }'}>An error that an annotated function returns, a panic and a captured message appear here, grouped by type and place.<//>` : loading ? html`<${Loading} />` : null}</section>`;
}

function IssueView({ id, params }) {
  const { data, error, loading } = useApi('issues/' + encodeURIComponent(id), {}, ['issues', 'events'], 500);
  const ids = (data && data.event_ids) || [], chosen = params.event && params.event !== (data && data.event && data.event.event_id) ? params.event : null;
  const other = useApi(chosen ? 'events/' + encodeURIComponent(chosen) : null, {}, []);
  const event = chosen ? other.data : data && data.event;
  if (!data) return html`<section class="view" aria-label="Issue"><${Problem} error=${error && error.status !== 404 ? error : null} />${error && error.status === 404 ? html`<${Empty} icon="issues" title="This issue is not here" send=${false}>It was dropped to keep the memory within its limit.<//>` : loading ? html`<${Loading} />` : null}</section>`;
  const issue = data.issue || {}, at = ids.indexOf(params.event || (event && event.event_id));
  const step = (by) => ids[at + by] && setParams({ event: ids[at + by] });
  return html`<section class="view scroll" aria-label="Issue"><header class="page-head"><a class="ghost" href=${address('issues')} aria-label="Back to the issues"><${Icon} name="back" /></a>
      <div class="titles"><h1><span class="bad"><${Text} of=${issue.type || 'Message'} class="h" /></span></h1><p class="issue-value"><bdi>${visible(issue.value || '', 1200)}</bdi></p>
      <p class="facts"><${Level} of=${issue.level || 'error'} />${issue.handled === false ? html`<span class="status bad">unhandled</span>` : null}<${Services} names=${issue.services} max=${4} />${issue.culprit ? html`<bdi class="mono dim">${line(issue.culprit, 160)}</bdi>` : null}</p></div>
      <div class="issue-stats"><${Bars} of=${issue.histogram} width=${180} height=${36} class="hist" label=${`${plural(issue.count, 'event')} over time`} /><div><b>${count(issue.count)}</b> ${num(issue.count) === 1 ? 'event' : 'events'}</div><div class="dim">last <${Ago} t=${issue.last_seen} />, first <${Ago} t=${issue.first_seen} /></div></div></header>
    <div class="event-bar"><div class="pair-of-buttons"><button type="button" class="button" aria-label="Newer event" disabled=${at <= 0} onClick=${() => step(-1)}>‹ Newer</button><button type="button" class="button" aria-label="Older event" disabled=${at < 0 || at >= ids.length - 1} onClick=${() => step(1)}>Older ›</button></div>
      ${event ? html`<span class="dim">${at >= 0 ? `${at + 1} of ${ids.length}` : ''}</span><${Time} t=${event.timestamp} fine=${true} /><code class="mono dim">${line(event.event_id, 8)}</code><span class="grow"></span>${event.trace_id ? html`<a class="button" href=${address('traces', event.trace_id, { span: event.event_id ? 'e' + event.event_id : event.span_id })}><${Icon} name="traces" />Open the trace</a>` : null}<${Copy} text=${() => eventText(issue, event)} label="Copy the error as text, for a person or an agent">Copy as text<//>` : null}</div>
    <${Problem} error=${other.error} />
    ${event ? html`<div class="event-columns"><div class="event-main"><${Stacks} event=${event} /><${Breadcrumbs} list=${event.breadcrumbs} /></div><div class="event-side"><${EventSide} event=${event} /></div></div>` : html`<${Loading} />`}</section>`;
}

function eventText(issue, event) {
  const lines = [`${issue.type || 'Message'}: ${issue.value || event.message || ''}`];
  for (const [i, x] of (event.exceptions || []).entries()) {
    if (i) lines.push(`caused by ${x.type || ''}: ${x.value || ''}`);
    if (crashFacts(x)) lines.push(`  ${crashFacts(x)}`);
    for (const f of x.frames || []) if (f.in_app !== false) lines.push(`  at ${f.function || '?'} (${f.filename || f.abs_path || '?'}${f.lineno ? ':' + f.lineno : ''})${f.context_line ? '\n      ' + f.context_line.trim() : ''}`);
  }
  for (const [key, value] of Object.entries(event.tags || {})) lines.push(`${key}: ${plain(value)}`);
  lines.push(`service: ${event.service || ''}  release: ${event.release || ''}  trace: ${event.trace_id || ''}`);
  return lines.join('\n');
}
