//! Debug images: the files loaded into the process, for symbolication by the server.
//!
//! A release build without debug information has addresses only; with the image's identifier the server
//! finds the uploaded debug file. On Linux the kernel lists the mappings in
//! `/proc/self/maps`, and each file's headers ([`super::elf`]) supply the rest. Elsewhere the list is empty.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::elf::{self, Elf};

/// The maximum number of images in the list.
const MAX_IMAGES: usize = 1_024;
/// The maximum number of bytes read of the list of mappings.
const MAX_MAPS: u64 = 8 * 1024 * 1024;

/// A loaded ELF file, see [ELF images](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/debugmeta/).
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
    /// The build id in hex, if the linker wrote one.
    pub(crate) code_id: Option<String>,
    /// The identifier of its debug file, as a UUID.
    pub(crate) debug_id: String,
    /// The architecture by the server's name, such as `x86_64` or `arm64`.
    pub(crate) arch: &'static str,
    /// The path at which the file can be read, although it may have been replaced since.
    file: PathBuf,
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
        let before = std::mem::replace(&mut self.known, read());
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

impl Image {
    /// Returns the demangled names of the functions at the addresses, where the file has them.
    pub(crate) fn function_names(&self, addresses: &[u64]) -> Vec<Option<String>> {
        let bias = self.image_addr.wrapping_sub(self.image_vmaddr);
        let stated: Vec<u64> = addresses.iter().map(|address| address.wrapping_sub(bias)).collect();
        let names = elf::function_names(&self.file, &stated).unwrap_or_default();
        names.iter().map(|name| Some(format!("{:#}", backtrace::SymbolName::new(name.as_deref()?)))).collect()
    }
}

/// One executable mapping of a file.
#[derive(Debug, PartialEq, Eq)]
struct Mapping<'a> {
    start: u64,
    offset: u64,
    path: &'a str,
}

/// Parses a line of `/proc/self/maps`: `start-end perms offset device inode   path`.
fn executable_mapping(line: &str) -> Option<Mapping<'_>> {
    let mut fields = line.splitn(6, ' ');
    let (start, _end) = fields.next()?.split_once('-')?;
    let executable = fields.next()?.as_bytes().get(2) == Some(&b'x');
    let offset = fields.next()?;
    let path = fields.nth(2)?.trim_start();
    // `[vdso]` and similar entries are not files.
    (executable && path.starts_with('/')).then_some(())?;
    Some(Mapping {
        start: u64::from_str_radix(start, 16).ok()?,
        offset: u64::from_str_radix(offset, 16).ok()?,
        path,
    })
}

fn read() -> Vec<Arc<Image>> {
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    let mut maps = String::new();
    let Ok(file) = File::open("/proc/self/maps") else {
        return Vec::new();
    };
    // A path that is not UTF-8 ends the reading; the lines before it are used.
    let _ = file.take(MAX_MAPS).read_to_string(&mut maps);
    images(maps.lines().filter_map(executable_mapping))
}

fn images<'a>(mappings: impl Iterator<Item = Mapping<'a>>) -> Vec<Arc<Image>> {
    let executable = fs::read_link("/proc/self/exe").ok();
    let mut files: HashMap<&str, Option<Elf>> = HashMap::new();
    let mut images: Vec<Arc<Image>> = Vec::new();
    for mapping in mappings {
        let file = if executable.as_deref() == Some(Path::new(mapping.path)) {
            Path::new("/proc/self/exe")
        } else {
            Path::new(mapping.path)
        };
        let elf = files.entry(mapping.path).or_insert_with(|| elf::read(file));
        let Some(elf) = elf else { continue };
        let Some(image_addr) = elf.loaded_at(mapping.start, mapping.offset) else {
            continue;
        };
        // Code in several segments gives several mappings of one image.
        if images.iter().any(|image| image.image_addr == image_addr) || images.len() >= MAX_IMAGES {
            continue;
        }
        images.push(Arc::new(Image {
            image_addr,
            image_size: elf.size,
            image_vmaddr: elf.vmaddr,
            code_file: mapping.path.trim_end_matches(" (deleted)").to_owned(),
            code_id: elf.build_id.as_deref().map(hex),
            debug_id: debug_id(&elf.identifier),
            arch: arch(),
            file: file.to_owned(),
        }));
    }
    images.sort_unstable_by_key(|image| image.image_addr);
    images
}

/// Returns the UUID form of an identifier: its first 16 bytes (padded with zeros), with the first three fields
/// read in the byte order of the machine.
fn debug_id(identifier: &[u8]) -> String {
    let mut bytes = [0; 16];
    let length = identifier.len().min(16);
    bytes[..length].copy_from_slice(&identifier[..length]);
    let id = if cfg!(target_endian = "little") {
        uuid::Uuid::from_bytes_le(bytes)
    } else {
        uuid::Uuid::from_bytes(bytes)
    };
    id.to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the server's name of the architecture.
fn arch() -> &'static str {
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

    #[test]
    fn the_debug_id_is_the_example_of_the_specification() {
        let build_id = [
            0xf1, 0xc3, 0xbc, 0xc0, 0x27, 0x98, 0x65, 0xfe, 0x30, 0x58, 0x40, 0x4b, 0x28, 0x31, 0xd9, 0xe6,
            0x41, 0x35, 0x38, 0x6c,
        ];
        assert_eq!(hex(&build_id), "f1c3bcc0279865fe3058404b2831d9e64135386c");
        if cfg!(target_endian = "little") {
            assert_eq!(debug_id(&build_id), "c0bcc3f1-9827-fe65-3058-404b2831d9e6");
            assert_eq!(debug_id(&[1, 2]), "00000201-0000-0000-0000-000000000000");
        }
    }

    #[test]
    fn mappings_are_read_as_the_kernel_writes_them() {
        let line =
            "557fb8356000-557fb8395000 r-xp 00013000 fe:00 10010888                   /opt/my shop/bin";
        let mapping = Mapping { start: 0x557f_b835_6000, offset: 0x13000, path: "/opt/my shop/bin" };
        assert_eq!(executable_mapping(line), Some(mapping));
        for line in [
            "557fb8342000-557fb8356000 r--p 00000000 fe:00 10010888                   /opt/shop",
            "7f55f4789000-7f55f478b000 r-xp 00000000 00:00 0                          [vdso]",
            "7f55f4573000-7f55f4576000 r-xp 00000000 00:00 0 ",
            "zz-zz r-xp",
            "",
        ] {
            assert_eq!(executable_mapping(line), None, "{line}");
        }
    }

    #[cfg(target_os = "linux")]
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
        if let Some(code_id) = &image.code_id {
            let start: String =
                image.debug_id.as_bytes()[..8].chunks(2).rev().flatten().map(|&b| b as char).collect();
            assert!(!cfg!(target_endian = "little") || code_id.starts_with(&start));
        }
        let twice = images.containing([here as u64, here as u64 + 1, 1].into_iter());
        assert_eq!(twice.len(), 1);
    }
}
