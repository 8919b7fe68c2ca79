//! Debug images on macOS and Windows: the loader lists the files, and each file's headers in memory supply the rest.

use std::path::Path;

use findshlibs::{IterationControl, SharedLibrary as _, SharedLibraryId, TargetSharedLibrary};

use super::image::{Image, MAX_IMAGES, arch};

/// Returns the images that are loaded now, in any order.
pub(super) fn read() -> Vec<Image> {
    let mut images = Vec::new();
    TargetSharedLibrary::each(|library| {
        images.extend(image(library));
        if images.len() < MAX_IMAGES { IterationControl::Continue } else { IterationControl::Break }
    });
    images
}

/// Returns what the server has to know about a file; `None` if nothing in it identifies its debug file.
fn image(library: &TargetSharedLibrary<'_>) -> Option<Image> {
    // On Windows the bias is the start of the module, and addresses in debug files count from there. The start of the
    // first section, which `actual_load_addr` returns there, lies behind the headers.
    let (start, stated) = if cfg!(windows) {
        (library.virtual_memory_bias().0, 0)
    } else {
        (library.actual_load_addr().0, library.stated_load_addr().0)
    };
    let file = Path::new(library.name());
    Some(Image {
        image_addr: start as u64,
        image_size: library.len() as u64,
        image_vmaddr: stated as u64,
        code_file: file.to_string_lossy().into_owned(),
        code_id: library.id().map(|id| code_id(&id)),
        debug_id: debug_id(&library.debug_id()?)?,
        debug_file: library.debug_name().map(|name| name.to_string_lossy().into_owned()),
        arch: arch(),
        in_app: None,
        file: file.to_owned(),
    })
}

fn debug_id(id: &SharedLibraryId) -> Option<String> {
    match id {
        SharedLibraryId::Uuid(bytes) => Some(uuid::Uuid::from_bytes(*bytes).to_string()),
        // The first three fields of a GUID are little endian.
        SharedLibraryId::PdbSignature(guid, age) => {
            Some(format!("{}-{age:x}", uuid::Uuid::from_bytes_le(*guid)))
        }
        SharedLibraryId::GnuBuildId(_) | SharedLibraryId::PeSignature(..) => None,
    }
}

fn code_id(id: &SharedLibraryId) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match id {
        SharedLibraryId::Uuid(bytes) => hex(bytes),
        SharedLibraryId::GnuBuildId(bytes) => hex(bytes),
        // The time of the link and the size of the image, as Microsoft's symbol servers name such files.
        SharedLibraryId::PeSignature(time, size) => format!("{time:08X}{size:x}"),
        SharedLibraryId::PdbSignature(guid, age) => format!("{}{age:x}", hex(guid)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_the_form_of_the_specification() {
        let guid = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        let id = |id| debug_id(&id).unwrap_or_default();
        assert_eq!(id(SharedLibraryId::Uuid(guid)), "01020304-0506-0708-090a-0b0c0d0e0f10");
        assert_eq!(id(SharedLibraryId::PdbSignature(guid, 10)), "04030201-0605-0807-090a-0b0c0d0e0f10-a");
        assert_eq!(code_id(&SharedLibraryId::Uuid(guid)), "0102030405060708090a0b0c0d0e0f10");
        assert_eq!(code_id(&SharedLibraryId::PeSignature(0x5ab3_8077, 0x9000)), "5AB380779000");
    }
}
