// The live stream: the server names the lists that changed, and each view fetches what it shows again.

const live = {
  state: 'connecting', instance: null, seq: 0, paused: false, behind: 0, listeners: new Set(), watchers: new Set(),
};
let stream = null, streamTimer = 0, streamWait = 500;

function setLive(change) {
  Object.assign(live, change);
  for (const f of [...live.watchers]) f();
}
/** `changed`: the lists that changed; null: everything may have. */
function changedNow(changed) {
  for (const f of [...live.listeners]) f(changed);
}

function connect() {
  clearTimeout(streamTimer);
  if (stream) stream.close();
  if (document.hidden) return;
  const mine = stream = new EventSource('/api/live');
  mine.addEventListener('hello', (event) => {
    const told = parsed(event.data);
    const before = live.instance;
    streamWait = 500;
    setLive({ state: 'live', instance: told.instance, seq: num(told.seq) });
    // After a gap or in front of another instance, what is shown may be old.
    if (before !== null && !live.paused) changedNow(null);
  });
  mine.addEventListener('change', (event) => {
    const told = parsed(event.data);
    live.seq = num(told.seq);
    if (live.paused) setLive({ behind: live.behind + 1 });
    else changedNow(Array.isArray(told.changed) && told.changed.length ? told.changed : null);
  });
  mine.onerror = async () => {
    if (mine !== stream) return;
    mine.close();
    setLive({ state: 'lost' });
    streamTimer = setTimeout(connect, streamWait);
    streamWait = Math.min(streamWait * 1.6, 4000);
    // The stream does not tell its status, so ask: the token may be the reason.
    try {
      if ((await fetch('/api/overview', { cache: 'no-store' })).status === 401) setLive({ state: 'denied' });
    } catch { /* The server is away. */ }
  };
}
function parsed(text) {
  try { return JSON.parse(text) || {}; } catch { return {}; }
}
function setPaused(paused) {
  setLive({ paused, behind: 0 });
  if (!paused) changedNow(null);
}
// A browser has six connections for a server: a page that nobody sees gives its own back.
document.addEventListener('visibilitychange', () => {
  clearTimeout(streamTimer);
  if (document.hidden) { if (stream) stream.close(); stream = null; } else connect();
});

function useLive() {
  const [, set] = useState(0);
  useEffect(() => {
    const f = () => set((n) => n + 1);
    live.watchers.add(f);
    return () => live.watchers.delete(f);
  }, []);
  return live;
}

class Failure extends Error {
  constructor(status, message) { super(message); this.status = status; }
}
async function ask(path, params, options = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params || {})) {
    if (value !== undefined && value !== null && value !== '') query.set(key, value);
  }
  const text = query.toString();
  const answer = await fetch('/api/' + path + (text ? '?' + text : ''), { cache: 'no-store', ...options });
  if (answer.status === 401) setLive({ state: 'denied' });
  if (!answer.ok) {
    const body = (await answer.text()).slice(0, 500);
    throw new Failure(answer.status, (parsed(body).error || body || answer.statusText) + '');
  }
  return options.text ? answer.text() : answer.json();
}
const post = (path, body) => ask(path, null, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body || {}),
});

const answers = new Map();
/** The answer to `path`, fetched again when one of `kinds` changes, at most each `every` ms. Null path: nothing. */
function useApi(path, params, kinds, every = 200) {
  const key = path === null ? null : path + JSON.stringify(params || {});
  const [state, set] = useState({ key: null, data: null, error: null });
  useEffect(() => {
    if (key === null) return undefined;
    let over = false, busy = false, again = false, last = 0, timer = 0;
    const abort = new AbortController();
    const load = async () => {
      timer = 0;
      busy = true;
      again = false;
      last = Date.now();
      try {
        const data = await ask(path, params, { signal: abort.signal });
        answers.set(key, data);
        if (answers.size > 40) answers.delete(answers.keys().next().value);
        if (!over) set({ key, path, data, error: null });
      } catch (error) {
        if (!over) set((old) => ({ key, path, data: old.key === key && error.status === undefined ? old.data : null, error }));
      }
      busy = false;
      if (again && !over) soon();
    };
    const soon = () => {
      if (busy) again = true;
      else if (!timer) timer = setTimeout(load, Math.max(0, last + every - Date.now()));
    };
    load();
    const listen = (changed) => {
      if (document.hidden) return;
      if (changed === null || !kinds || kinds.some((kind) => changed.includes(kind))) soon();
    };
    live.listeners.add(listen);
    return () => { over = true; abort.abort(); clearTimeout(timer); live.listeners.delete(listen); };
  }, [key]);
  // A view that was open before shows its last answer at once, until the new one is here.
  const known = state.key === key ? state.data : answers.get(key);
  const stale = state.key !== key && state.path === path ? state.data : null;
  return { data: known || stale, error: state.key === key ? state.error : null, loading: state.key !== key };
}

// Preferences are stored in this browser.
const prefs = (() => {
  let all = {};
  try { all = JSON.parse(localStorage.getItem('sentry-dashboard') || '{}') || {}; } catch { /* Storage may be forbidden. */ }
  const listeners = new Set();
  return {
    get: (key, otherwise) => (key in all ? all[key] : otherwise),
    set(key, value) {
      all[key] = value;
      try { localStorage.setItem('sentry-dashboard', JSON.stringify(all)); } catch { /* Then it lasts as long as the page. */ }
      for (const f of [...listeners]) f();
    },
    listeners,
  };
})();
function usePref(key, otherwise) {
  const [, set] = useState(0);
  useEffect(() => {
    const f = () => set((n) => n + 1);
    prefs.listeners.add(f);
    return () => prefs.listeners.delete(f);
  }, []);
  return [prefs.get(key, otherwise), (value) => prefs.set(key, value)];
}

/** The time in Unix seconds, renewed each `every` milliseconds. */
function useNow(every = 1000) {
  const [now, set] = useState(Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => set(Date.now() / 1000), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
function useMedia(query) {
  const [matches, set] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const f = () => set(list.matches);
    list.addEventListener('change', f);
    return () => list.removeEventListener('change', f);
  }, [query]);
  return matches;
}
const useNarrow = () => useMedia('(max-width: 760px)');
