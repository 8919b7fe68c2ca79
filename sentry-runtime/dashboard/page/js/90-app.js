// The frame around the views: navigation, keys, connection, theme, help.

const VIEWS = [['traces', 'Traces', 'traces'], ['issues', 'Issues', 'issues'], ['jobs', 'Jobs', 'jobs'], ['functions', 'Functions', ''], ['hints', 'Hints', 'hints'], ['logs', 'Logs', 'logs'], ['metrics', 'Metrics', 'metrics'], ['sessions', 'Sessions', 'sessions'], ['health', 'Health', '']];
const GO_KEYS = { t: 'traces', i: 'issues', j: 'jobs', f: 'functions', h: 'hints', l: 'logs', m: 'metrics', s: 'sessions', e: 'health', r: 'runs' };
const HELP = [['Everywhere', [['/', 'search'], ['j k', 'next and previous row'], ['enter', 'open'], ['esc', 'close, back'], ['p', 'pause or resume live updates'], ['T', 'switch the theme'], ['?', 'this help']]],
  ['Go to', [['g t', 'traces'], ['g i', 'issues'], ['g j', 'jobs'], ['g f', 'functions'], ['g h', 'hints'], ['g l', 'logs'], ['g m', 'metrics'], ['g s', 'sessions'], ['g e', 'health'], ['g r', 'compare runs']]],
  ['In a trace', [['← →', 'collapse and expand'], ['space', 'toggle; with shift all below'], ['w s', 'zoom in and out'], ['a d', 'move left and right'], ['f', 'zoom to the span'], ['0', 'whole trace'], ['drag', 'zoom to a part'], ['ctrl wheel', 'zoom']]],
  ['Search language', [['word', 'in a name or text'], ['key:value', 'a field, tag or attribute'], ['!key:value', 'not'], ['key:"two words"', 'a phrase'], ['key:a*', 'starts with a'], ['key:>100', 'greater than'], ['has:key', 'the key exists']]]];

const themeNow = () => { const t = prefs.get('theme', 'auto'); return t === 'light' || t === 'dark' ? t : 'auto'; };
function applyTheme() { document.documentElement.dataset.theme = themeNow(); }
const nextTheme = () => { const t = { auto: 'light', light: 'dark', dark: 'auto' }[themeNow()]; prefs.set('theme', t); say(`Theme: ${t}`); };
function useTheme() { const [t] = usePref('theme', 'auto'), dark = useMedia('(prefers-color-scheme: dark)'); return t + dark; }

function Connection() {
  const l = useLive();
  const [cls, text] = l.paused ? ['paused', l.behind ? `Paused, ${compact(l.behind)} behind` : 'Paused'] : { live: ['on', 'Live'], connecting: ['wait', 'Connecting…'], lost: ['off', 'Reconnecting…'], denied: ['off', 'No access'] }[l.state];
  return html`<button type="button" class=${cx('connection', 'c-' + cls)} onClick=${() => setPaused(!l.paused)} aria-label=${`${text}. ${l.paused ? 'Continue' : 'Pause'}`} title=${l.paused ? 'Continue (p)' : 'Pause (p)'}><i aria-hidden="true"></i><span role="status">${text}</span><${Icon} name=${l.paused ? 'play' : 'pause'} /></button>`;
}
function Denied() {
  return html`<div class="empty denied"><${Icon} name="hide" /><h2>This page needs its token</h2><p>Open the address that the program printed when it started: it ends with <code>?token=…</code>. A restarted dashboard has a new token, unless it was given one.</p></div>`;
}
class Guard extends Component {
  constructor() { super(); this.state = { error: null }; }
  componentDidCatch(error) { this.setState({ error }); console.error(error); }
  componentDidUpdate(before) { if (before.of !== this.props.of && this.state.error) this.setState({ error: null }); }
  render() { return this.state.error ? html`<div class="empty" role="alert"><h2>This view has failed</h2><p><bdi>${line(this.state.error.message, 300)}</bdi></p><button type="button" class="button" onClick=${() => this.setState({ error: null })}>Try again</button></div>` : this.props.children; }
}
function Help({ onClose }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current.showModal(), []);
  return html`<dialog ref=${dialog} class="dialog help" aria-label="Help" onClose=${onClose} onClick=${(e) => e.target === e.currentTarget && e.currentTarget.close()}><header><h2>Keys and search</h2><button type="button" class="ghost" aria-label="Close" onClick=${() => dialog.current.close()}><${Icon} name="close" /></button></header>
    <div class="help-columns" tabIndex="0" role="region" aria-label="Keys and search">${HELP.map(([title, keys]) => html`<section key=${title}><h3>${title}</h3><dl>${keys.map(([k, text]) => html`<div key=${k}><dt><kbd>${k}</kbd></dt><dd>${text}</dd></div>`)}</dl></section>`)}</div></dialog>`;
}
const isTyping = (target) => !!(target && target.closest && target.closest('input,textarea,select,[contenteditable]'));

function App() {
  const r = useRoute(), l = useLive(), [help, setHelp] = useState(false), [said, setSaid] = useState('');
  const over = useApi(l.state === 'denied' ? null : 'overview', {}, null, 1000).data;
  const counts = (over && over.counts) || {}, theme = usePref('theme', 'auto')[0];
  useLayoutEffect(applyTheme, [theme]);
  if (over) { learnServices(over.services); if (typeof over.editor === 'string' && over.editor) editorTemplate = over.editor; }
  useEffect(() => {
    let timer = 0;
    say = (text) => { setSaid(text); clearTimeout(timer); timer = setTimeout(() => setSaid(''), 2200); };
    let g = 0;
    const keys = (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
      const key = event.key;
      if (isTyping(event.target)) { if (key === 'Escape') event.target.blur(); return; }
      if (Date.now() - g < 1200 && GO_KEYS[key]) { g = 0; event.preventDefault(); go(GO_KEYS[key]); return; }
      g = 0;
      if (key === 'g') g = Date.now();
      else if (key === '/') { const box = document.getElementById('filter') || document.querySelector('.find input'); if (box) { box.focus(); box.select(); } } else if (key === '?') setHelp(true);
      else if (key === 'p') setPaused(!live.paused);
      else if (key === 'T') nextTheme();
      else if (key === 'j' || key === 'k') { if (!activeList) return; activeList.current.move(key === 'j' ? 1 : -1); activeList.current.focus(); } else if (key === 'Enter' && !(event.target.closest && event.target.closest('a,button,summary'))) { if (activeList) activeList.current.open(); } else if (key === 'Escape') {
        const close = document.querySelector('[data-close]');
        if (close) close.click();
        else if (route.id || route.view === 'compare' || route.view === 'runs') { if (remembered.from && history.length > 1) history.back(); else go(route.view === 'runs' ? 'functions' : route.view === 'compare' ? 'traces' : route.view); }
        else return;
      } else return;
      event.preventDefault();
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, []);
  // Where a detail was opened from, so that "back" is a step back.
  useLayoutEffect(() => { if (!r.id && r.view !== 'compare') remembered.from = r.view; document.title = `${title} – Sentry dashboard`; });
  const active = { compare: 'traces', runs: 'functions' }[r.view] || r.view, known = VIEWS.find((v) => v[0] === active), title = known ? known[1] : 'Traces';
  const view = l.state === 'denied' ? html`<${Denied} />` : r.view === 'traces' && r.id ? html`<${TraceView} key=${r.id} id=${r.id} params=${r.params} />` : r.view === 'issues' && r.id ? html`<${IssueView} key=${r.id} id=${r.id} params=${r.params} />`
    : { traces: () => html`<${TracesView} params=${r.params} />`, compare: () => html`<${CompareView} params=${r.params} />`, runs: () => html`<${RunsView} params=${r.params} />`, issues: () => html`<${IssuesView} params=${r.params} />`, jobs: () => html`<${JobsView} params=${r.params} />`, functions: () => html`<${FunctionsView} params=${r.params} />`, hints: () => html`<${HintsView} params=${r.params} />`,
      logs: () => html`<${LogsView} params=${r.params} />`, metrics: () => html`<${MetricsView} params=${r.params} />`, sessions: () => html`<${SessionsView} params=${r.params} />`, health: () => html`<${HealthView} />` }[known ? r.view : 'traces']();
  const services = (over && over.services) || [];
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById('main').focus(); }}>Skip to the content</a>
    <header class="side"><div class="brand"><svg viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="4" /><path d="M3 4.5h7M5 8h6M7 11.5h6" /></svg><span>Sentry <em>dashboard</em></span></div>
      <nav aria-label="Views">${VIEWS.map(([key, text, n]) => html`<a key=${key} href=${address(key)} title=${text} aria-current=${key === active ? 'page' : undefined} class=${cx('nav', key === 'issues' && num(counts.issues) && 'alert')}><${Icon} name=${key} /><span>${text}</span>${n && num(counts[n]) ? html`<span class="n">${compact(counts[n])}</span>` : null}</a>`)}</nav>
      ${services.length ? html`<div class="side-services" role="group" aria-label="Services"><h2>Services</h2>${services.slice(0, 12).map((s) => html`<button type="button" key=${s.name} class="nav" aria-pressed=${String(r.params.service === s.name)} title=${[s.sdk && (s.sdk.name || s.sdk), s.release, s.environment].filter((x) => typeof x === 'string').map((x) => line(x, 60)).join('\n')} onClick=${() => setParams({ service: r.params.service === s.name ? '' : s.name })}><i class=${'sq ' + serviceColour(s.name)}></i><bdi>${line(s.name, 60)}</bdi></button>`)}</div>` : null}
      <div class="side-foot"><${Connection} /><button type="button" class="ghost" onClick=${nextTheme} aria-label=${`Theme: ${themeNow()}`} title=${`Theme: ${themeNow()} (T)`}><${Icon} name=${themeNow()} /></button><button type="button" class="ghost" onClick=${() => setHelp(true)} aria-label="Help" title="Keys and search (?)"><${Icon} name="help" /></button></div></header>
    <main id="main" tabIndex="-1"><h1 class="unseen">${title}</h1><${Guard} of=${r.view + r.id}>${view}<//></main>
    ${help ? html`<${Help} onClose=${() => setHelp(false)} />` : null}
    <div class=${cx('toast', said && 'on')} role="status" aria-live="polite">${said}</div>`;
}

applyTheme();
document.getElementById('app').textContent = '';
render(html`<${App} />`, document.getElementById('app'));
connect();
