//! The contexts `os`, `runtime`, `device` and `app`: facts about the machine and the program.
//!
//! They are gathered once, when the first event needs them, on the pipeline thread, since that reads some small files.
//! Unknown facts are left out. Names follow the
//! [contexts page](https://develop.sentry.dev/sdk/foundations/transport/event-payloads/contexts/). The contexts
//! contain no user name and no device name; the host name is held separately, in [`Facts::server_name`].

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use crate::base::fork::PerProcess;
use crate::protocol::time::rfc3339;

/// The output of `rustc --version`, like `rustc 1.95.0 (59807616e 2026-04-14)`.
const RUSTC: Option<&str> = option_env!("SENTRY_RUSTC_VERSION");
/// The maximum number of bytes read from a system file.
const MAX_READ: u64 = 64 * 1024;
/// The unit of process start times on Linux, on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

/// One context in its wire form.
pub(crate) type Context = Map<String, Value>;

/// The facts that do not change while the program runs.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The operating system, under the key `os`.
    pub(crate) os: Context,
    /// The compiler, under the key `runtime`.
    pub(crate) runtime: Context,
    /// The machine, under the key `device`.
    pub(crate) device: Context,
    /// The program, under the key `app`; see [`app_now`] for what changes.
    pub(crate) app: Context,
    /// The host's name.
    pub(crate) server_name: Option<String>,
}

/// Returns the facts, gathered at the first call.
pub(crate) fn facts() -> &'static Facts {
    static FACTS: PerProcess<Facts> = PerProcess::new();
    FACTS.get_or_make(|_| Facts {
        os: os(),
        runtime: runtime(),
        device: device(),
        app: app(),
        server_name: hostname::get()
            .ok()
            .map(|name| name.to_string_lossy().into_owned())
            .filter(|name| !name.is_empty()),
    })
}

/// The memory of the program and of the machine, in bytes.
#[derive(Debug, Clone, Copy)]
struct Memory {
    /// The memory that the program uses.
    used: Option<u64>,
    /// The memory of the machine that is free.
    free: Option<u64>,
}

impl Memory {
    fn read() -> Self {
        let figure = |path, key| kilobytes(&read(path)?, key);
        Self { used: figure("/proc/self/status", "VmRSS:"), free: figure("/proc/meminfo", "MemAvailable:") }
    }
}

/// The time for which the memory is not read again: errors often come in bursts.
const MEMORY_AGE: Duration = Duration::from_millis(100);

/// Returns what was read before, if that was a short time before `now`.
fn still_true(known: &mut Option<(Instant, Memory)>, now: Instant, read: impl FnOnce() -> Memory) -> Memory {
    let recent = known.filter(|(at, _)| now.saturating_duration_since(*at) < MEMORY_AGE);
    known.insert(recent.unwrap_or_else(|| (now, read()))).1
}

fn memory_now() -> Memory {
    static KNOWN: PerProcess<Mutex<Option<(Instant, Memory)>>> = PerProcess::new();
    let known = KNOWN.get_or_make(|_| Mutex::default());
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    still_true(&mut known, Instant::now(), Memory::read)
}

/// Returns the `app` context with the memory that the program uses now, or used up to 100 ms before.
pub(crate) fn app_now() -> Context {
    let mut app = facts().app.clone();
    put(&mut app, "app_memory", memory_now().used);
    app
}

/// Returns the `device` context with the memory that is free now, or was up to 100 ms before.
pub(crate) fn device_now() -> Context {
    let mut device = facts().device.clone();
    put(&mut device, "free_memory", memory_now().free);
    device
}

fn os() -> Context {
    let mut os = typed("os");
    match std::env::consts::OS {
        "linux" | "android" => {
            put(&mut os, "name", Some("Linux"));
            linux(
                &mut os,
                read("/proc/sys/kernel/osrelease").as_deref(),
                read("/etc/os-release").or_else(|| read("/usr/lib/os-release")).as_deref(),
            );
        }
        "macos" => {
            put(&mut os, "name", Some("macOS"));
            let version = read("/System/Library/CoreServices/SystemVersion.plist").unwrap_or_default();
            put(&mut os, "version", plist(&version, "ProductVersion"));
            put(&mut os, "build", plist(&version, "ProductBuildVersion"));
        }
        "windows" => put(&mut os, "name", Some("Windows")),
        other => put(&mut os, "name", Some(other)),
    }
    os
}

/// Fills in the context of Linux: the kernel's release (`6.1.82-99.168.amzn2023`) gives version and build; the
/// distribution has its own fields.
fn linux(os: &mut Context, kernel: Option<&str>, release: Option<&str>) {
    if let Some(kernel) = kernel.map(str::trim).filter(|kernel| !kernel.is_empty()) {
        let end = kernel.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(kernel.len());
        put(os, "version", Some(kernel[..end].trim_end_matches('.')).filter(|version| !version.is_empty()));
        put(
            os,
            "build",
            Some(kernel[end..].trim_start_matches(['-', '+'])).filter(|build| !build.is_empty()),
        );
        put(os, "kernel_version", Some(kernel));
    }
    if let Some(release) = release {
        put(os, "distribution_name", assigned(release, "ID"));
        put(os, "distribution_version", assigned(release, "VERSION_ID"));
        put(os, "distribution_pretty_name", assigned(release, "PRETTY_NAME"));
    }
}

fn runtime() -> Context {
    let mut runtime = typed("runtime");
    put(&mut runtime, "name", Some("rustc"));
    // `rustc 1.97.0-nightly (…)`
    let version = RUSTC.and_then(|line| line.split_whitespace().nth(1));
    put(&mut runtime, "version", version);
    put(&mut runtime, "channel", version.map(channel));
    put(&mut runtime, "raw_description", RUSTC);
    runtime
}

fn channel(version: &str) -> &'static str {
    ["nightly", "beta", "dev"].into_iter().find(|channel| version.contains(channel)).unwrap_or("stable")
}

fn device() -> Context {
    let mut device = typed("device");
    put(&mut device, "arch", Some(std::env::consts::ARCH));
    put(
        &mut device,
        "processor_count",
        std::thread::available_parallelism().ok().map(|count| count.get() as u64),
    );
    put(&mut device, "memory_size", read("/proc/meminfo").and_then(|memory| kilobytes(&memory, "MemTotal:")));
    put(&mut device, "cpu_description", read("/proc/cpuinfo").and_then(|cpu| cpu_model(&cpu)));
    put(&mut device, "manufacturer", named("/sys/class/dmi/id/sys_vendor"));
    put(&mut device, "family", named("/sys/class/dmi/id/product_family"));
    put(
        &mut device,
        "model",
        named("/sys/class/dmi/id/product_name").or_else(|| named("/proc/device-tree/model")),
    );
    device
}

fn app() -> Context {
    let mut app = typed("app");
    put(&mut app, "app_start_time", Some(rfc3339(started().unwrap_or_else(SystemTime::now))));
    let path = std::env::current_exe().ok();
    let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    put(&mut app, "app_name", path.as_ref().and_then(|path: &PathBuf| text(path.file_name())));
    put(&mut app, "app_identifier", path.as_ref().and_then(|path| text(path.file_stem())));
    put(&mut app, "app_arch", Some(std::env::consts::ARCH));
    put(&mut app, "build_type", Some(if cfg!(debug_assertions) { "debug" } else { "release" }));
    app
}

/// Returns the start time of the process, to a hundredth of a second; known on Linux only.
fn started() -> Option<SystemTime> {
    start_time(&read("/proc/self/stat")?, &read("/proc/stat")?).filter(|start| *start <= SystemTime::now())
}

fn start_time(of_process: &str, of_system: &str) -> Option<SystemTime> {
    // The second field is the program's name in brackets, which may contain anything. The start is the 22nd field.
    let ticks: f64 = of_process.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let boot = of_system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    let since_boot = Duration::try_from_secs_f64(ticks / TICKS_PER_SECOND).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(boot))?.checked_add(since_boot)
}

/// Returns the value of `KEY=value` or `KEY="value"`, as in a shell file.
fn assigned<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let value = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))?;
    Some(value.trim_matches(['"', '\''])).filter(|value| !value.is_empty())
}

/// Returns the number of bytes in a line like `MemTotal:  16 kB`.
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

fn cpu_model(text: &str) -> Option<String> {
    let (_, value) = text.lines().find(|line| line.starts_with("model name"))?.split_once(':')?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Returns the text that follows a key in an XML property list.
fn plist<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<key>{key}</key>"))?;
    Some(rest.split_once("<string>")?.1.split_once("</string>")?.0)
}

/// Returns the name in a file that holds only one name, unless it is a vendor's placeholder.
fn named(path: &str) -> Option<String> {
    let name = read(path)?;
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let lower = name.to_ascii_lowercase();
    let placeholder = ["o.e.m.", "not specified", "not applicable", "default string", "system product name"]
        .iter()
        .any(|placeholder| lower.contains(placeholder));
    (!name.is_empty() && !placeholder).then(|| name.to_owned())
}

/// Reads a small system file; `None` if it does not exist.
fn read(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_READ).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn typed(name: &str) -> Context {
    let mut context = Context::new();
    put(&mut context, "type", Some(name));
    context
}

fn put(context: &mut Context, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        context.insert(key.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests;
