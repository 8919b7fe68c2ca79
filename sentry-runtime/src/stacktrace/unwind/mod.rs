//! Walks of stacks with the tables that compilers write for unwinding: of the calling thread, and of a thread that has
//! stopped. Both read a [`table`] with `gimli`; what memory a table is in, and what they keep of it, differs.

#[cfg(walks_calling_thread)]
pub(super) mod calling_thread;
#[cfg(walks_crashed_threads)]
pub(crate) mod stopped_thread;
mod table;
