//! Stand-ins for the items of the library that the modules under test import.

pub(crate) mod ids {
    pub(crate) type LocalId = u64;
}

pub(crate) mod record {
    /// As in the library.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct RootValues {
        pub(crate) key: u64,
        pub(crate) start: u64,
        pub(crate) salt: u64,
        pub(crate) rate: f32,
        pub(crate) sampled: bool,
    }
}
