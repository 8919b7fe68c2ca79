//! The rules of return addresses that were needed before.
//!
//! Each entry is one word that holds both the address and its rule, so that threads read and write entries without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::modules::Modules;
use super::rule::{self, Rule};

/// The number of entries, 8 KiB. An address whose entry another address holds replaces it.
const ENTRIES: usize = 1 << INDEX_BITS;
const INDEX_BITS: u32 = 10;

static RULES: [AtomicU64; ENTRIES] = [const { AtomicU64::new(0) }; ENTRIES];

/// Returns the rule of the frame that continues at an address; `None` for code that may be unloaded.
#[inline]
pub(super) fn rule(modules: &Modules, address: usize) -> Option<Rule> {
    // The call itself: what follows it may belong to another function.
    let call = address.wrapping_sub(1);
    let (key, module) = modules.find(call)?;
    // Multiplicative hashing, by the golden ratio.
    let index = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - INDEX_BITS);
    let entry = &RULES[index as usize];
    let known = entry.load(Ordering::Relaxed);
    if known >> rule::BITS == key {
        return Some(Rule::unpacked(known as u32 & ((1 << rule::BITS) - 1)));
    }
    let found = Rule::at(module.table(), call).unwrap_or(Rule::Unknown);
    entry.store(key << rule::BITS | u64::from(found.packed()), Ordering::Relaxed);
    // As a later walk will find it.
    Some(Rule::unpacked(found.packed()))
}
