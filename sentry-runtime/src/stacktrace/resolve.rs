//! The symbolicator: resolves return addresses to frames.
//!
//! It runs on the pipeline thread: the first lookup in a file reads all of its debug information, which
//! takes tens of milliseconds; a known address costs a lookup in a map.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::Arc;

use super::capture::RawStack;
use super::image::Image;
use super::images::Images;
use super::rules::{InAppRules, is_ours};
use super::source::SourceCache;
use super::trim;
use super::{files, names};

/// The maximum number of addresses with cached symbols. A full cache is emptied: programs fail at few positions.
const MAX_CACHED: usize = 8_192;

/// One frame, ready for the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResolvedFrame {
    /// The function in readable form, like `Cart::total`; `None` without symbols.
    pub(crate) function: Option<String>,
    /// The complete demangled path, like `shop::order::Cart::total::{{closure}}`.
    pub(crate) symbol: Option<String>,
    /// The path without the function, like `shop::order`.
    pub(crate) module: Option<String>,
    /// The file within its project, like `shop/src/order.rs`.
    pub(crate) filename: Option<String>,
    /// The file's path as the compiler saw it.
    pub(crate) abs_path: Option<String>,
    /// The line of the call, from 1.
    pub(crate) lineno: Option<u32>,
    /// The column of the call, from 1.
    pub(crate) colno: Option<u32>,
    /// The return address; for the innermost frame, an address within the call.
    pub(crate) instruction_addr: u64,
    /// The start address of the image that contains the frame.
    pub(crate) image_addr: Option<u64>,
    /// The crate, or the file of the image if the function is not a Rust path.
    pub(crate) package: Option<String>,
    /// Whether the frame belongs to the user's program; `None` if nothing tells.
    pub(crate) in_app: Option<bool>,
    /// Up to 5 source lines before the call.
    pub(crate) pre_context: Vec<String>,
    /// The source line of the call.
    pub(crate) context_line: Option<String>,
    /// Up to 5 source lines after the call.
    pub(crate) post_context: Vec<String>,
}

/// A stack trace in wire order, and the images that contain its addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResolvedStack {
    /// The frames, oldest first, the fault last. Empty only if nothing could be captured.
    pub(crate) frames: Vec<ResolvedFrame>,
    /// The images, each once.
    pub(crate) images: Vec<Arc<Image>>,
}

/// Resolves addresses to frames, with a cache. One per client, on the pipeline thread.
#[derive(Debug, Default)]
pub(crate) struct Symbolicator {
    rules: InAppRules,
    cache: HashMap<usize, Vec<Found>>,
    images: Images,
    sources: SourceCache,
    /// The number of source lines above and below that of a frame; 0 for no source.
    context_lines: usize,
}

impl Symbolicator {
    /// Creates a symbolicator with an empty cache, which shows this number of source lines above and below a frame's.
    pub(crate) fn new(rules: InAppRules, context_lines: usize) -> Self {
        Self { rules, context_lines, ..Self::default() }
    }

    /// Returns whether a stack can be resolved from the cache alone.
    pub(super) fn knows(&self, stack: &RawStack) -> bool {
        for address in stack.addresses().iter().filter(|&&address| address != 0) {
            match self.cache.get(address) {
                Some(found) if begins_the_thread(found) => return true,
                Some(_) => {}
                None => return false,
            }
        }
        true
    }

    #[cfg(test)]
    pub(super) fn has_read(&self, address: usize) -> bool {
        self.cache.contains_key(&address)
    }

    /// Returns the frames of a stack that this process captured.
    pub(crate) fn resolve(&mut self, stack: &RawStack) -> ResolvedStack {
        let addresses: Vec<usize> =
            stack.addresses().iter().copied().filter(|&address| address != 0).collect();
        if self.images.look_up(&addresses) && !self.cache.is_empty() {
            // Libraries were loaded since; the backtrace crate lists libraries only once.
            backtrace::clear_symbol_cache();
        }
        self.learn(&addresses);
        let mut frames = self.frames(&addresses);
        let kept = trim::keep(&frames.iter().map(|frame| frame.symbol.as_deref()).collect::<Vec<_>>());
        frames.truncate(kept.end);
        frames.drain(..kept.start);
        let mut frames = without_wrappers(frames);
        for frame in &mut frames {
            self.complete(frame);
        }
        let images = self.images.containing(frames.iter().map(|frame| frame.instruction_addr));
        mark_innermost(&mut frames);
        frames.reverse();
        ResolvedStack { frames, images }
    }

    /// Looks up the addresses that are not cached, from the innermost to the start of the thread: frames outside of
    /// that are not kept, and reading the debug information of the C library can take longer than reading that of
    /// the program.
    fn learn(&mut self, addresses: &[usize]) {
        let mut fresh: HashMap<usize, Vec<Found>> = HashMap::new();
        for &address in addresses {
            let found = match self.cache.get(&address) {
                Some(known) => known,
                None => fresh.entry(address).or_insert_with(|| look_up(address)),
            };
            if begins_the_thread(found) {
                break;
            }
        }
        self.name_in_full(&mut fresh);
        if self.cache.len() + fresh.len() > MAX_CACHED {
            // Programs fail at few positions; an address that is needed again is looked up again.
            self.cache.retain(|address, _| addresses.contains(address));
        }
        self.cache.extend(fresh);
    }

    /// Takes names of functions from the file's table of symbols if the debug information has only bare ones. The
    /// table lists the outermost function of an address, into which all others are inlined.
    fn name_in_full(&self, fresh: &mut HashMap<usize, Vec<Found>>) {
        let mut bare: HashMap<u64, Vec<(u64, &mut String)>> = HashMap::new();
        for (address, found) in fresh {
            let outermost = found.last_mut().and_then(|outermost| outermost.symbol.as_mut());
            let call = (*address as u64).saturating_sub(1);
            if let (Some(symbol), Some(image)) =
                (outermost.filter(|symbol| names::is_bare(symbol)), self.images.at(call))
            {
                bare.entry(image.image_addr).or_default().push((call, symbol));
            }
        }
        for (image, symbols) in bare {
            let Some(image) = self.images.at(image) else {
                continue;
            };
            let calls: Vec<u64> = symbols.iter().map(|(call, _)| *call).collect();
            for ((_, symbol), name) in symbols.into_iter().zip(image.function_names(&calls)) {
                if let Some(name) = name {
                    *symbol = name;
                }
            }
        }
    }

    /// Returns the frames of the addresses, innermost first; a frame without names if nothing is known.
    fn frames(&self, addresses: &[usize]) -> Vec<ResolvedFrame> {
        let found = || {
            let known = addresses.iter().filter_map(|address| Some((*address, self.cache.get(address)?)));
            known.flat_map(|(address, found)| found.iter().map(move |found| (address, found)))
        };
        // A crate's name may differ from its folder's; a function of the crate with a full name reveals it.
        let mut crates: HashMap<&str, String> = HashMap::new();
        for (_, Found { symbol, place, .. }) in found() {
            if let (Some(symbol), Some(place)) = (symbol, place)
                && !symbol.starts_with('<')
                && !names::is_bare(symbol)
                && let Some(krate) = names::parse(symbol).krate
            {
                crates.entry(&place.root).or_insert(krate);
            }
        }
        found().map(|(address, found)| found.frame(address, &crates, &self.rules)).collect()
    }

    /// Adds the data that is not cached with the address: the image, and the source's lines.
    fn complete(&mut self, frame: &mut ResolvedFrame) {
        if let Some(image) = self.images.at(frame.instruction_addr) {
            frame.image_addr = Some(image.image_addr);
            if frame.package.is_none() {
                frame.package = Some(image.code_file.clone());
            }
            if frame.symbol.is_none() {
                frame.in_app = image.in_app;
            }
        }
        if self.context_lines > 0
            && let (true, Some(path), Some(line)) =
                (frame.in_app == Some(true), &frame.abs_path, frame.lineno)
            && let Some(lines) = self.sources.around(path, line, self.context_lines)
        {
            frame.pre_context = lines.before;
            frame.context_line = Some(lines.line);
            frame.post_context = lines.after;
        }
    }
}

/// The frames between two frames of the user's.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    /// Nothing of ours.
    Nothing,
    /// The expansion of an attribute.
    Wrapper,
    /// A function that the user calls with a closure, such as `with_scope`.
    Call,
}

/// Removes our frames between those of the user's: the functions that call a closure, and the wrappers of attributes. An
/// annotated function runs its body in a closure that a function of ours calls, but the user knows one function: the
/// body's frame stays, and the one around it is removed, too.
fn without_wrappers(frames: Vec<ResolvedFrame>) -> Vec<ResolvedFrame> {
    let symbol = |frame: &ResolvedFrame| frame.symbol.clone().unwrap_or_default();
    if frames.iter().all(|frame| is_ours(&symbol(frame))) {
        return frames;
    }
    let mut kept: Vec<ResolvedFrame> = Vec::with_capacity(frames.len());
    // The standard library's calls of a closure, and its `catch_unwind`, are removed together with our function, and
    // kept otherwise.
    let mut calls: Vec<ResolvedFrame> = Vec::new();
    let mut between = Between::Nothing;
    for frame in frames {
        let symbol = symbol(&frame);
        let symbol = symbol.trim_start_matches(['<', '&']);
        if is_ours(symbol) {
            let wraps = WRAPPERS.iter().any(|wrapper| symbol.starts_with(wrapper));
            between = if wraps && between != Between::Call { Between::Wrapper } else { Between::Call };
        } else if CALLS.iter().any(|call| symbol.starts_with(call)) {
            calls.push(frame);
        } else {
            let around = match between {
                Between::Nothing => !calls.is_empty(),
                Between::Wrapper => true,
                Between::Call => false,
            };
            match kept.last_mut().filter(|inner| around && is_body_of(inner, &frame)) {
                // An inlined body may have lost its name.
                Some(body) => (body.function, body.module) = (frame.function, frame.module),
                None => {
                    if between == Between::Nothing {
                        kept.append(&mut calls);
                    }
                    kept.push(frame);
                }
            }
            calls.clear();
            between = Between::Nothing;
        }
    }
    kept.append(&mut calls);
    kept
}

/// The modules of what attributes expand to.
const WRAPPERS: &[&str] = &[
    "sentry::__private::",
    "sentry::private::",
    "sentry::instrument::",
    "sentry::capture::unwinding::catching",
];

/// The functions through which the standard library calls a closure.
const CALLS: &[&str] = &[
    "core::ops::function::",
    "core::panic::unwind_safe::",
    "std::panic::catch_unwind",
    "std::panicking::catch_unwind",
    "std::panicking::try",
    "__rust_try",
];

/// Returns whether a frame is the body of the annotated function around it.
fn is_body_of(body: &ResolvedFrame, function: &ResolvedFrame) -> bool {
    let (Some(inner), Some(outer)) = (&body.function, &function.function) else { return false };
    let nested = |module: &str| {
        let around = function.module.as_deref().unwrap_or_default();
        module == around || module.strip_prefix(around).is_some_and(|rest| rest == format!("::{outer}"))
    };
    let unnamed = inner.starts_with('{') && body.abs_path == function.abs_path;
    unnamed || (inner == outer && nested(body.module.as_deref().unwrap_or_default()))
}

/// The server takes the last frame's address for the fault, and all others for return addresses. All captured
/// addresses are return addresses, so the last is moved into its call.
pub(super) fn mark_innermost(frames: &mut [ResolvedFrame]) {
    let Some(innermost) = frames.first().map(|frame| frame.instruction_addr) else {
        return;
    };
    for frame in frames.iter_mut().take_while(|frame| frame.instruction_addr == innermost) {
        frame.instruction_addr = innermost.saturating_sub(1);
    }
}

/// The debug information of one function at an address.
#[derive(Debug, Default)]
struct Found {
    symbol: Option<String>,
    path: Option<String>,
    place: Option<files::Place>,
    line: Option<u32>,
    column: Option<u32>,
}

/// Returns whether the frames outside of an address are the start of the thread.
fn begins_the_thread(found: &[Found]) -> bool {
    found.iter().any(|found| found.symbol.as_deref().is_some_and(trim::is_marker))
}

/// Looks up the functions at a return address, the innermost inlined one first. Never empty.
fn look_up(address: usize) -> Vec<Found> {
    let mut found = Vec::new();
    // `resolve` itself steps back into the call. It blocks other users of the backtrace crate's
    // symbols; our captures do not take that lock.
    backtrace::resolve(address as *mut c_void, |symbol| {
        let path = symbol.filename().map(|path| path.to_string_lossy().into_owned());
        found.push(Found {
            symbol: symbol.name().map(|name| format!("{name:#}")),
            place: path.as_deref().and_then(files::place),
            path,
            line: symbol.lineno().filter(|&line| line > 0),
            column: symbol.colno().filter(|&column| column > 0),
        });
    });
    if found.is_empty() {
        found.push(Found::default());
    }
    found
}

impl Found {
    fn frame(&self, address: usize, crates: &HashMap<&str, String>, rules: &InAppRules) -> ResolvedFrame {
        let mut frame = ResolvedFrame {
            filename: self.path.as_deref().map(files::name),
            abs_path: self.path.clone(),
            lineno: self.line,
            colno: self.column,
            instruction_addr: address as u64,
            ..ResolvedFrame::default()
        };
        if let Some(symbol) = &self.symbol {
            let (symbol, name) = self.named(symbol, crates);
            frame.in_app = Some(rules.in_app(&symbol, &name, self.path.as_deref()));
            frame.function = Some(name.function);
            frame.module = name.module;
            frame.package = name.krate;
            frame.symbol = Some(symbol);
        }
        frame
    }

    /// Returns the symbol with its path, and its parsed form. A bare symbol gets the path of its file.
    fn named(&self, symbol: &str, crates: &HashMap<&str, String>) -> (String, names::Name) {
        let Some(place) = self.place.as_ref().filter(|_| names::is_bare(symbol)) else {
            return (symbol.to_owned(), names::parse(symbol));
        };
        let krate = crates.get(place.root.as_str()).unwrap_or(&place.krate).clone();
        let module =
            if place.modules.is_empty() { krate.clone() } else { format!("{krate}::{}", place.modules) };
        (format!("{module}::{symbol}"), names::within(krate, module, symbol))
    }
}
