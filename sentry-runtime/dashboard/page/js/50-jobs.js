// Jobs: schedules, runs, and when the next one is due.

const RUNS = { ok: 'ok', error: 'failed', missed: 'missed', timeout: 'timed out', in_progress: 'running' };
const runClass = (status) => 'r-' + (RUNS[status] ? status : 'other');

function JobsView({ params }) {
  const { data, error, loading } = useApi('jobs', { q: params.q, service: params.service, limit: 200 }, ['jobs', 'check_ins', 'events', 'traces'], 500);
  const jobs = (data && data.jobs) || NOTHING;
  const now = useNow(1000);
  return html`<section class="view scroll" aria-label="Jobs"><${Toolbar}><${FilterBox} kind="logs" value=${params.q || ''} onChange=${(v) => setParams({ q: v })} label="Filter jobs" placeholder="Filter jobs" /><${ServiceSelect} value=${params.service} /><${Total} data=${data} of="job" /><//>
    <${Problem} error=${error} />
    ${jobs.length ? html`<ul class="cards" aria-label="Jobs">${jobs.map((j) => html`<${Job} key=${j.slug + '|' + j.environment + '|' + j.service} job=${j} now=${now} chosen=${params.job === j.slug ? params.run : null} />`)}</ul>`
      : data ? html`<${Empty} icon="jobs" title="No job yet" filtered=${!!(params.q || params.service)} onReset=${() => setParams({ q: '', service: '' })} code=${'#[sentry::monitor("restock", schedule = "0 * * * *")]\nasync fn restock() -> Result<(), SupplierError> { … }'}>A function with a monitor reports each of its runs: when it began, how it ended, and that it did not begin at all.<//>` : loading ? html`<${Loading} />` : null}</section>`;
}

/** The schedule as it was written, if it is a crontab: an interval is the same words once more. */
const crontab = (j) => { const text = plain(j.schedule && typeof j.schedule === 'object' ? j.schedule.value : j.schedule || ''); return /^@|(\S+\s+){4}/.test(text) ? text : ''; };

function Job({ job: j, now, chosen }) {
  const runs = Array.isArray(j.runs) ? j.runs.slice(-60) : [], top = peak(runs.map((r) => r.duration_ms)), stats = j.stats || {};
  const until = typeof j.next_run === 'number' ? (j.next_run - now) * 1000 : null;
  const picked = runs.find((r) => r.check_in_id === chosen) || null, last = runs[runs.length - 1];
  const show = picked || [...runs].reverse().find((r) => r.status === 'error' || r.status === 'timeout') || null;
  const pick = (r) => setParams({ job: j.slug, run: picked === r ? '' : r.check_in_id });
  const status = j.status || (last && last.status);
  return html`<li class="card job"><header><i class=${'dot ' + runClass(status)}></i><h2><${Text} of=${j.slug} /></h2><span class=${cx('status', status === 'ok' ? 'good' : status === 'in_progress' ? 'run' : status ? 'bad' : '')}>${RUNS[status] || line(status || 'unknown', 20)}</span><${Service} name=${j.service} />${j.environment ? html`<span class="dim">${line(j.environment, 40)}</span>` : null}<span class="grow"></span>
      ${until !== null ? html`<span class=${cx('countdown', until < 0 && 'bad')} role="timer" aria-live="off"><span class="dim">${until < 0 ? 'due since' : 'next in'}</span> <b class="mono">${countdown(Math.abs(until))}</b></span>` : null}</header>
    <p class="schedule"><b><bdi>${line(j.schedule_text || (j.schedule ? 'Own schedule' : 'No schedule: runs when it is called'), 200)}</bdi></b>${crontab(j) ? html`<code class="mono"><bdi>${line(crontab(j), 60)}</bdi></code>` : null}${j.timezone ? html`<span class="dim">${line(j.timezone, 40)}</span>` : null}${num(j.margin_min) ? html`<span class="dim">margin ${num(j.margin_min)} min</span>` : null}${num(j.max_runtime_min) ? html`<span class="dim">at most ${num(j.max_runtime_min)} min</span>` : null}${typeof j.next_run === 'number' ? html`<span class="dim">next <${Time} t=${j.next_run} /></span>` : null}</p>
    ${runs.length ? html`<div class="runs" role="group" aria-label="Runs, newest last">${runs.map((r) => html`<button type="button" key=${r.check_in_id || r.start} class=${cx(runClass(r.status), r === picked && 'on')} aria-pressed=${String(r === picked)} title=${`${clock(r.start)}  ${RUNS[r.status] || r.status}  ${took(r.duration_ms)}`} aria-label=${`Run at ${clock(r.start)}: ${RUNS[r.status] || r.status}${typeof r.duration_ms === 'number' ? ', ' + took(r.duration_ms) : ''}`} onClick=${() => pick(r)}><i style=${{ height: r.status === 'missed' ? '30%' : `${18 + 82 * Math.sqrt(num(r.duration_ms) / (top || 1))}%` }}></i></button>`)}</div>
    <div class="run-facts"><span class="dim"><${Time} t=${runs[0].start} /></span><span class="grow"></span><span>${['ok', 'error', 'missed', 'timeout'].filter((k) => num(stats[k])).map((k) => html`<span key=${k} class="stat"><i class=${'dot ' + runClass(k)}></i>${count(stats[k])} ${RUNS[k]}</span>`)}</span>${typeof stats.p50_ms === 'number' ? html`<span class="dim">usually <b class="mono">${took(stats.p50_ms)}</b></span>` : null}<span class="grow"></span><span class="dim"><${Time} t=${last.start} /></span></div>` : html`<p class="dim">Not run yet.</p>`}
    ${show ? html`<div class="run-detail"><span class=${cx('status', show.status === 'ok' ? 'good' : show.status === 'in_progress' ? 'run' : 'bad')}>${RUNS[show.status] || line(show.status, 20)}</span><${Time} t=${show.start} fine=${true} /><b class="mono">${took(show.duration_ms)}</b>${show.error ? html`<span class="bad run-error"><bdi>${line(show.error, 300)}</bdi></span>` : html`<span class="grow"></span>`}${show.trace_id ? html`<a href=${address('traces', show.trace_id)}>Trace</a>` : null}${show.issue_id ? html`<a href=${address('issues', show.issue_id, { event: show.event_id })}>Error</a>` : show.event_id && show.trace_id ? html`<a href=${address('traces', show.trace_id, { span: 'e' + show.event_id })}>Error</a>` : null}${show.trace_id ? html`<a href=${address('logs', null, { q: term('trace', show.trace_id) })}>Logs</a>` : null}</div>` : null}</li>`;
}
function countdown(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  return s >= 86400 ? `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h` : s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}
