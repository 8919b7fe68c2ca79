//! Debug images: the files loaded into the process, for symbolication by the server.
//!
//! A release build without debug information has addresses only; with the image's identifier the server
//! finds the uploaded debug file. Where the list comes from depends on the system: Linux has `mappings`, Apple's
//! systems and Windows have `loaded`. Elsewhere the list is empty.

use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(any(target_os = "macos", windows))]
use super::loaded::read;
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::mappings::read;
use super::rules;

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
    fn contains(&self, address: u64) -> bool {
        address.checked_sub(self.image_addr).is_some_and(|offset| offset < self.image_size)
    }
}

/// The images known so far, sorted by address.
#[derive(Debug, Default)]
pub(crate) struct Images {
    known: Vec<Arc<Image>>,
}

impl Images {
    /// Reads the list again if an address is in no known image, and returns whether the list changed.
    pub(crate) fn look_up(&mut self, addresses: &[usize]) -> bool {
        if addresses.iter().all(|&address| self.at(address as u64).is_some()) {
            return false;
        }
        let before = std::mem::replace(&mut self.known, loaded());
        before != self.known
    }

    /// Returns the image that contains an address.
    pub(crate) fn at(&self, address: u64) -> Option<&Arc<Image>> {
        let after = self.known.partition_point(|image| image.image_addr <= address);
        self.known.get(after.checked_sub(1)?).filter(|image| image.contains(address))
    }

    /// Returns the images that contain the addresses, each once, sorted by address.
    pub(crate) fn containing(&self, addresses: impl Iterator<Item = u64>) -> Vec<Arc<Image>> {
        let mut images: Vec<_> = addresses.filter_map(|address| self.at(address)).cloned().collect();
        images.sort_unstable_by_key(|image| image.image_addr);
        images.dedup_by_key(|image| image.image_addr);
        images
    }
}

/// Returns the images that are loaded now, sorted by address.
fn loaded() -> Vec<Arc<Image>> {
    let mut images = read();
    images.sort_unstable_by_key(|image| image.image_addr);
    // Rust links statically: what contains this crate contains the program that uses it, be it an executable or a
    // library that another program has loaded.
    let own_code = loaded as fn() -> Vec<Arc<Image>> as usize as u64;
    let classified = images.into_iter().map(|mut image| {
        image.in_app = if image.contains(own_code) {
            Some(true)
        } else {
            rules::is_system_library(&image.code_file).then_some(false)
        };
        Arc::new(image)
    });
    classified.collect()
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos", windows)))]
fn read() -> Vec<Image> {
    Vec::new()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(any(target_os = "linux", target_os = "macos", all(windows, target_env = "msvc")))]
    #[test]
    fn this_program_is_among_the_images() {
        let here = this_program_is_among_the_images as fn() as usize;
        let mut images = Images::default();
        assert!(images.look_up(&[here]));
        assert!(!images.look_up(&[here]));
        let image = images.at(here as u64).unwrap();
        assert_eq!(Path::new(&image.code_file), std::env::current_exe().unwrap());
        assert!(image.image_addr.is_multiple_of(4096));
        // The offset of an own address in the image is small, and inside.
        assert!((here as u64) - image.image_addr < image.image_size);
        assert_eq!(image.in_app, Some(true));
        if let (true, Some(code_id)) = (cfg!(target_os = "linux"), &image.code_id) {
            let start: String =
                image.debug_id.as_bytes()[..8].chunks(2).rev().flatten().map(|&b| b as char).collect();
            assert!(!cfg!(target_endian = "little") || code_id.starts_with(&start));
        }
        let twice = images.containing([here as u64, here as u64 + 1, 1].into_iter());
        assert_eq!(twice.len(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_library_of_the_system_is_foreign() {
        let here = the_library_of_the_system_is_foreign as fn() as usize;
        let of_libc = libc::getpid as unsafe extern "C" fn() -> libc::pid_t as usize;
        let mut images = Images::default();
        images.look_up(&[here, of_libc]);
        // A program that is linked statically has one image.
        let image = images.at(of_libc as u64).unwrap();
        assert_eq!(image.in_app, Some(image.image_addr == images.at(here as u64).unwrap().image_addr));
    }
}
