//! The probe for values of unknown type: the receiver of autoref specialisation, see `instrument/autoref/`.

/// A value whose type is examined by autoref specialisation.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

impl<T: ?Sized> Clone for Probe<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Probe<'_, T> {}
