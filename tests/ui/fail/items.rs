//! Items that do not accept an attribute.

#[sentry::span]
const fn at_compile_time() -> u8 {
    7
}

#[sentry::span]
struct Shop;

#[sentry::server_action]
impl Shop {
    fn open(&self) {}
}

#[sentry::monitor("a")]
mod jobs {
    pub fn run() {}
}

#[sentry::span]
trait Sells {
    #[sentry::span]
    fn sell(&self);
}

impl Sells for Shop {
    fn sell(&self) {}
}

#[sentry::span]
impl Shop {
    #[span]
    const fn area() -> u8 {
        3
    }
}

#[sentry::server_action]
#[sentry::server_action]
fn twice() {}

#[sentry::main]
fn not_main() {}

const SEVEN: u8 = at_compile_time();

fn main() {
    let _ = SEVEN;
    let _ = Shop::area();
    Shop.open();
    Shop.sell();
    jobs::run();
    twice();
    not_main();
}
