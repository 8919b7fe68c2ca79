//! The interpreter of call frame instructions: they say, for each address of a function, where its frame ends and where
//! the registers of its caller are.
//!
//! Only the stack pointer, the frame pointer and the return address are followed. Expressions are not evaluated.
//!
//! [Spec](https://dwarfstd.org/doc/DWARF5.pdf), section 6.4.2.

use super::reader::Reader;
use super::rule::{Base, Rule};

/// The numbers of registers of x86-64.
const FRAME_POINTER: u64 = 6;
const STACK_POINTER: u64 = 7;
/// The number of the column of the return address.
pub(super) const RETURN_ADDRESS: u64 = 16;

/// How many states may be remembered, one inside the other.
const MAX_REMEMBERED: usize = 8;

/// The place of a register's value in the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The register has not changed.
    Same,
    /// There is none.
    Undefined,
    /// In memory, at this distance from the end of the frame.
    At(i64),
    /// In another register, or given by an expression.
    Elsewhere,
}

/// The state at one address.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// The register and the offset that give the end of the frame, unless an expression does.
    end: Option<(u64, i64)>,
    stack_pointer: Place,
    frame_pointer: Place,
    return_address: Place,
}

impl Row {
    fn set(&mut self, register: u64, place: Place) {
        match register {
            STACK_POINTER => self.stack_pointer = place,
            FRAME_POINTER => self.frame_pointer = place,
            RETURN_ADDRESS => self.return_address = place,
            // The walk does not need it, unless the end of the frame depends on it.
            _ => {}
        }
    }

    fn place(&self, register: u64) -> Place {
        match register {
            STACK_POINTER => self.stack_pointer,
            FRAME_POINTER => self.frame_pointer,
            RETURN_ADDRESS => self.return_address,
            _ => Place::Same,
        }
    }

    /// Returns the rule, if it is one of the usual kind.
    fn rule(&self) -> Option<Rule> {
        match self.return_address {
            Place::Undefined => return Some(Rule::End),
            Place::At(-8) => {}
            Place::At(_) | Place::Same | Place::Elsewhere => return None,
        }
        // Where nothing else is said, the caller's stack pointer is the end of the frame.
        let (register, offset) = self.end.filter(|_| self.stack_pointer == Place::Same)?;
        let base = match register {
            STACK_POINTER => Base::StackPointer,
            FRAME_POINTER => Base::FramePointer,
            _ => return None,
        };
        let saved = match self.frame_pointer {
            Place::Same | Place::Undefined => 0,
            // Zero would mean that it is unchanged.
            Place::At(offset) if offset < 0 => u32::try_from(-offset).ok()?,
            Place::At(_) | Place::Elsewhere => return None,
        };
        Some(Rule::Caller { base, offset: u32::try_from(offset).ok()?, saved })
    }
}

/// The instructions of a function, and what they have in common with those of other functions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Program<'a> {
    pub(super) code_factor: u64,
    pub(super) data_factor: i64,
    /// The instructions that lead to the state at the beginning of each function.
    pub(super) common: Reader<'a>,
    pub(super) own: Reader<'a>,
}

impl Program<'_> {
    /// Returns the rule at a distance from the beginning of the function.
    pub(super) fn rule_at(&self, distance: u64) -> Option<Rule> {
        let mut row = Row {
            end: None,
            stack_pointer: Place::Same,
            frame_pointer: Place::Same,
            return_address: Place::Same,
        };
        self.run(self.common, &mut row, u64::MAX, None)?;
        let initial = row;
        self.run(self.own, &mut row, distance, Some(initial))?;
        row.rule()
    }

    /// Runs instructions up to those for addresses behind `distance`. `initial` is the state that `restore` leads to.
    fn run(&self, mut code: Reader<'_>, row: &mut Row, distance: u64, initial: Option<Row>) -> Option<()> {
        let mut remembered = [*row; MAX_REMEMBERED];
        let mut depth = 0;
        let mut at = 0_u64;
        while !code.is_at_end() {
            let byte = code.u8()?;
            let low = u64::from(byte & 0x3f);
            let advance = match (byte >> 6, byte) {
                (1, _) => Some(low),
                (2, _) => {
                    let place = self.factored(code.uleb()?)?;
                    row.set(low, place);
                    None
                }
                (3, _) => {
                    row.set(low, initial?.place(low));
                    None
                }
                // DW_CFA_advance_loc1, 2 and 4
                (_, 0x02) => Some(u64::from(code.u8()?)),
                (_, 0x03) => Some(u64::from(code.u16()?)),
                (_, 0x04) => Some(u64::from(code.u32()?)),
                // DW_CFA_remember_state and restore_state
                (_, 0x0a) => {
                    *remembered.get_mut(depth)? = *row;
                    depth += 1;
                    None
                }
                (_, 0x0b) => {
                    depth = depth.checked_sub(1)?;
                    *row = remembered[depth];
                    None
                }
                _ => {
                    self.change(byte, &mut code, row, initial)?;
                    None
                }
            };
            if let Some(advance) = advance {
                at = at.checked_add(advance.checked_mul(self.code_factor)?)?;
                if at > distance {
                    break;
                }
            }
        }
        Some(())
    }

    /// Runs an instruction that changes the row.
    fn change(&self, byte: u8, code: &mut Reader<'_>, row: &mut Row, initial: Option<Row>) -> Option<()> {
        match byte {
            // DW_CFA_nop
            0x00 => {}
            // DW_CFA_offset_extended
            0x05 => {
                let register = code.uleb()?;
                row.set(register, self.factored(code.uleb()?)?);
            }
            // DW_CFA_restore_extended
            0x06 => {
                let register = code.uleb()?;
                row.set(register, initial?.place(register));
            }
            // DW_CFA_undefined
            0x07 => row.set(code.uleb()?, Place::Undefined),
            // DW_CFA_same_value
            0x08 => row.set(code.uleb()?, Place::Same),
            // DW_CFA_register, val_offset and val_offset_sf
            0x09 | 0x14 | 0x15 => {
                row.set(code.uleb()?, Place::Elsewhere);
                code.uleb()?;
            }
            // DW_CFA_def_cfa
            0x0c => row.end = Some((code.uleb()?, i64::try_from(code.uleb()?).ok()?)),
            // DW_CFA_def_cfa_register
            0x0d => row.end = Some((code.uleb()?, row.end?.1)),
            // DW_CFA_def_cfa_offset
            0x0e => row.end = Some((row.end?.0, i64::try_from(code.uleb()?).ok()?)),
            // DW_CFA_def_cfa_expression
            0x0f => {
                let length = code.uleb()?;
                code.skip(length)?;
                row.end = None;
            }
            // DW_CFA_expression and val_expression
            0x10 | 0x16 => {
                row.set(code.uleb()?, Place::Elsewhere);
                let length = code.uleb()?;
                code.skip(length)?;
            }
            // DW_CFA_offset_extended_sf
            0x11 => {
                let register = code.uleb()?;
                row.set(register, Place::At(code.sleb()?.checked_mul(self.data_factor)?));
            }
            // DW_CFA_def_cfa_sf
            0x12 => row.end = Some((code.uleb()?, code.sleb()?.checked_mul(self.data_factor)?)),
            // DW_CFA_def_cfa_offset_sf
            0x13 => row.end = Some((row.end?.0, code.sleb()?.checked_mul(self.data_factor)?)),
            // DW_CFA_GNU_args_size: only a landing pad needs it.
            0x2e => _ = code.uleb()?,
            _ => return None,
        }
        Some(())
    }

    fn factored(&self, offset: u64) -> Option<Place> {
        i64::try_from(offset).ok()?.checked_mul(self.data_factor).map(Place::At)
    }
}
