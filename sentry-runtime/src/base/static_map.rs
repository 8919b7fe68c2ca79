//! A map from `'static` keys to values that are computed once and then read without a lock. A lock would block the
//! child of a fork if another thread of the parent held it.

#![expect(unsafe_code, reason = "nodes are shared as raw pointers and never freed, see `StaticMap`")]

use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The number of chains: more than most programs have keys, and 8 KiB.
const CHAINS: usize = 1 << 10;

/// A map with one `V` per `K`, identified by the key's address. Each chain is a list; nodes are added at its front and
/// never removed.
pub(crate) struct StaticMap<K: 'static, V: 'static> {
    /// The newest node of each chain.
    chains: [AtomicPtr<Node<K, V>>; CHAINS],
    _shared: PhantomData<&'static (K, V)>,
}

struct Node<K: 'static, V> {
    key: &'static K,
    value: V,
    next: *const Self,
}

impl<K: Sync, V: Send + Sync> StaticMap<K, V> {
    pub(crate) const fn new() -> Self {
        Self { chains: [const { AtomicPtr::new(ptr::null_mut()) }; CHAINS], _shared: PhantomData }
    }

    /// Returns the value of `key`. Calls `find_out` if there is none yet; threads that ask at the same time may each
    /// call it.
    pub(crate) fn get(&'static self, key: &'static K, find_out: fn(&K) -> V) -> &'static V {
        let chain = &self.chains[chain_of(key)];
        let mut head = chain.load(Ordering::Acquire);
        if let Some(value) = find(head, key) {
            return value;
        }
        let node = Box::into_raw(Box::new(Node { key, value: find_out(key), next: head }));
        loop {
            match chain.compare_exchange(head, node, Ordering::Release, Ordering::Acquire) {
                // SAFETY: the node is complete; in the chain it is neither written to nor freed.
                Ok(_) => return unsafe { &(*node).value },
                Err(newer) => {
                    if let Some(value) = find(newer, key) {
                        // Another thread was faster.
                        // SAFETY: the node was created above, and no other thread has seen it.
                        drop(unsafe { Box::from_raw(node) });
                        return value;
                    }
                    head = newer;
                    // SAFETY: as above.
                    unsafe { (*node).next = newer };
                }
            }
        }
    }
}

fn find<K, V>(mut node: *const Node<K, V>, key: &K) -> Option<&'static V> {
    // SAFETY: a node is complete before it is linked into a chain, and there it is neither written to nor freed.
    while let Some(here) = unsafe { node.as_ref::<'static>() } {
        if ptr::eq(here.key, key) {
            return Some(&here.value);
        }
        node = here.next;
    }
    None
}

/// Statics lie close together, so their addresses differ in the low bits only; the hash spreads these over the high
/// bits.
fn chain_of<K>(key: &K) -> usize {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let spread = (ptr::from_ref(key).addr() as u64 >> 3).wrapping_mul(SPREAD);
    (spread >> (u64::BITS - CHAINS.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_threads_are_told_the_same() {
        static TABLE: StaticMap<u64, String> = StaticMap::new();
        // More keys than chains, so that some keys share one.
        let count = if cfg!(miri) { 1_100 } else { 20_000 };
        let keys: &'static [u64] = (0..count).collect::<Vec<u64>>().leak();
        let told: Vec<Vec<&'static String>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| keys.iter().map(|key| TABLE.get(key, u64::to_string)).collect()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (index, key) in keys.iter().enumerate() {
            assert_eq!(*told[0][index], key.to_string());
            assert!(told.iter().all(|told_one| ptr::eq(told_one[index], told[0][index])), "{key}");
        }
    }

    #[test]
    fn what_lies_side_by_side_is_spread() {
        let keys = vec![[0_u64; 6]; CHAINS];
        let mut used: Vec<usize> = keys.iter().map(chain_of).collect();
        used.sort_unstable();
        used.dedup();
        assert!(used.len() > CHAINS / 2, "{} chains are used by {CHAINS} keys", used.len());
    }
}
