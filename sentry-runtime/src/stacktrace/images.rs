//! Debug images: the files loaded into the process, for symbolication by the server.
//!
//! A release build without debug information has addresses only; with the image's identifier the server
//! finds the uploaded debug file. Where the list comes from depends on the system: Linux has `mappings`, Apple's
//! systems and Windows have `loaded`. Elsewhere the list is empty.

use std::sync::Arc;

use super::image::Image;
#[cfg(any(target_os = "macos", windows))]
use super::loaded::read;
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::mappings::read;
use super::rules;
use crate::base::order::sort_by_number;

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
        sort_by_number(&mut images, |image| image.image_addr);
        images.dedup_by_key(|image| image.image_addr);
        images
    }
}

/// Returns the images that are loaded now, sorted by address.
fn loaded() -> Vec<Arc<Image>> {
    let mut images = read();
    sort_by_number(&mut images, |image| image.image_addr);
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
        assert_eq!(std::path::Path::new(&image.code_file), std::env::current_exe().unwrap());
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
    fn the_program_is_known_by_its_code_and_libraries_by_their_folders() {
        let here = loaded as fn() -> Vec<Arc<Image>> as usize;
        let of_libc = libc::getpid as unsafe extern "C" fn() -> libc::pid_t as usize;
        let mut images = Images::default();
        images.look_up(&[here, of_libc]);
        // A program that is linked statically has one image.
        let (own, libc) = (images.at(here as u64).unwrap(), images.at(of_libc as u64).unwrap());
        let of_system = rules::is_system_library(&libc.code_file).then_some(false);
        assert_eq!(own.in_app, Some(true));
        assert_eq!(libc.in_app, if own == libc { Some(true) } else { of_system }, "{libc:?}");
    }
}
