//! Two traces side by side.

use std::collections::HashMap;

use crate::model::Index;
use crate::model::text::Text;
use crate::model::tree::Tree;

/// The spans of one path (names from the root on) in two traces.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) depth: usize,
    pub(crate) name: Text,
    pub(crate) op: Text,
    pub(crate) sides: [Side; 2],
}

/// The spans of a path in one trace.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Side {
    pub(crate) count: u64,
    pub(crate) ms: f64,
    pub(crate) self_ms: f64,
}

/// The maximum depth of a row; deeper spans are left out.
const MAX_DEPTH: usize = 64;

/// The longest path that is written out, in bytes.
const MAX_PATH: usize = 400;

/// Merges two trees by the names of their spans, parents before children.
pub(crate) fn rows(index: &Index, trees: [&Tree<'_>; 2]) -> Vec<Row> {
    let mut merged: Vec<(Row, Vec<usize>)> = Vec::new();
    let mut tops: Vec<usize> = Vec::new();
    for (side, tree) in trees.into_iter().enumerate() {
        let self_times = tree.self_times();
        let mut of_node: Vec<Option<usize>> = Vec::with_capacity(tree.nodes.len());
        let mut by_name: HashMap<(Option<usize>, Text, Text), usize> = HashMap::new();
        for (parent, children) in std::iter::once((None, tops.clone()))
            .chain(merged.iter().enumerate().map(|(at, (_, children))| (Some(at), children.clone())))
        {
            for child in children {
                let row = &merged[child].0;
                by_name.insert((parent, Text::clone(&row.name), Text::clone(&row.op)), child);
            }
        }
        for (node, self_ms) in tree.nodes.iter().zip(self_times) {
            let parent = node.above.and_then(|above| of_node[above]);
            let depth = parent.map_or(0, |parent| merged[parent].0.depth + 1);
            if depth >= MAX_DEPTH {
                of_node.push(None);
                continue;
            }
            let Some(function) = index.functions.get(node.span.function) else {
                of_node.push(None);
                continue;
            };
            let key = (parent, Text::clone(&function.name), Text::clone(&function.op));
            let at = *by_name.entry(key).or_insert_with(|| {
                let path = match parent {
                    Some(parent) if merged[parent].0.path.len() < MAX_PATH => {
                        format!("{} / {}", merged[parent].0.path, function.name)
                    }
                    Some(_) => format!("… / {}", function.name),
                    None => function.name.to_string(),
                };
                let (name, op) = (Text::clone(&function.name), Text::clone(&function.op));
                merged.push((Row { path, depth, name, op, sides: Default::default() }, Vec::new()));
                let at = merged.len() - 1;
                match parent {
                    Some(parent) => merged[parent].1.push(at),
                    None => tops.push(at),
                }
                at
            });
            let of = &mut merged[at].0.sides[side];
            of.count += 1;
            of.ms += node.span.duration_ms();
            of.self_ms += self_ms;
            of_node.push(Some(at));
        }
    }
    let mut order = Vec::with_capacity(merged.len());
    let mut stack: Vec<usize> = tops.into_iter().rev().collect();
    while let Some(at) = stack.pop() {
        order.push(at);
        stack.extend(merged[at].1.iter().rev());
    }
    let mut merged: Vec<Option<Row>> = merged.into_iter().map(|(row, _)| Some(row)).collect();
    order.into_iter().filter_map(|at| merged[at].take()).collect()
}
