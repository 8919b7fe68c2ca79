//! The rule by which the caller of a frame is found: of the table's rules, those for three registers.
//!
//! The numbers of registers are those of the [ABI](https://gitlab.com/x86-psABIs/x86-64-ABI).

use gimli::{CfaRule, RegisterRule, X86_64};

use crate::stacktrace::unwind::table::{Row, Table};

/// The register from which the end of a frame is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    StackPointer,
    FramePointer,
}

/// The rule for one return address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Only the system's unwinder knows it.
    Unknown,
    /// The frame is the outermost one.
    End,
    /// The frame ends `offset` bytes above the register, with the return address in its last word. The caller's frame
    /// pointer is kept `saved` bytes below the end; zero: it is unchanged.
    Caller { base: Base, offset: u32, saved: u32 },
}

/// The number of bits of a packed rule.
pub(super) const BITS: u32 = 30;

const WORD: u32 = 8;
const MAX_OFFSET: u32 = 1 << 16;
const MAX_SAVED: u32 = 1 << 12;

impl Rule {
    /// Returns the rule of an instruction, if it is one of the usual kind.
    pub(super) fn at(table: &Table<'_>, address: usize) -> Option<Self> {
        table.at(address as u64, |_, function, row| {
            let common = function.cie();
            let is_usual = !common.is_signal_trampoline() && common.return_address_register() == X86_64::RA;
            if is_usual { Self::of(row) } else { None }
        })
    }

    fn of(row: &Row) -> Option<Self> {
        match row.register(X86_64::RA) {
            Some(RegisterRule::Undefined) => return Some(Self::End),
            Some(RegisterRule::Offset(-8)) => {}
            _ => return None,
        }
        // Where nothing else is said, the caller's stack pointer is the end of the frame.
        if row.register(X86_64::RSP).is_some() {
            return None;
        }
        let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
        let base = match *register {
            X86_64::RSP => Base::StackPointer,
            X86_64::RBP => Base::FramePointer,
            _ => return None,
        };
        let saved = match row.register(X86_64::RBP) {
            None | Some(RegisterRule::SameValue | RegisterRule::Undefined) => 0,
            // Zero would mean that it is unchanged.
            Some(RegisterRule::Offset(offset)) if offset < 0 => u32::try_from(offset.unsigned_abs()).ok()?,
            Some(_) => return None,
        };
        Some(Self::Caller { base, offset: u32::try_from(*offset).ok()?, saved })
    }

    /// Returns the rule as a number. A rule with distances that do not fit is [`Rule::Unknown`].
    pub(super) fn packed(self) -> u32 {
        let Self::Caller { base, offset, saved } = self else { return u32::from(self == Self::End) };
        let fits = |distance: u32, max: u32| distance.is_multiple_of(WORD) && distance / WORD < max;
        if !fits(offset, MAX_OFFSET) || !fits(saved, MAX_SAVED) {
            return Self::Unknown.packed();
        }
        let kind = 2 + u32::from(base == Base::FramePointer);
        kind | ((offset / WORD) << 2) | ((saved / WORD) << 18)
    }

    /// Returns the rule of a number.
    #[inline]
    pub(super) fn unpacked(packed: u32) -> Self {
        let base = match packed & 3 {
            0 => return Self::Unknown,
            1 => return Self::End,
            2 => Base::StackPointer,
            _ => Base::FramePointer,
        };
        let (offset, saved) = (packed >> 2 & (MAX_OFFSET - 1), packed >> 18 & (MAX_SAVED - 1));
        Self::Caller { base, offset: offset * WORD, saved: saved * WORD }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_changes_no_rule_that_fits() {
        let caller = |base, offset, saved| Rule::Caller { base, offset, saved };
        let most = caller(Base::FramePointer, (MAX_OFFSET - 1) * WORD, (MAX_SAVED - 1) * WORD);
        for rule in [Rule::Unknown, Rule::End, caller(Base::StackPointer, 8, 0), most] {
            assert_eq!(Rule::unpacked(rule.packed()), rule);
            assert!(rule.packed() < 1 << BITS);
        }
        for rule in [
            caller(Base::StackPointer, MAX_OFFSET * WORD, 0),
            caller(Base::StackPointer, 16, MAX_SAVED * WORD),
            caller(Base::StackPointer, 12, 0),
        ] {
            assert_eq!(Rule::unpacked(rule.packed()), Rule::Unknown, "{rule:?}");
        }
    }
}
