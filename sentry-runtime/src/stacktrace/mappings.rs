//! Debug images on Linux: the kernel lists the mappings in `/proc/self/maps`, and each file's headers
//! ([`super::elf`]) supply the rest.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use super::elf::{self, Elf};
use super::image::{Image, MAX_IMAGES, arch};

/// The maximum number of bytes read of the list of mappings.
const MAX_MAPS: u64 = 8 * 1024 * 1024;

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

/// Returns the images that are loaded now, in any order.
pub(super) fn read() -> Vec<Image> {
    let mut maps = String::new();
    let Ok(file) = File::open("/proc/self/maps") else {
        return Vec::new();
    };
    // A path that is not UTF-8 ends the reading; the lines before it are used.
    let _ = file.take(MAX_MAPS).read_to_string(&mut maps);
    images(maps.lines().filter_map(executable_mapping))
}

fn images<'a>(mappings: impl Iterator<Item = Mapping<'a>>) -> Vec<Image> {
    let executable = fs::read_link("/proc/self/exe").ok();
    let mut files: HashMap<&str, Option<Elf>> = HashMap::new();
    let mut images: Vec<Image> = Vec::new();
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
        images.push(Image {
            image_addr,
            image_size: elf.size,
            image_vmaddr: elf.vmaddr,
            code_file: mapping.path.trim_end_matches(" (deleted)").to_owned(),
            code_id: elf.build_id.as_deref().map(hex),
            debug_id: debug_id(&elf.identifier),
            arch: arch(),
            debug_file: None,
            in_app: None,
            file: file.to_owned(),
        });
    }
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
}
