// The address of a view: #/path/parts?parameters. It holds all state of a view that is worth a bookmark.

function readRoute() {
  const raw = location.hash.replace(/^#\/?/, '');
  const cut = raw.indexOf('?');
  const path = cut < 0 ? raw : raw.slice(0, cut);
  const params = {};
  for (const [key, value] of new URLSearchParams(cut < 0 ? '' : raw.slice(cut + 1))) params[key] = value;
  const parts = path.split('/').filter(Boolean).map((part) => {
    try { return decodeURIComponent(part); } catch { return part; }
  });
  return { view: parts[0] || 'traces', id: parts[1], params };
}

function address(view, id, params) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params || {})) {
    if (value !== undefined && value !== null && value !== '') query.set(key, value);
  }
  const text = query.toString();
  return `#/${view}${id ? '/' + encodeURIComponent(id) : ''}${text ? '?' + text : ''}`;
}

const routeListeners = new Set();
let route = readRoute();
addEventListener('hashchange', () => { route = readRoute(); for (const f of [...routeListeners]) f(route); });

/** Opens a view: a step that "back" undoes, unless `replace`. */
function go(view, id, params, replace = false) {
  const to = address(view, id, params);
  if (to === location.hash) return;
  if (replace) history.replaceState(history.state, '', to);
  else history.pushState(null, '', to);
  route = readRoute();
  for (const f of [...routeListeners]) f(route);
}

/** Changes parameters of the view that is open. */
function setParams(change, replace = true) {
  go(route.view, route.id, { ...route.params, ...change }, replace);
}

function useRoute() {
  const [value, set] = useState(route);
  useLayoutEffect(() => {
    set(route);
    routeListeners.add(set);
    return () => routeListeners.delete(set);
  }, []);
  return value;
}
