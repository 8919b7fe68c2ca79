// Hints: likely problems in the traces, each with its place in the code.

const HINTS = {
  n_plus_one: ['N+1 queries', 'The same query many times in one trace: fetch all in one.'], sequential: ['One after the other', 'Calls that do not depend on each other could run at once.'],
  slower_than_usual: ['Slower than usual', 'Five times its own median, or more.'], cancelled: ['Cancelled', 'Work that was begun and thrown away.'], swallowed_error: ['Swallowed error', 'An error that nobody handled or reported.'], open_span: ['Open for long', 'A span that has not ended for more than a minute.'],
};
const worth = { high: 3, error: 3, warning: 2, medium: 2, warn: 2, low: 1, info: 1 };

function HintsView({ params }) {
  const { data, error, loading } = useApi('hints', { q: params.q, service: params.service, limit: 300 }, ['hints', 'traces', 'spans', 'logs'], 700);
  const all = (data && data.hints) || NOTHING;
  const kinds = [...new Set(all.map((x) => x.kind))], shown = params.kind ? all.filter((x) => x.kind === params.kind) : all;
  return html`<section class="view scroll" aria-label="Hints"><${Toolbar}><${FilterBox} value=${params.q || ''} onChange=${(v) => setParams({ q: v })} label="Filter hints" placeholder="Filter hints" /><${ServiceSelect} value=${params.service} /><${Total} data=${data} of="hint" /><//>
    ${kinds.length > 1 ? html`<div class="legend pad-x" role="group" aria-label="Kinds of hints">${kinds.map((k) => html`<button type="button" key=${k} class="chip" aria-pressed=${String(params.kind === k)} onClick=${() => setParams({ kind: params.kind === k ? '' : k })}>${(HINTS[k] || [k])[0]}<span class="n">${all.filter((x) => x.kind === k).length}</span></button>`)}</div>` : null}
    <${Problem} error=${error} />
    ${shown.length ? html`<ul class="cards hints" aria-label="Hints">${shown.map((x, i) => html`<li class=${cx('card hint', 'w-' + (worth[x.severity] || (typeof x.severity === 'number' ? x.severity : 2)))} key=${x.id || i}><span class="hint-icon"><${Icon} name="hints" /></span><div class="hint-text">
        <p class="facts"><span class="kind">${(HINTS[x.kind] || [line(x.kind, 40)])[0]}</span><${Service} name=${x.service} /><span class="dim">${num(x.count) > 1 ? html`${plural(x.count, 'time')}, last ` : null}<${Ago} t=${x.last_seen} /></span></p>
        <h2><bdi>${visible(x.title, 400)}</bdi></h2>${x.detail ? html`<p class="prose"><bdi>${visible(x.detail, 1200)}</bdi></p>` : html`<p class="dim">${(HINTS[x.kind] || ['', ''])[1]}</p>`}
        <p class="links">${x.trace_id ? html`<a class="button" href=${address('traces', x.trace_id, { span: x.span_id })}><${Icon} name="traces" />Open the trace</a>` : null}${x.code ? html`<${Place} code=${x.code} />` : null}</p></div></li>`)}</ul>`
      : data ? html`<${Empty} icon="hints" title="Nothing to hint at" filtered=${!!(params.q || params.service || params.kind)} onReset=${() => setParams({ q: '', service: '', kind: '' })} send=${num(data.total) === 0}>Queries that repeat, calls that could run at once, spans far slower than usual, cancelled work and swallowed errors are found as the traces arrive.<//>` : loading ? html`<${Loading} />` : null}</section>`;
}
