//! One debug image, and the names of functions that its file has.

use std::path::{Path, PathBuf};

/// The maximum number of images in the list.
pub(super) const MAX_IMAGES: usize = 1_024;

/// A loaded file, see the [images page](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/debugmeta/).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// The address at which it begins in the process.
    pub(crate) image_addr: u64,
    /// Its size in memory, in bytes.
    pub(crate) image_size: u64,
    /// The address that it requested; 0 for position-independent files.
    pub(crate) image_vmaddr: u64,
    /// The path of the file.
    pub(crate) code_file: String,
    /// The identifier of the file: on Linux the build id in hex, if the linker wrote one.
    pub(crate) code_id: Option<String>,
    /// The identifier of its debug file: a UUID, on Windows with an age.
    pub(crate) debug_id: String,
    /// The path of the debug file, if the file names one.
    pub(crate) debug_file: Option<String>,
    /// The architecture by the server's name, such as `x86_64` or `arm64`.
    pub(crate) arch: &'static str,
    /// Whether a frame in this file is in app if nothing else is known about it; `None` if nothing tells.
    pub(crate) in_app: Option<bool>,
    /// The path at which the file can be read, although it may have been replaced since.
    pub(super) file: PathBuf,
}

impl Image {
    pub(super) fn contains(&self, address: u64) -> bool {
        address.checked_sub(self.image_addr).is_some_and(|offset| offset < self.image_size)
    }
}

impl Image {
    /// Returns the demangled names of the functions at the addresses, where the file has them.
    pub(crate) fn function_names(&self, addresses: &[u64]) -> Vec<Option<String>> {
        let bias = self.image_addr.wrapping_sub(self.image_vmaddr);
        let stated: Vec<u64> = addresses.iter().map(|address| address.wrapping_sub(bias)).collect();
        let names = mangled_names(&self.file, &stated);
        names.iter().map(|name| Some(format!("{:#}", backtrace::SymbolName::new(name.as_deref()?)))).collect()
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn mangled_names(file: &Path, addresses: &[u64]) -> Vec<Option<Vec<u8>>> {
    super::elf::function_names(file, addresses).unwrap_or_default()
}

/// Debug information of other systems has names with their paths.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn mangled_names(_file: &Path, _addresses: &[u64]) -> Vec<Option<Vec<u8>>> {
    Vec::new()
}

/// Returns the server's name of the architecture.
pub(super) fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        "powerpc64" => "ppc64",
        "powerpc" => "ppc",
        other => other,
    }
}
