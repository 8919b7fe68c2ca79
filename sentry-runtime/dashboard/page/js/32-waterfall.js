// The waterfall: a tree at the left, times at the right, an overview above.

/** Returns the position of a time in percent. `view` is the visible range in ms. */
const left = (t, view) => (t - view[0]) / (view[1] - view[0]) * 100;
function clampView([a, b], length) {
  const wide = Math.max(length * 1e-5, 0.0005, Math.min(b - a, length));
  a = Math.max(0, Math.min(a, length - wide));
  return [a, a + wide];
}

const colourOf = (node, by) => (by === 'service' ? serviceColour(node.span.service) : 'k-' + node.kind);

function Bar({ node, view, by, dim, critical, shut }) {
  const a = left(node.at, view), b = left(node.end, view);
  if (b < 0 || a > 100) return html`<span class=${cx('beyond', b < 0 ? 'before' : 'after')} aria-hidden="true">${b < 0 ? '‹' : '›'}</span>`;
  const from = Math.max(-1, a), to = Math.min(101, b), wide = Math.max(0.001, to - from);
  const solid = shut || !node.children.length;
  const parts = solid ? null : node.parts.filter((p) => p[1] > view[0] && p[0] < view[1]).slice(0, 60);
  const right = to > 82 && from > 14, inside = to > 82 && !right;
  return html`<span class=${cx('bar', colourOf(node, by), dim && 'faint', critical && node.span.critical && 'critical', node.bad && 'failed', solid && 'solid')} style=${{ left: from + '%', width: `max(3px, ${wide}%)` }}>
      ${parts && parts.map((p, i) => { const x = Math.max(from, left(p[0], view)), w = Math.min(to, left(p[1], view)) - x; return w > 0.05 ? html`<i key=${i} style=${{ left: (x - from) / wide * 100 + '%', width: w / wide * 100 + '%' }}></i>` : null; })}</span>
    ${node.extra.map((x) => { const at = left(x.at, view); return at >= 0 && at <= 100 ? html`<span key=${x.key} class=${cx('pin', x.type === 'event' ? 'p-error' : 'p-' + levelOf(x.log.level))} style=${{ left: at + '%' }}></span>` : null; }).slice(0, 40)}
    <span class=${cx('bar-text mono', inside && 'inside')} style=${right ? { right: 100 - from + '%' } : inside ? { right: Math.max(0, 100 - to) + '%' } : { left: `max(${from}% + 3px, ${to}%)` }}>${took(node.long)}</span>`;
}

/** All spans in small, with the part in sight; drag to choose another. */
function Minimap({ trace, rows, view, onView, by }) {
  const canvas = useRef(null), box = useRef(null), drag = useRef(null);
  const theme = useTheme();
  useLayoutEffect(() => {
    const el = canvas.current;
    const draw = () => {
      const wide = el.clientWidth, tall = el.clientHeight, scale = devicePixelRatio || 1;
      if (!wide) return;
      el.width = wide * scale;
      el.height = tall * scale;
      const pen = el.getContext('2d'), known = {};
      // Only a property that is in use has its colour of the theme.
      const colour = (name) => { el.style.color = `var(--${name})`; return getComputedStyle(el).color; };
      pen.scale(scale, scale);
      const spans = rows.filter((r) => r.type === 'span'), step = Math.min(5, (tall - 8) / Math.max(1, spans.length));
      spans.forEach((node, i) => {
        const name = colourOf(node, by);
        pen.fillStyle = node.errors || node.bad ? (known.bad ||= colour('bad')) : (known[name] ||= colour(name));
        pen.fillRect(node.at / trace.length * wide, 4 + i * step, Math.max(1, node.long / trace.length * wide), Math.max(0.6, step * 0.7));
      });
    };
    draw();
    const watch = new ResizeObserver(draw);
    watch.observe(el);
    return () => watch.disconnect();
  }, [trace, rows, by, theme]);
  const at = (event) => { const area = box.current.getBoundingClientRect(); return Math.max(0, Math.min(1, (event.clientX - area.left) / area.width)) * trace.length; };
  const down = (event) => {
    if (event.button) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const t = at(event), inside = t > view[0] && t < view[1] && view[1] - view[0] < trace.length * 0.98;
    drag.current = { t, view, pan: inside, moved: false };
  };
  const move = (event) => {
    const d = drag.current;
    if (!d) return;
    const t = at(event);
    if (Math.abs(t - d.t) / trace.length > 0.004) d.moved = true;
    if (!d.moved) return;
    onView(d.pan ? clampView([d.view[0] + t - d.t, d.view[1] + t - d.t], trace.length) : clampView([Math.min(t, d.t), Math.max(t, d.t)], trace.length));
  };
  const up = () => { if (drag.current && !drag.current.moved && !drag.current.pan) onView([0, trace.length]); drag.current = null; };
  const a = view[0] / trace.length * 100, b = view[1] / trace.length * 100;
  return html`<div class="minimap" ref=${box} role="img" aria-label=${`Overview: in sight are ${took(view[0])} to ${took(view[1])} of ${took(trace.length)}`} onPointerDown=${down} onPointerMove=${move} onPointerUp=${up} onPointerCancel=${() => { drag.current = null; }}>
    <canvas ref=${canvas}></canvas><span class="veil" style=${{ left: 0, width: a + '%' }}></span><span class="veil" style=${{ left: b + '%', right: 0 }}></span><span class="window" style=${{ left: a + '%', width: b - a + '%' }}></span></div>`;
}

function Axis({ view }) {
  const { list, step } = ticks(view[0], view[1], 6);
  return html`<div class="axis mono" aria-hidden="true">${list.map((t) => { const x = left(t, view); return x < 93 ? html`<span key=${t} style=${{ left: x + '%' }}>${tick(t, step)}</span>` : null; })}</div>`;
}
function Grid({ view }) {
  const { list } = ticks(view[0], view[1], 6);
  return html`<div class="grid-lines" aria-hidden="true">${list.map((t) => html`<i key=${t} style=${{ left: left(t, view) + '%' }}></i>`)}</div>`;
}

/**
 * `selected` is the key of a row; `found` the keys that match what is looked for, or null; `listRef` gets the list.
 */
function Waterfall({ trace, rows, view, onView, shut, onShut, selected, onSelect, by, critical, found, listRef }) {
  const narrow = useNarrow(), box = useRef(null), list = useRef(null), drag = useRef(null);
  const [band, setBand] = useState(null);
  const [tree, setTree] = usePref('tree', 44);
  const lane = () => {
    const el = box.current.querySelector('.lane-ruler');
    return el.getBoundingClientRect();
  };
  const timeAt = (x) => { const area = lane(); return view[0] + Math.max(0, Math.min(1, (x - area.left) / area.width)) * (view[1] - view[0]); };
  const zoom = (factor, around) => {
    const t = around === undefined ? (view[0] + view[1]) / 2 : around;
    onView(clampView([t - (t - view[0]) * factor, t + (view[1] - t) * factor], trace.length));
  };
  const shift = (share) => { const d = (view[1] - view[0]) * share; onView(clampView([view[0] + d, view[1] + d], trace.length)); };
  const zoomTo = (node) => { const long = node.type === 'span' ? node.long : 0, air = Math.max(long * 0.08, trace.length * 1e-4); onView(clampView([node.at - air, node.at + long + air], trace.length)); };
  const state = useRef(null);
  state.current = { zoom, shift, timeAt };

  useEffect(() => {
    // Not passive: a wheel that zooms must not scroll.
    const el = box.current;
    const wheel = (event) => {
      const s = state.current;
      if (event.ctrlKey || event.metaKey || event.altKey) { event.preventDefault(); s.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.008), s.timeAt(event.clientX)); } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        s.shift((event.deltaX || event.deltaY) / 600);
      }
    };
    el.addEventListener('wheel', wheel, { passive: false });
    return () => el.removeEventListener('wheel', wheel);
  }, []);

  const down = (event) => {
    if (event.button || event.pointerType === 'touch' || !event.target.closest('.lane') || event.target.closest('a,button')) return;
    drag.current = { x: event.clientX, t: timeAt(event.clientX), id: event.pointerId };
  };
  const move = (event) => {
    const d = drag.current;
    if (!d || (!d.on && Math.abs(event.clientX - d.x) < 5)) return;
    if (!d.on) { d.on = true; box.current.setPointerCapture(d.id); }
    const t = timeAt(event.clientX);
    setBand([Math.min(t, d.t), Math.max(t, d.t)]);
  };
  const up = () => {
    if (drag.current && drag.current.on && band) onView(clampView(band, trace.length));
    drag.current = null;
    setBand(null);
  };
  const toggle = (node, deep) => {
    const next = new Set(shut), close = !next.has(node.key), stack = [node];
    while (stack.length) { const n = stack.pop(); if (n.all.length) { if (close) next.add(n.key); else next.delete(n.key); } if (deep) stack.push(...n.children); }
    onShut(next);
  };
  const keys = (event, node) => {
    const key = event.key;
    if (key === '+' || key === '=' || key === 'w') zoom(0.6);
    else if (key === '-' || key === 's') zoom(1 / 0.6);
    else if (key === '0') onView([0, trace.length]);
    else if (key === 'a') shift(-0.25);
    else if (key === 'd') shift(0.25);
    else if (key === 'f' && node) zoomTo(node);
    else if (key === 'ArrowLeft' && node) { if (node.type === 'span' && node.all.length && !shut.has(node.key)) toggle(node); else { const parent = node.type === 'span' ? node.parent : trace.byId.get(String(node.of)) || trace.roots[0]; if (parent) { onSelect(parent.key); list.current && list.current.reveal(parent.key); } } } else if (key === 'ArrowRight' && node) { if (node.type === 'span' && shut.has(node.key)) toggle(node); else list.current && list.current.move(1); } else if (key === ' ' && node && node.type === 'span' && node.all.length) toggle(node, event.shiftKey);
    else return false;
    return true;
  };
  const resize = (event) => {
    event.preventDefault();
    const area = box.current.getBoundingClientRect();
    const drag2 = (e) => setTree(Math.round(Math.max(15, Math.min(75, (e.clientX - area.left) / area.width * 100)) * 10) / 10);
    const stop = () => { removeEventListener('pointermove', drag2); removeEventListener('pointerup', stop); };
    addEventListener('pointermove', drag2);
    addEventListener('pointerup', stop);
  };

  const row = (node) => {
    const indent = Math.min(node.depth, narrow ? 8 : 18) * (narrow ? 9 : 13);
    const faint = found && !found.has(node.key) || (critical && node.type === 'span' && !node.span.critical);
    if (node.type !== 'span') {
      const event = node.type === 'event', level = event ? levelOf(node.event.level || 'error') : levelOf(node.log.level), x = left(node.at, view);
      return html`<${Cell} class="tree"><span class="indent" style=${{ width: indent + 'px' }}></span><span class=${cx('tree-note', 'n-' + level, faint && 'faint')}><i aria-hidden="true">${event ? '◆' : '●'}</i><span class="unseen">${event ? 'error' : 'log ' + level}</span><bdi>${event ? html`<b>${line(node.event.type || 'Message', 80)}</b> ${line(node.event.value || node.event.message, 300)}` : line(node.log.body, 300)}</bdi></span><//>
        <${Cell} class="lane">${x >= 0 && x <= 100 ? html`<span class=${cx('note-pin', 'n-' + level)} style=${{ left: x + '%' }}></span>` : null}<//>`;
    }
    const s = node.span, closed = shut.has(node.key);
    return html`<${Cell} class="tree"><span class="indent" style=${{ width: indent + 'px' }}></span>
        ${node.all.length ? html`<button type="button" class="twist" tabIndex="-1" aria-label=${closed ? 'Expand' : 'Collapse'} onClick=${(e) => toggle(node, e.shiftKey)}><${Icon} name="right" /></button>` : html`<span class="twist"></span>`}
        <i class=${'dot ' + colourOf(node, by)}></i><span class=${cx('span-name', faint && 'faint', node.bad && 'bad')}><bdi title=${visible(s.name, 600)}>${line(s.name || s.op || s.span_id, 300)}</bdi>${s.op && s.name && !String(s.name).startsWith(s.op) ? html`<span class="op">${line(s.op, 40)}</span>` : null}</span>
        ${closed ? html`<span class="n">${compact(countBelow(node))}</span>` : null}${node.errors ? html`<span class="mark m-error" title=${plural(node.errors, 'error')}><i aria-hidden="true">◆</i></span>` : null}${!node.parent || (node.parent.span.service !== s.service && s.service) ? html`<${Service} name=${s.service} />` : null}${s.orphan ? html`<span class="status warn" title="Its parent was not received">orphan</span>` : null}<//>
      <${Cell} class="lane"><${Bar} node=${node} view=${view} by=${by} dim=${faint} critical=${critical} shut=${closed} /><//>`;
  };
  const rowProps = (node) => ({
    class: cx(node.type !== 'span' && 'note', node.bad && 'failed'), 'aria-level': node.depth + 1,
    'aria-expanded': node.type === 'span' && node.all.length ? String(!shut.has(node.key)) : undefined,
    onDblClick: () => zoomTo(node),
  });
  const edge = (t) => `${Math.max(0, Math.min(100, left(t, view)))}%`;
  return html`<div class="waterfall" ref=${(el) => { box.current = el; if (el) el.style.setProperty('--tree', narrow ? '100%' : tree + '%'); }} onPointerDown=${down} onPointerMove=${move} onPointerUp=${up} onPointerCancel=${up}>
    <div class="lanes-head"><div class="tree-head dim">${plural(trace.nodes.length, 'span')}</div>
      ${narrow ? null : html`<div class="resize" role="separator" aria-orientation="vertical" aria-label="Width of the names" aria-valuenow=${Math.round(tree)} aria-valuemin="15" aria-valuemax="75" tabIndex="0" onPointerDown=${resize} onKeyDown=${(e) => { const d = { ArrowLeft: -2, ArrowRight: 2 }[e.key]; if (d) { e.preventDefault(); e.stopPropagation(); setTree(Math.max(15, Math.min(75, tree + d))); } }}></div>`}
      <div class="lane-ruler lane"><${Axis} view=${view} /></div></div>
    <${VirtualList} class="spans" role="treegrid" label="Spans" rows=${rows} keyOf=${(r) => r.key} row=${row} rowProps=${rowProps} deps=${[narrow, trace, view[0], view[1], shut, by, critical, found, serviceSeen()]} rowHeight=${narrow ? 44 : 26} selected=${selected} onSelect=${onSelect} onKey=${keys} listRef=${list} place=${'trace' + trace.info.trace_id} innerRef=${listRef}
      under=${html`<div class="under"><${Grid} view=${view} />${band ? html`<div class="band" style=${{ left: edge(band[0]), right: `calc(100% - ${edge(band[1])})` }}><span class="mono">${took(band[1] - band[0])}</span></div>` : null}</div>`} />
  </div>`;
}
