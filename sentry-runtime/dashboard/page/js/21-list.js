// A virtual list: only the visible rows are in the document.

// Where lists were scrolled to, for "back".
const places = new Map();
// The list that `j`, `k` and Enter move in.
let activeList = null;

/**
 * `rows` with a stable `keyOf`; `row(item, index)` returns a row's cells. While the list is scrolled, new rows above do
 * not move what is in sight. `selected` is a key. A row is drawn again only if it, its place or one of `deps` changes.
 */
function VirtualList(props) {
  const { rows, keyOf, row, rowHeight, label, head, selected, onSelect, onOpen, role = 'grid', rowProps, place, onEnd, class: name, behind, innerRef, onKey, foot } = props;
  const box = useRef(null);
  const [view, setView] = useState({ top: places.get(place) || 0, height: 600 });
  const held = useRef({ rows: [], height: 0 }), drawn = useRef({ deps: null, rows: new Map() });
  const id = useMemo(() => 'list' + Math.random().toString(36).slice(2, 8), []);
  const index = useMemo(() => { const map = new Map(); rows.forEach((r, i) => map.set(keyOf(r), i)); return map; }, [rows]);
  const at = index.has(selected) ? index.get(selected) : -1;

  useLayoutEffect(() => {
    const el = box.current;
    const measure = () => setView((v) => (v.height === el.clientHeight ? v : { ...v, height: el.clientHeight }));
    const watch = new ResizeObserver(measure);
    watch.observe(el);
    measure();
    if (innerRef) innerRef.current = el;
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => {
    // The first row in sight stays where it was.
    const el = box.current, before = held.current;
    if (before.rows !== rows && before.rows.length && el.scrollTop > 0) {
      const first = Math.floor(el.scrollTop / before.height);
      for (let i = first; i < Math.min(first + 30, before.rows.length); i++) {
        const now = index.get(keyOf(before.rows[i]));
        if (now === undefined) continue;
        if (now !== i || before.height !== rowHeight) el.scrollTop = el.scrollTop % before.height + (now - i + first) * rowHeight;
        break;
      }
    } else if (!before.rows.length && rows.length && places.get(place)) el.scrollTop = places.get(place);
    held.current = { rows, height: rowHeight };
    if (el.scrollTop !== view.top) setView((v) => ({ ...v, top: el.scrollTop }));
  }, [rows, rowHeight]);

  const scroll = (event) => {
    const top = event.currentTarget.scrollTop;
    if (place) places.set(place, top);
    setView((v) => ({ ...v, top }));
    if (onEnd && top + view.height > rows.length * rowHeight - 400) onEnd();
  };
  const reveal = (i) => {
    const el = box.current, headHeight = head ? 30 : 0;
    if (i * rowHeight < el.scrollTop) el.scrollTop = i * rowHeight;
    else if ((i + 1) * rowHeight > el.scrollTop + el.clientHeight - headHeight) el.scrollTop = (i + 1) * rowHeight - el.clientHeight + headHeight;
  };
  const select = (i) => {
    if (i < 0 || i >= rows.length) return;
    onSelect && onSelect(keyOf(rows[i]), rows[i]);
    reveal(i);
  };
  const me = useRef({});
  me.current = {
    move: (step) => select(at < 0 ? (step > 0 ? Math.max(0, Math.ceil(box.current.scrollTop / rowHeight)) : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + step))),
    edge: (last) => select(last ? rows.length - 1 : 0),
    open: () => { if (at >= 0 && onOpen) onOpen(rows[at]); },
    page: Math.max(1, Math.floor(view.height / rowHeight) - 2),
    focus: () => box.current && box.current.focus({ preventScroll: true }),
    reveal: (key) => { if (index.has(key)) reveal(index.get(key)); },
    top: () => { box.current.scrollTop = 0; },
    press: (event, key, item) => {
      if (event.defaultPrevented || event.target.closest('a,button')) return;
      if (onSelect) onSelect(key, item);
      if (props.clickOpens && onOpen && !String(getSelection())) onOpen(item);
    },
  };
  useEffect(() => { activeList = me; return () => { if (activeList === me) activeList = null; }; }, []);
  if (props.listRef) props.listRef.current = me.current;

  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const list = me.current;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: list.page, PageUp: -list.page }[event.key];
    if (step) list.move(step);
    else if (event.key === 'Home' || event.key === 'End') list.edge(event.key === 'End');
    else if (event.key === 'Enter' && event.target === box.current) list.open();
    else if (onKey && onKey(event, at >= 0 ? rows[at] : null)) { /* Done there. */ } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const from = Math.max(0, Math.floor(view.top / rowHeight) - 6), to = Math.min(rows.length, Math.ceil((view.top + view.height) / rowHeight) + 6);
  const deps = [rowHeight, ...(props.deps || [])];
  if (!drawn.current.deps || deps.some((d, i) => d !== drawn.current.deps[i])) drawn.current = { deps, rows: new Map() };
  const shown = [], kept = new Map();
  for (let i = from; i < to; i++) {
    const item = rows[i], key = keyOf(item), known = drawn.current.rows.get(key);
    if (known && known.item === item && known.i === i && known.on === (i === at)) { kept.set(key, known); shown.push(known.row); continue; }
    const extra = rowProps ? rowProps(item, i) : null;
    const drawnRow = html`<div role="row" key=${key} id=${id + key} aria-rowindex=${i + (head ? 2 : 1)} aria-selected=${String(i === at)}
      ...${extra} class=${cx('vrow', i === at && 'selected', extra && extra.class)} style=${{ height: rowHeight + 'px', transform: `translateY(${i * rowHeight}px)` }}
      onClick=${(event) => me.current.press(event, key, item)}>${row(item, i)}</div>`;
    kept.set(key, { item, i, on: i === at, row: drawnRow });
    shown.push(drawnRow);
  }
  drawn.current.rows = kept;
  const up = behind && view.top > rowHeight;
  return html`<div class=${cx('vbox', name)}>
    ${up ? html`<button type="button" class="pill" onClick=${() => me.current.top()}>Newest ↑</button>` : null}
    <div class="vlist" ref=${box} tabIndex="0" role=${role} aria-label=${label} aria-rowcount=${rows.length + (head ? 1 : 0)} aria-activedescendant=${at >= from && at < to ? id + selected : undefined} onScroll=${scroll} onKeyDown=${keys}>
      ${head ? html`<div role="row" class="vhead" aria-rowindex="1">${head}</div>` : null}
      <div role="rowgroup" class="vspace" style=${{ height: rows.length * rowHeight + 'px' }}>${props.under}${shown}</div>
      ${foot}
    </div></div>`;
}
const Cell = ({ children, class: name, ...more }) => html`<div role="gridcell" class=${cx('cell', name)} ...${more}>${children}</div>`;
const Head = ({ children, class: name, ...more }) => html`<div role="columnheader" class=${cx('cell', name)} ...${more}>${children}</div>`;
