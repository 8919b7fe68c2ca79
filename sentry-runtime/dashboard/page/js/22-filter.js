// The filter box with its suggestions, the choice of a service, and what is hidden as noise.

const KEYS = {
  traces: [['name', 'name of the trace'], ['op', 'kind of work'], ['service', 'program'], ['status', 'ok, error, …'], ['duration', 'in ms: duration:>100'], ['span', 'contains a span of this name'], ['has', 'has this key'],
    ['http.response.status_code', 'status of an answer'], ['http.request.method', ''], ['url.path', ''], ['release', ''], ['environment', ''], ['error', 'text of an error'], ['trace', 'id']],
  issues: [['type', 'type of the error'], ['level', ''], ['service', 'program'], ['handled', 'true or false'], ['release', ''], ['environment', ''], ['has', 'has this key']],
  logs: [['level', 'trace … fatal'], ['service', 'program'], ['trace', 'id'], ['has', 'has this key'], ['release', ''], ['environment', '']],
};
const VALUES = {
  status: ['ok', 'error', 'internal_error', 'not_found', 'cancelled', 'unauthenticated', 'invalid_argument'], level: ['debug', 'info', 'warn', 'error', 'fatal'],
  op: ['http.server', 'http.client', 'db', 'db.query', 'function', 'queue.task', 'pageload', 'navigation', 'cache.get'], duration: ['>100', '>1000', '<10'], handled: ['true', 'false'], has: ['http.response.status_code', 'error'],
};

/** The word of `text` that the cursor is in: from, to, and whether it is denied. */
function wordAt(text, cursor) {
  let start = 0, inside = false;
  for (let i = 0; i < cursor; i++) {
    if (text[i] === '"') inside = !inside;
    else if (text[i] === ' ' && !inside) start = i + 1;
  }
  const word = text.slice(start, cursor), not = word.startsWith('!') ? '!' : '';
  return { start, not, word: word.slice(not.length) };
}

function FilterBox({ value, onChange, kind = 'traces', label, placeholder }) {
  const [text, setText] = useState(value);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const [cursor, setCursor] = useState(0);
  const input = useRef(null), timer = useRef(0), sent = useRef(value);
  const { data: learned } = useApi(open ? 'keys' : null, { for: kind }, []);
  const { data: overview } = useApi('overview', {}, []);
  useEffect(() => { if (value !== sent.current) { sent.current = value; setText(value); } }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const type = (next, now) => {
    setText(next);
    clearTimeout(timer.current);
    const send = () => { sent.current = next.trim(); onChange(next.trim()); };
    if (now) send(); else timer.current = setTimeout(send, 220);
  };
  const word = wordAt(text, cursor);
  const options = useMemo(() => {
    if (!open) return [];
    const colon = word.word.indexOf(':');
    const known = new Map((learned && Array.isArray(learned.keys) ? learned.keys : []).map((k) => [String(k.key), k]));
    if (colon < 0) {
      const typed = word.word.toLowerCase(), own = KEYS[kind] || KEYS.traces;
      const all = [...own, ...[...known.keys()].filter((k) => !own.some((o) => o[0] === k)).map((k) => [k, ''])];
      return all.filter(([k]) => k.toLowerCase().includes(typed)).sort((a, b) => (b[0].toLowerCase().startsWith(typed) - a[0].toLowerCase().startsWith(typed)))
        .slice(0, 9).map(([k, hint]) => ({ text: `${word.not}${k}:`, show: k + ':', hint, more: true }));
    }
    const key = word.word.slice(0, colon), typed = word.word.slice(colon + 1).replace(/^"/, '').toLowerCase();
    const values = key === 'service' ? ((overview && overview.services) || []).map((s) => s.name) : [...new Set([...((known.get(key) || {}).values || []), ...(VALUES[key] || [])])];
    return values.filter((v) => String(v).toLowerCase().includes(typed) && String(v).toLowerCase() !== typed).slice(0, 9)
      .map((v) => ({ text: `${word.not}${key}:${/^[<>]/.test(v) ? v : quoted(String(v))} `, show: String(v), hint: '' }));
  }, [open, text, cursor, learned, overview, kind]);

  const accept = (option) => {
    const next = text.slice(0, word.start) + option.text + text.slice(cursor).replace(/^\S*/, '').trimStart();
    const place = word.start + option.text.length;
    type(next, !option.more);
    setAt(-1);
    setCursor(place);
    requestAnimationFrame(() => { if (input.current) { input.current.focus(); input.current.setSelectionRange(place, place); } });
  };
  const keys = (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!options.length) return;
      event.preventDefault();
      setAt((i) => (event.key === 'ArrowDown' ? (i + 1) % options.length : (i <= 0 ? options.length : i) - 1));
    } else if (event.key === 'Enter') {
      if (at >= 0 && options[at]) { event.preventDefault(); accept(options[at]); } else { type(text, true); setOpen(false); }
    } else if (event.key === 'Tab' && at >= 0 && options[at]) { event.preventDefault(); accept(options[at]); } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (open && options.length) setOpen(false); else { event.currentTarget.blur(); if (activeList) activeList.current.focus(); }
    } else return;
  };
  const follow = (event) => setCursor(event.currentTarget.selectionStart);
  const shown = open && options.length > 0;
  return html`<div class="filter"><${Icon} name="search" />
    <input ref=${input} id="filter" type="text" role="combobox" spellcheck="false" autocomplete="off" autocapitalize="off" dir="auto" aria-label=${label} aria-expanded=${String(shown)} aria-controls="suggestions" aria-autocomplete="list"
      aria-activedescendant=${shown && at >= 0 ? 'suggestion' + at : undefined} placeholder=${placeholder} value=${text} maxLength="2000"
      onInput=${(e) => { type(e.currentTarget.value); setCursor(e.currentTarget.selectionStart); setOpen(true); setAt(-1); }}
      onFocus=${(e) => { setOpen(true); follow(e); }} onClick=${follow} onKeyUp=${follow} onBlur=${() => { setOpen(false); setAt(-1); }} onKeyDown=${keys} />
    ${text ? html`<button type="button" class="ghost" aria-label="Remove the filter" onClick=${() => { type('', true); input.current.focus(); }}><${Icon} name="close" /></button>` : html`<kbd aria-hidden="true">/</kbd>`}
    <ul class=${cx('suggestions', !shown && 'hidden')} id="suggestions" role="listbox" aria-label="Suggestions">${shown ? options.map((o, i) => html`<li key=${o.text} id=${'suggestion' + i} role="option" aria-selected=${String(i === at)} class=${i === at ? 'on' : ''}
      onMouseDown=${(e) => { e.preventDefault(); accept(o); }}><bdi class="mono">${line(o.show, 80)}</bdi><span class="dim">${o.hint}</span></li>`) : null}</ul></div>`;
}

function ServiceSelect({ value }) {
  const { data } = useApi('overview', {}, ['overview', 'services', 'traces', 'logs'], 2000);
  const names = ((data && data.services) || []).map((s) => String(s.name));
  if (value && !names.includes(value)) names.push(value);
  if (names.length < 2 && !value) return null;
  return html`<select class="select" aria-label="Service" value=${value || ''} onChange=${(e) => setParams({ service: e.currentTarget.value })}>
    <option value="">All services</option>${names.map((n) => html`<option key=${n} value=${n}>${line(n, 60)}</option>`)}</select>`;
}

// Noise: patterns of the search language that are denied.
const NOISE = [
  ['health', 'Health checks', ['*/health', '*/healthz', '*/health/*', '*/livez', '*/readyz', '*/ready', '*/live', '*/ping', '*/metrics', '*/heartbeat']],
  ['static', 'Static files', ['*.js', '*.css', '*.map', '*.png', '*.jpg', '*.svg', '*.ico', '*.woff2', '*/static/*', '*/assets/*', '*/_next/*', '*/favicon*']],
];
const noiseTerms = (off, own) => [
  ...NOISE.filter(([key]) => !(off || []).includes(key)).flatMap((n) => n[2]), ...(own || []),
].map((pattern) => `!name:${/[\s"(),\[\]:]/.test(pattern) ? '"' + pattern.replace(/(["\\])/g, '\\$1') + '"' : pattern}`).join(' ');

function useNoise() {
  const [on, setOn] = usePref('noise', false), [off, setOff] = usePref('noiseOff', []), [own, setOwn] = usePref('noiseOwn', []);
  return { on, setOn, off, setOff, own, setOwn, terms: on ? noiseTerms(off, own) : '' };
}
function NoiseButton({ noise, hidden }) {
  const [open, setOpen] = useState(false), [text, setText] = useState('');
  const root = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    const away = (e) => { if (!root.current.contains(e.target)) setOpen(false); };
    addEventListener('pointerdown', away);
    return () => removeEventListener('pointerdown', away);
  }, [open]);
  const add = (e) => {
    e.preventDefault();
    const pattern = text.trim();
    if (pattern && !noise.own.includes(pattern)) noise.setOwn([...noise.own, pattern]);
    noise.setOn(true);
    setText('');
  };
  return html`<div class="menu-root" ref=${root} onKeyDown=${(e) => { if (e.key === 'Escape' && open) { e.stopPropagation(); setOpen(false); root.current.querySelector('button').focus(); } }}>
    <div class="pair-of-buttons"><button type="button" class="button" aria-pressed=${String(noise.on)} onClick=${() => noise.setOn(!noise.on)} title="Hide health checks, static files and your own patterns"><${Icon} name="hide" />${noise.on ? `Noise hidden${hidden > 0 ? ': ' + compact(hidden) : ''}` : 'Hide noise'}</button>
    <button type="button" class="button" aria-label="What counts as noise" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}><${Icon} name="more" /></button></div>
    ${open ? html`<div class="menu" role="dialog" aria-label="What counts as noise">
      ${NOISE.map(([key, title, patterns]) => html`<label key=${key} class="option"><input type="checkbox" checked=${!noise.off.includes(key)} onChange=${(e) => noise.setOff(e.currentTarget.checked ? noise.off.filter((k) => k !== key) : [...noise.off, key])} /><span>${title}<small class="dim">${patterns.slice(0, 4).join('  ')} …</small></span></label>`)}
      ${noise.own.map((pattern) => html`<div key=${pattern} class="option"><code><bdi>${line(pattern, 80)}</bdi></code><button type="button" class="ghost" aria-label=${'Show again: ' + line(pattern, 60)} onClick=${() => noise.setOwn(noise.own.filter((p) => p !== pattern))}><${Icon} name="close" /></button></div>`)}
      <form onSubmit=${add}><input type="text" class="input" aria-label="Own pattern" placeholder="GET /internal/*" value=${text} onInput=${(e) => setText(e.currentTarget.value)} /><button class="button">Hide</button></form>
    </div>` : null}</div>`;
}
const Toolbar = ({ children }) => html`<div class="toolbar">${children}</div>`;
