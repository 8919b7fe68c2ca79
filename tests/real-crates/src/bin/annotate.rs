//! Inserts an attribute before every function of the `.rs` files in some folders: `annotate '#[sentry::span]' src …`.
//!
//! A file is parsed only to find the places; all other bytes stay unchanged. Functions that the attribute rejects are
//! left out: `const fn`, functions without a body or with variable arguments. Prints the number of annotated functions.

use std::path::Path;
use std::{env, fs, io, process};

use syn::visit::{self, Visit};
use syn::{Attribute, Block, ImplItemFn, ItemFn, Signature, TraitItemFn, Visibility, spanned::Spanned};

fn main() {
    let mut args = env::args().skip(1);
    let Some(attribute) = args.next() else {
        eprintln!("usage: annotate ATTRIBUTE FOLDER…");
        process::exit(2);
    };
    let mut count = 0;
    for folder in args {
        if let Err(error) = below(Path::new(&folder), &attribute, &mut count) {
            eprintln!("{folder}: {error}");
            process::exit(1);
        }
    }
    println!("{count}");
}

fn below(path: &Path, attribute: &str, count: &mut usize) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            below(&entry?.path(), attribute, count)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path)?;
        // A file that syn cannot parse is a template or the fixture of a test.
        let Ok(file) = syn::parse_file(&text) else { return Ok(()) };
        let mut places = Places(Vec::new());
        places.visit_file(&file);
        places.0.sort_unstable();
        let shift = text.len() - text.trim_start_matches('\u{feff}').len();
        let mut output = text.clone();
        for place in places.0.iter().rev() {
            output.insert_str(place + shift, &format!("{attribute} "));
        }
        *count += places.0.len();
        if output != text {
            fs::write(path, output)?;
        }
    }
    Ok(())
}

/// The places for an attribute: after the attributes that a function already has.
struct Places(Vec<usize>);

impl Places {
    fn function(&mut self, attrs: &[Attribute], vis: Option<&Visibility>, sig: &Signature, block: Option<&Block>) {
        let own = |name: &str| attrs.iter().any(|attr| attr.path().is_ident(name));
        if sig.constness.is_some()
            || sig.variadic.is_some()
            || block.is_none()
            || ["naked", "panic_handler", "proc_macro", "proc_macro_derive", "proc_macro_attribute"].iter().any(|name| own(name))
        {
            return;
        }
        let start = match vis {
            Some(vis) if !matches!(vis, Visibility::Inherited) => vis.span(),
            _ => sig.span(),
        };
        self.0.push(start.byte_range().start);
    }
}

impl<'ast> Visit<'ast> for Places {
    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        self.function(&node.attrs, Some(&node.vis), &node.sig, Some(&node.block));
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast ImplItemFn) {
        if node.defaultness.is_none() {
            self.function(&node.attrs, Some(&node.vis), &node.sig, Some(&node.block));
        }
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_trait_item_fn(&mut self, node: &'ast TraitItemFn) {
        self.function(&node.attrs, None, &node.sig, node.default.as_ref());
        visit::visit_trait_item_fn(self, node);
    }
}
