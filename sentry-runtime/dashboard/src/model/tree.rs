//! The spans of a trace as a tree, whatever their parents say: unknown parents and circles included.

use std::collections::HashMap;

use super::index::Index;
use super::rows::{Batch, Span};
use super::trace::Trace;
use super::value::{Value, get};

/// A span in its place.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    /// The number of its batch, and its position there.
    pub(crate) place: (u64, usize),
    pub(crate) batch: &'a Batch,
    pub(crate) span: &'a Span,
    pub(crate) depth: usize,
    /// The position of the node above it.
    pub(crate) above: Option<usize>,
    /// The positions of its children by start; without the orphans that are shown below it.
    pub(crate) children: Vec<usize>,
    /// Its parent has not come (or is its own descendant).
    pub(crate) is_orphan: bool,
}

/// The spans of a trace: parents before children, children by start.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
    /// The number of spans that were left out.
    pub(crate) left_out: usize,
}

/// Builds the tree of a trace, of at most `limit` spans.
pub(crate) fn build<'a>(index: &'a Index, trace: &Trace, limit: usize) -> Tree<'a> {
    let batches = trace.batches.iter().filter_map(|&number| Some((number, index.batches.get(number)?)));
    let mut spans: Vec<Found<'a>> = batches
        .flat_map(|(number, batch)| {
            batch.spans.iter().enumerate().map(move |(at, span)| Found { place: (number, at), batch, span })
        })
        .collect();
    spans.sort_by(|a, b| {
        a.span.start.total_cmp(&b.span.start).then(b.span.duration.total_cmp(&a.span.duration))
    });
    let left_out = spans.len().saturating_sub(limit);
    if left_out > 0 {
        // The root says most, whenever it began.
        let root = trace.root.as_ref().map(|root| root.id);
        if let Some(at) = spans.iter().position(|found| Some(found.span.id) == root)
            && at >= limit
            && limit > 0
        {
            spans.swap(at, limit - 1);
        }
        spans.truncate(limit);
    }
    let by_id: HashMap<u64, usize> =
        spans.iter().enumerate().map(|(at, found)| (found.span.id, at)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
    let mut tops = Vec::new();
    let mut orphans = Vec::new();
    for (at, Found { span, .. }) in spans.iter().enumerate() {
        match by_id.get(&span.parent) {
            Some(&parent) if parent != at => children[parent].push(at),
            _ if span.parent == 0 => tops.push(at),
            _ => orphans.push(at),
        }
    }
    // An orphan hangs below its segment or the span without a parent, if there is exactly one.
    let only_top = if let [top] = tops[..] { Some(top) } else { None };
    let mut adopted: HashMap<usize, Vec<usize>> = HashMap::new();
    for at in orphans.iter().copied() {
        let segment = get(&spans[at].span.attributes, "sentry.segment.id").and_then(Value::as_text);
        let segment = segment.and_then(|id| by_id.get(&super::json::parse_id64(id)?).copied());
        match segment.filter(|segment| *segment != at && spans[*segment].span.is_segment).or(only_top) {
            Some(below) => adopted.entry(below).or_default().push(at),
            None => tops.push(at),
        }
    }
    tops.sort_unstable();
    let mut is_orphan = vec![false; spans.len()];
    for at in orphans {
        is_orphan[at] = true;
    }
    place(&spans, &children, &adopted, tops, is_orphan, left_out)
}

/// A span and where it was found.
#[derive(Clone, Copy)]
struct Found<'a> {
    place: (u64, usize),
    batch: &'a Batch,
    span: &'a Span,
}

fn place<'a>(
    spans: &[Found<'a>],
    children: &[Vec<usize>],
    adopted: &HashMap<usize, Vec<usize>>,
    tops: Vec<usize>,
    mut is_orphan: Vec<bool>,
    left_out: usize,
) -> Tree<'a> {
    let mut nodes: Vec<Node<'a>> = Vec::with_capacity(spans.len());
    let mut placed: Vec<Option<usize>> = vec![None; spans.len()];
    let mut stack: Vec<(usize, Option<usize>)> = tops.into_iter().rev().map(|at| (at, None)).collect();
    let mut next_unplaced = 0;
    loop {
        while let Some((at, above)) = stack.pop() {
            if placed[at].is_some() {
                continue;
            }
            let position = nodes.len();
            placed[at] = Some(position);
            let Found { place, batch, span } = spans[at];
            let depth = above.map_or(0, |above| nodes[above].depth + 1);
            nodes.push(Node {
                place,
                batch,
                span,
                depth,
                above,
                children: Vec::new(),
                is_orphan: is_orphan[at],
            });
            if let (Some(above), false) = (above, is_orphan[at]) {
                nodes[above].children.push(position);
            }
            let mut below = children[at].clone();
            if let Some(orphans) = adopted.get(&at) {
                below.extend(orphans);
                below.sort_unstable();
            }
            stack.extend(below.into_iter().rev().map(|below| (below, Some(position))));
        }
        // The rest are circles: each is opened at its earliest span.
        while next_unplaced < spans.len() && placed[next_unplaced].is_some() {
            next_unplaced += 1;
        }
        if next_unplaced == spans.len() {
            return Tree { nodes, left_out };
        }
        is_orphan[next_unplaced] = true;
        stack.push((next_unplaced, None));
    }
}

impl Tree<'_> {
    /// Returns the milliseconds of each span in which none of its children ran.
    pub(crate) fn self_times(&self) -> Vec<f64> {
        self.nodes.iter().map(|node| self.self_time(node)).collect()
    }

    fn self_time(&self, node: &Node<'_>) -> f64 {
        let (start, end) = (node.span.start, node.span.end());
        let (mut covered, mut until) = (0.0, start);
        // Children are sorted by start.
        for child in node.children.iter().filter_map(|&child| self.nodes.get(child)) {
            let (from, to) = (child.span.start.max(until), child.span.end().min(end));
            if to > from {
                covered += to - from;
                until = to;
            }
        }
        ((node.span.duration - covered) * 1e3).max(0.0)
    }
}
