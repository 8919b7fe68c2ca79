//! In-app rules: the classification of frames as the user's own or foreign.
//!
//! A frame is "in app" unless something shows that it is foreign: the location of its source (the cargo registry,
//! the toolchain's library), or, without debug information, the crate in its name. The user's prefixes
//! (`in_app_include`, `in_app_exclude`) take precedence over both, and the former over the latter, as specified in
//! [the SDK guidelines](https://develop.sentry.dev/sdk/expected-features/).

use super::{files, names};

/// Foreign crates that appear between a program's frames. Exact names, since `tokio_shop` may be the user's crate.
const FOREIGN_CRATES: &[&str] = &[
    "actix",
    "actix_http",
    "actix_router",
    "actix_rt",
    "actix_server",
    "actix_service",
    "actix_utils",
    "actix_web",
    "addr2line",
    "anyhow",
    "async_executor",
    "async_global_executor",
    "async_io",
    "async_std",
    "async_task",
    "async_trait",
    "axum",
    "axum_core",
    "axum_extra",
    "axum_server",
    "backtrace",
    "bytes",
    "clap",
    "clap_builder",
    "color_eyre",
    "crossbeam_channel",
    "crossbeam_utils",
    "diesel",
    "env_logger",
    "eyre",
    "fern",
    "futures",
    "futures_channel",
    "futures_core",
    "futures_executor",
    "futures_io",
    "futures_lite",
    "futures_sink",
    "futures_task",
    "futures_util",
    "gimli",
    "h2",
    "hashbrown",
    "http_body_util",
    "hyper",
    "hyper_rustls",
    "hyper_tls",
    "hyper_util",
    "log",
    "mio",
    "object",
    "once_cell",
    "opentelemetry",
    "opentelemetry_sdk",
    "parking_lot",
    "parking_lot_core",
    "poem",
    "polling",
    "rayon",
    "rayon_core",
    "reqwest",
    "rocket",
    "rustls",
    "salvo",
    "sentry",
    "sentry_anyhow",
    "sentry_backtrace",
    "sentry_core",
    "sentry_panic",
    "sentry_runtime",
    "sentry_tower",
    "sentry_tracing",
    "sentry_types",
    "serde",
    "serde_json",
    "smol",
    "sqlx",
    "sqlx_core",
    "stacker",
    "thiserror",
    "tokio",
    "tokio_native_tls",
    "tokio_rustls",
    "tokio_stream",
    "tokio_tungstenite",
    "tokio_util",
    "tonic",
    "tower",
    "tower_http",
    "tower_layer",
    "tower_service",
    "tracing",
    "tracing_core",
    "tracing_error",
    "tracing_futures",
    "tracing_log",
    "tracing_subscriber",
    "ureq",
    "warp",
];

/// The rules that decide whether a frame is in app.
#[derive(Debug, Clone, Default)]
pub(crate) struct InAppRules {
    include: Vec<String>,
    exclude: Vec<String>,
}

impl InAppRules {
    /// Creates rules from the user's prefixes, like `my_crate` or `my_crate::vendored::`.
    pub(crate) fn new(include: Vec<String>, exclude: Vec<String>) -> Self {
        // An empty prefix would match everything, which is never intended.
        let named =
            |prefixes: Vec<String>| prefixes.into_iter().filter(|prefix| !prefix.is_empty()).collect();
        Self { include: named(include), exclude: named(exclude) }
    }

    /// Returns whether the frame of the function `symbol` (demangled) in the file `abs_path` is in app.
    pub(crate) fn in_app(&self, symbol: &str, name: &names::Name, abs_path: Option<&str>) -> bool {
        let listed = |prefixes: &[String]| {
            prefixes.iter().any(|prefix| {
                has_prefix(symbol.trim_start_matches(['<', '&']), prefix)
                    || name.module.as_deref().is_some_and(|module| has_prefix(module, prefix))
            })
        };
        if listed(&self.include) {
            return true;
        }
        if listed(&self.exclude) || is_ours(symbol) || abs_path.is_some_and(files::is_foreign) {
            return false;
        }
        match name.krate.as_deref() {
            Some(krate) => {
                !names::is_std(krate) && (FOREIGN_CRATES.binary_search(&krate).is_err() || is_test(symbol))
            }
            // A plain name is a C function, or a `#[no_mangle]` function of the user.
            None => abs_path.is_some_and(|path| path.ends_with(".rs")),
        }
    }
}

/// Returns whether a loaded file belongs to the operating system, by its path.
pub(super) fn is_system_library(path: &str) -> bool {
    const UNIX: &[&str] =
        &["/lib/", "/lib32/", "/lib64/", "/usr/lib/", "/usr/lib32/", "/usr/lib64/", "/System/Library/"];
    let in_windows = path
        .get(1..)
        .is_some_and(|rest| rest.get(..10).is_some_and(|folder| folder.eq_ignore_ascii_case(r":\windows\")));
    in_windows || UNIX.iter().any(|folder| path.starts_with(folder))
}

/// Returns whether the function is part of this crate.
pub(crate) fn is_ours(symbol: &str) -> bool {
    let symbol = symbol.trim_start_matches(['<', '&']);
    let symbol = symbol.strip_prefix("mut ").map_or(symbol, |symbol| symbol.trim_start_matches('&'));
    // The second is the name by folder, for debug information with bare names.
    (symbol.starts_with("sentry::") || symbol.starts_with("sentry_runtime::")) && !is_test(symbol)
}

/// Returns whether the function is a unit test of this crate, which counts as user code.
fn is_test(symbol: &str) -> bool {
    cfg!(test) && symbol.contains("::tests::")
}

/// Returns whether a path begins with the prefix, and the prefix ends at the end of a segment.
fn has_prefix(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| {
        rest.is_empty()
            || prefix.ends_with("::")
            || !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_app(rules: &InAppRules, symbol: &str, path: Option<&str>) -> bool {
        rules.in_app(symbol, &names::parse(symbol), path)
    }

    #[test]
    fn the_list_can_be_searched() {
        assert!(FOREIGN_CRATES.is_sorted());
    }

    #[test]
    fn foreign_by_name_or_by_file() {
        let rules = InAppRules::default();
        let own = Some("/home/me/shop/src/order.rs");
        assert!(in_app(&rules, "shop::order::place", own));
        assert!(in_app(&rules, "shop::order::place", None));
        assert!(in_app(&rules, "tokio_shop::main", None));
        assert!(in_app(&rules, "<shop::Cart as core::fmt::Display>::fmt", None));
        assert!(in_app(&rules, "on_signal", own));
        assert!(!in_app(&rules, "__libc_start_main", None));
        assert!(!in_app(&rules, "qsort", Some("./stdlib/msort.c")));
        assert!(!in_app(&rules, "core::option::Option<T>::unwrap", None));
        assert!(!in_app(&rules, "<alloc::boxed::Box<F> as core::ops::FnOnce<A>>::call_once", None));
        assert!(!in_app(&rules, "tokio::runtime::park", None));
        assert!(!in_app(&rules, "sentry::capture_error", own));
        for path in [
            "/rustc/59807616e/library/core/src/option.rs",
            "/usr/local/rustup/toolchains/stable/lib/rustlib/src/rust/library/std/src/rt.rs",
            "/home/me/.cargo/registry/src/index-123/itoa-1.0.0/src/lib.rs",
            r"C:\Users\me\.cargo\registry\src\index-123\itoa-1.0.0\src\lib.rs",
        ] {
            assert!(!in_app(&rules, "itoa::format", Some(path)), "{path}");
        }
    }

    #[test]
    fn the_systems_folders_hold_no_code_of_the_user() {
        for path in
            ["/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib64/libssl.so.3", r"C:\WINDOWS\System32\ntdll.dll"]
        {
            assert!(is_system_library(path), "{path}");
        }
        for path in ["/usr/local/lib/libshop.so", "/library/shop", r"C:\Windows.old\shop.dll", "", "é"] {
            assert!(!is_system_library(path), "{path}");
        }
    }

    #[test]
    fn the_users_prefixes_win_and_end_at_segments() {
        let rules = InAppRules::new(
            vec!["tokio::mine".into(), String::new()],
            vec!["shop::gen".into(), "tok".into()],
        );
        assert!(in_app(&rules, "tokio::mine::run", None));
        assert!(in_app(&rules, "<tokio::mine::Thing as core::fmt::Debug>::fmt", None));
        assert!(!in_app(&rules, "tokio::yours::run", None));
        assert!(!in_app(&rules, "shop::gen::make", None));
        assert!(in_app(&rules, "shop::genuine::make", None));
        assert!(in_app(&rules, "tokens::make", None));
        let both = InAppRules::new(vec!["shop::gen::kept".into()], vec!["shop::gen".into()]);
        assert!(in_app(&both, "shop::gen::kept::make", None));
    }
}
