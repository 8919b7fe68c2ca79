//! The critical path of a trace: the spans that decide how long it takes.

use crate::model::tree::Tree;

/// Returns for each node whether it is on the critical path: going back from the root's end, the child that ended last,
/// then the one that ended last before that one began, and so on in each of them.
pub(crate) fn path(tree: &Tree<'_>) -> Vec<bool> {
    let mut critical = vec![false; tree.nodes.len()];
    let Some(root) = root(tree) else { return critical };
    let mut stack = vec![(root, f64::INFINITY)];
    while let Some((at, until)) = stack.pop() {
        let Some(node) = tree.nodes.get(at) else { continue };
        critical[at] = true;
        let mut until = node.span.end().min(until);
        let mut children: Vec<usize> = node.children.clone();
        children.sort_by(|&a, &b| tree.nodes[b].span.end().total_cmp(&tree.nodes[a].span.end()));
        for child in children {
            let span = tree.nodes[child].span;
            // Work that its parent does not wait for ends after the parent.
            let end = span.end().min(node.span.end());
            if end <= until && span.start < until && end > node.span.start {
                stack.push((child, end));
                until = span.start;
            }
        }
    }
    critical
}

/// The span without a parent that takes longest, or the longest of the tops.
fn root(tree: &Tree<'_>) -> Option<usize> {
    let tops = tree.nodes.iter().enumerate().filter(|(_, node)| node.above.is_none());
    tops.max_by(|(_, a), (_, b)| {
        let rank = |node: &crate::model::tree::Node<'_>| node.span.parent == 0;
        rank(a).cmp(&rank(b)).then(a.span.duration.total_cmp(&b.span.duration))
    })
    .map(|(at, _)| at)
}
