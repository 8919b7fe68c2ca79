// Small plots, as SVG. Each says its content in words too.

const peak = (list) => list.reduce((m, v) => Math.max(m, num(v)), 0);

/** Bars: one a number. */
function Bars({ of, label, width = 96, height = 20, class: name }) {
  const values = Array.isArray(of) ? of : [], top = peak(values) || 1, step = width / Math.max(1, values.length);
  return html`<svg class=${cx('bars', name)} viewBox=${`0 0 ${width} ${height}`} width=${width} height=${height} role="img" aria-label=${label} preserveAspectRatio="none">
    ${values.map((v, i) => { const tall = num(v) > 0 ? Math.max(2, num(v) / top * height) : 1; return html`<rect key=${i} class=${num(v) > 0 ? '' : 'none'} x=${i * step} y=${height - tall} width=${Math.max(0.5, step - 1)} height=${tall} rx="0.5" />`; })}</svg>`;
}
/** A line over bars: durations over calls. */
function Sparkline({ bars, points, label, width = 110, height = 22 }) {
  const values = Array.isArray(bars) ? bars : [], slow = Array.isArray(points) ? points : [];
  const top = peak(values) || 1, high = peak(slow) || 1, step = width / Math.max(1, values.length);
  const path = slow.map((v, i) => (num(v) > 0 ? [i * step + step / 2, height - 1 - num(v) / high * (height - 3)] : null)).filter(Boolean);
  return html`<svg class="spark" viewBox=${`0 0 ${width} ${height}`} width=${width} height=${height} role="img" aria-label=${label}>
    ${values.map((v, i) => (num(v) > 0 ? html`<rect key=${i} x=${i * step} y=${height - Math.max(2, num(v) / top * height)} width=${step - 1} height=${Math.max(2, num(v) / top * height)} rx="0.5" />` : null))}
    ${path.length > 1 ? html`<polyline points=${path.map((p) => p.map((n) => n.toFixed(1)).join(',')).join(' ')} />` : path.map((p) => html`<circle cx=${p[0]} cy=${p[1]} r="1.5" />`)}</svg>`;
}

/** Recent traces: when, and how long on a logarithmic scale. A press opens the nearest. */
function Scatter({ traces, onOpen, selected }) {
  const box = useRef(null);
  const [width, setWidth] = useState(900);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => setWidth(box.current ? box.current.clientWidth || 900 : 900));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const height = 64, list = traces.slice(0, 400).filter((t) => typeof t.start === 'number');
  let from = Infinity, to = -Infinity, low = Infinity, high = 1;
  for (const t of list) { const d = Math.max(0.05, num(t.duration_ms)); from = Math.min(from, t.start); to = Math.max(to, t.start); low = Math.min(low, d); high = Math.max(high, d); }
  low = Math.min(low, high / 10);
  const x = (t) => 10 + (to > from ? (t.start - from) / (to - from) : 0.5) * (width - 66);
  const y = (t) => height - 8 - Math.log(Math.max(0.05, num(t.duration_ms)) / low) / Math.log(high / low) * (height - 18);
  const press = (event) => {
    const area = event.currentTarget.getBoundingClientRect(), px = event.clientX - area.left, py = event.clientY - area.top;
    let best = null, near = 18;
    for (const t of list) { const d = Math.hypot(x(t) - px, y(t) - py); if (d < near) { near = d; best = t; } }
    if (best) onOpen(best);
  };
  return html`<div class="scatter" ref=${box}>${list.length > 1 ? html`<svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${`Durations of ${list.length} traces, from ${took(low)} to ${took(high)}`} onClick=${press}>
    <line class="rule" x1="0" x2=${width - 52} y1="10" y2="10" /><line class="rule" x1="0" x2=${width - 52} y1=${height - 8} y2=${height - 8} />
    <text x=${width - 46} y="14">${took(high)}</text><text x=${width - 46} y=${height - 4}>${took(low)}</text>
    ${list.map((t) => html`<circle key=${t.trace_id} class=${cx('k-' + kindOf(t.op), num(t.errors) > 0 && 'err', t.trace_id === selected && 'on')} cx=${x(t).toFixed(1)} cy=${y(t).toFixed(1)} r=${t.trace_id === selected ? 5 : num(t.errors) > 0 ? 3.5 : 3}><title>${line(t.name, 120)} · ${took(t.duration_ms)}</title></circle>`)}
  </svg>` : null}</div>`;
}

/** A metric's plot: a line of `value(point)`, and a band between its lowest and highest. */
function Plot({ points, value, band, unit, label, type, height = 72 }) {
  const box = useRef(null);
  const [width, setWidth] = useState(300), [at, setAt] = useState(-1);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => setWidth(box.current ? box.current.clientWidth || 300 : 300));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const list = (Array.isArray(points) ? points : []).filter((p) => typeof p.t === 'number');
  const from = list.length ? list[0].t : 0, to = list.length ? list[list.length - 1].t : 1;
  let low = type === 'counter' ? 0 : Infinity, high = -Infinity;
  for (const p of list) { const v = value(p); low = Math.min(low, v, band && typeof p.min === 'number' ? p.min : v); high = Math.max(high, v, band && typeof p.max === 'number' ? p.max : v); }
  if (!(high > low)) { high = low + 1; if (type !== 'counter') low -= 1; }
  const x = (p) => 2 + (to > from ? (p.t - from) / (to - from) : 0.5) * (width - 4), y = (v) => height - 3 - (v - low) / (high - low) * (height - 8);
  const pair = (p, v) => `${x(p).toFixed(1)},${y(v).toFixed(1)}`;
  const hover = (event) => {
    const px = event.clientX - event.currentTarget.getBoundingClientRect().left;
    let best = -1, near = Infinity;
    list.forEach((p, i) => { const d = Math.abs(x(p) - px); if (d < near) { near = d; best = i; } });
    setAt(best);
  };
  const bar = Math.max(1.5, Math.min(14, width / Math.max(1, list.length) - 1)), point = list[at];
  return html`<div class="plot" ref=${box}><svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${label} onPointerMove=${hover} onPointerLeave=${() => setAt(-1)}>
    ${type === 'counter' ? list.map((p, i) => html`<rect key=${p.t} class=${i === at ? 'on' : ''} x=${Math.min(width - bar, Math.max(0, x(p) - bar / 2))} y=${y(value(p))} width=${bar} height=${Math.max(1, height - 3 - y(value(p)))} />`)
      : html`${band && list.length > 1 ? html`<polygon points=${[...list.map((p) => pair(p, num(p.max))), ...[...list].reverse().map((p) => pair(p, num(p.min)))].join(' ')} />` : null}<polyline points=${list.map((p) => pair(p, value(p))).join(' ')} />${list.length < 2 ? list.map((p) => html`<circle class="dot" cx=${x(p)} cy=${y(value(p))} r="3" />`) : null}`}
    ${point && type !== 'counter' ? html`<circle class="dot" cx=${x(point)} cy=${y(value(point))} r="3.5" />` : null}</svg>
    <div class="plot-note mono">${point ? html`<span>${clock(point.t)}</span><strong>${measure(value(point), unit)}</strong>` : html`<span>${clock(from)}</span><span>${clock(to)}</span>`}</div></div>`;
}
const UNITS = { nanosecond: 1e-6, microsecond: 1e-3, millisecond: 1, second: 1000, minute: 60000, hour: 3600000 };
function measure(value, unit) {
  if (typeof value !== 'number' || !isFinite(value)) return '–';
  if (UNITS[unit]) return took(value * UNITS[unit]);
  if (unit === 'byte') return bytes(Math.round(value));
  if (unit === 'ratio') return percent(value);
  return compact(value) + (unit && unit !== 'none' ? ' ' + line(unit, 24) : '');
}
