//! Values that `vars` cannot keep.

struct Cart;

#[sentry::span(err, vars(cart))]
fn owned(cart: String) -> Result<usize, String> {
    Ok(cart.len())
}

#[sentry::span(err, vars(cart))]
async fn not_shown(cart: &Cart) -> Result<(), String> {
    let _ = cart;
    Ok(())
}

#[sentry::span(err, vars(cart = Cart))]
fn made() -> Result<(), String> {
    Ok(())
}

#[sentry::span(err, vars(card))]
fn misspelt(cart: u8) -> Result<u8, String> {
    Ok(cart)
}

#[sentry::span(vars = 7)]
fn value(cart: u8) -> u8 {
    cart
}

#[sentry::span(vars(id))]
mod block {
    pub fn of(id: u8) -> u8 {
        id
    }
}

#[sentry::monitor("job", vars)]
fn never() -> ! {
    loop {}
}

#[sentry::span(vars)]
fn future(id: u8) -> impl std::future::Future<Output = u8> {
    std::future::ready(id)
}

#[sentry::span(err, vars())]
fn names_nothing(_: u8) -> Result<(), std::fmt::Error> {
    Ok(())
}

fn main() {}
