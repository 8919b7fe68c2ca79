//! Detection of whether the body of a response was sent completely.

/// Tracks a response's body to determine, when it is dropped, whether it was complete: servers drop a body of known
/// length without polling for its end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BodyEnd {
    /// No body is expected: the response to a `HEAD` request, or one with a status without a body.
    NotWanted,
    /// The number of bytes that are left.
    After(u64),
    /// Only the body itself knows.
    Unknown,
}

impl BodyEnd {
    pub(crate) fn new(is_head: bool, status: u16, length: Option<u64>) -> Self {
        match length {
            _ if is_head || matches!(status, 100..=199 | 204 | 304) => Self::NotWanted,
            Some(length) => Self::After(length),
            None => Self::Unknown,
        }
    }

    /// Records that bytes were sent.
    pub(crate) fn sent(&mut self, bytes: usize) {
        if let Self::After(left) = self {
            *left = left.saturating_sub(bytes as u64);
        }
    }

    /// Returns whether a body that is dropped now is complete.
    pub(crate) fn is_reached(self) -> bool {
        matches!(self, Self::NotWanted | Self::After(0))
    }
}

#[cfg(test)]
mod tests {
    use super::BodyEnd;

    #[test]
    fn a_body_is_whole_when_its_length_was_sent() {
        let mut end = BodyEnd::new(false, 200, Some(10));
        end.sent(9);
        assert!(!end.is_reached());
        end.sent(1);
        assert!(end.is_reached());
    }

    #[test]
    fn a_body_that_nobody_wants_is_whole_from_the_start() {
        assert!(BodyEnd::new(true, 200, Some(10)).is_reached());
        assert!(BodyEnd::new(false, 304, None).is_reached());
        assert!(!BodyEnd::new(false, 200, None).is_reached());
    }
}
