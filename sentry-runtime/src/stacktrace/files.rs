//! Source paths from the debug information: the file's name within its project, whether it is foreign, and the module
//! of its code.

/// Folders that hold only code of others. `/` matches either slash.
const FOREIGN_FOLDERS: &[&str] = &[
    "/rustc/",
    "/rustlib/src/rust/",
    "/.cargo/registry/src/",
    "/cargo/registry/src/",
    "/.cargo/git/checkouts/",
    "/cargo/git/checkouts/",
    "/library/std/src/",
    "/library/core/src/",
    "/library/alloc/src/",
];

/// Returns whether a file belongs to a dependency or to the toolchain.
pub(crate) fn is_foreign(path: &str) -> bool {
    let path = path.replace('\\', "/");
    FOREIGN_FOLDERS.iter().any(|folder| path.contains(folder))
}

/// Returns the file's name within its project, which is the same on every machine that builds the program.
///
/// `/home/me/shop/src/order.rs` is `shop/src/order.rs`, a registry's is `serde-1.0.229/src/lib.rs`, the
/// compiler's is `library/core/src/option.rs`. A crate's folder stays in the name, as a workspace has
/// many `src/lib.rs`.
pub(crate) fn name(abs_path: &str) -> String {
    let path = abs_path.replace('\\', "/");
    let after = |folder: &str, skip: usize| {
        let rest = path.split_once(folder)?.1;
        rest.splitn(skip + 1, '/').nth(skip)
    };
    let known = after("/registry/src/", 1)
        .or_else(|| after("/git/checkouts/", 0))
        .or_else(|| after("/rustlib/src/rust/", 0))
        .or_else(|| after("/rustc/", 1));
    if let Some(known) = known {
        return known.to_owned();
    }
    if !(path.starts_with('/') || path.get(1..3) == Some(":/")) {
        return path;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match root(&parts) {
        Some(root) => parts[root.saturating_sub(1)..].join("/"),
        None => parts.last().map(|file| (*file).to_owned()).unwrap_or(path),
    }
}

/// Returns the position of the folder of a crate's source in a path.
fn root(parts: &[&str]) -> Option<usize> {
    let (_file, folders) = parts.split_last()?;
    let at =
        folders.iter().rposition(|folder| matches!(*folder, "src" | "tests" | "examples" | "benches"))?;
    // `src/tests/order.rs` belongs to the `src` above it.
    Some(if at > 0 && folders[at - 1] == "src" { at - 1 } else { at })
}

/// The crate and module of a source file, for debug information that has bare names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The folder of the crate's source.
    pub(crate) root: String,
    /// The crate's name, as that of its folder.
    pub(crate) krate: String,
    /// The modules below the crate, like `order::cart`; empty in `lib.rs` and `main.rs`.
    pub(crate) modules: String,
}

/// Returns the crate and module of a Rust source file by the usual layout; `None` for other files.
pub(crate) fn place(abs_path: &str) -> Option<Place> {
    let path = abs_path.replace('\\', "/");
    let parts: Vec<&str> = path.strip_suffix(".rs")?.split('/').collect();
    let mut root = root(&parts)?;
    let mut below = &parts[root + 1..];
    let krate = if parts[root] != "src" {
        // Each file of `tests` and `examples` is a separate crate.
        let (first, rest) = below.split_first()?;
        below = rest;
        first
    } else if below.first() == Some(&"bin") && below.len() > 1 {
        let program = below[1];
        below = &below[2..];
        // A binary beside the library of the same folder.
        root += 1;
        program
    } else {
        root.checked_sub(1).map(|folder| without_version(parts[folder]))?
    };
    if krate.is_empty() {
        return None;
    }
    if let Some(("lib" | "main" | "mod", folders)) =
        below.split_last().map(|(file, folders)| (*file, folders))
    {
        below = folders;
    }
    Some(Place { root: parts[..=root].join("/"), krate: krate.replace('-', "_"), modules: below.join("::") })
}

/// Removes the version: a registry's folders are called `name-1.2.3`.
fn without_version(folder: &str) -> &str {
    match folder.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => name,
        _ => folder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_name_the_module_of_their_code() {
        for (path, krate, modules) in [
            ("/me/my-shop/src/lib.rs", "my_shop", ""),
            ("/me/my-shop/src/order/mod.rs", "my_shop", "order"),
            ("/me/my-shop/src/order/cart.rs", "my_shop", "order::cart"),
            ("/me/my-shop/src/bin/close.rs", "close", ""),
            ("/me/my-shop/tests/pay.rs", "pay", ""),
            ("/me/my-shop/examples/till/main.rs", "till", ""),
            ("/me/.cargo/registry/src/index-1/serde-json-1.0.1/src/de.rs", "serde_json", "de"),
            ("/rustc/59807616e/library/core/src/ops/function.rs", "core", "ops::function"),
        ] {
            let place = place(path).unwrap();
            assert_eq!((place.krate.as_str(), place.modules.as_str()), (krate, modules), "{path}");
        }
        assert_eq!(place("/me/my-shop/src/order/cart.rs").unwrap().root, "/me/my-shop/src");
        for path in ["/usr/src/glibc/clone.S", "./nptl/pthread.c", "/me/build.rs", "/src/main.rs", ".rs", ""]
        {
            assert_eq!(place(path), None, "{path}");
        }
    }

    #[test]
    fn files_are_named_within_their_project() {
        for (path, name) in [
            ("/home/me/shop/src/order.rs", "shop/src/order.rs"),
            ("/home/me/shop/crates/till/src/pay/card.rs", "till/src/pay/card.rs"),
            ("/home/me/shop/src/tests/order.rs", "shop/src/tests/order.rs"),
            ("/home/me/src/shop/tests/order.rs", "shop/tests/order.rs"),
            ("/src/main.rs", "src/main.rs"),
            ("/app/build.rs", "build.rs"),
            ("src/main.rs", "src/main.rs"),
            (r"C:\work\shop\src\order.rs", "shop/src/order.rs"),
            ("/rustc/59807616e/library/core/src/option.rs", "library/core/src/option.rs"),
            ("/x/lib/rustlib/src/rust/library/std/src/rt.rs", "library/std/src/rt.rs"),
            ("/me/.cargo/registry/src/index-1/itoa-1.0.0/src/lib.rs", "itoa-1.0.0/src/lib.rs"),
            ("/me/.cargo/git/checkouts/itoa-12ab/34cd/src/lib.rs", "itoa-12ab/34cd/src/lib.rs"),
        ] {
            assert_eq!(super::name(path), name);
        }
    }
}
