//! Every argument of `#[span]`.

const NAME: &str = "constant";

#[sentry::span("price", op = "shop", level = "warning", err, ret, args(pieces), attributes(shop.name = "corner", "total" = pieces * 2))]
fn price(pieces: u32) -> Result<u32, String> {
    if pieces > 0 { Ok(pieces) } else { Err("nothing".to_owned()) }
}

#[sentry::span(name = NAME, only_if_parent)]
async fn fetch<'a, T: AsRef<str> + ?Sized>(url: &'a T) -> &'a str {
    url.as_ref()
}

#[sentry::span(force_transaction)]
fn forced() {}

#[sentry::span(new_trace, crate = sentry)]
fn fresh() -> impl Iterator<Item = u8> {
    [1, 2].into_iter()
}

#[sentry::span(parent = parent)]
fn under(parent: &sentry::Span) {
    let _ = parent;
}

struct Cart;

impl Cart {
    #[sentry::span(attributes(len = self.len()))]
    fn checkout(self: Box<Self>) -> ! {
        std::process::exit(0)
    }

    fn len(&self) -> usize  {
        0
    }
}

fn main() {
    let _ = (price(1), fresh().count(), fetch("url"));
    forced();
    sentry::start_span("parent", under);
    if std::env::args().len() > 100 {
        Box::new(Cart).checkout()
    }
}
