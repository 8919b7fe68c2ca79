//! The HTML of the pages. All user input is escaped.

use axum::response::Html;

use crate::browser_sdk::BrowserSdk;
use crate::orders::{NewOrder, Receipt};
use crate::repository::Lamp;

pub fn shop(lamps: &[Lamp]) -> Html<String> {
    let cards: String = lamps
        .iter()
        .map(|lamp| {
            format!(
                r#"<a class="card" href="/lamps/{}"><span class="picture">{}</span>{}<b>{}</b></a>"#,
                lamp.sku,
                lamp.picture,
                lamp.name,
                price(lamp.cents)
            )
        })
        .collect();
    page("The Lamp Shop", &format!(r#"<div class="cards">{cards}</div>"#))
}

pub fn order_form(lamp: &Lamp, slip: Option<&str>, browser_sdk: Option<&BrowserSdk>) -> Html<String> {
    let slip = slip.map(|slip| format!(r#"<p class="slip">{slip}</p>"#)).unwrap_or_default();
    let form = format!(
        r#"{sdk}<p class="picture">{picture}</p>
<p>{price} each, {in_stock} on the shelf</p>
{slip}
<form method="post" action="/orders">
  <input type="hidden" name="sku" value="{sku}">
  <label>How many? <input name="quantity" type="number" min="0" max="9" value="1" required></label>
  <label>Your e-mail <input name="email" type="email" value="ada@example.com" required></label>
  <label>Card number <input name="card_number" list="cards" value="4242 4242 4242 4242" required></label>
  <datalist id="cards"><option>4242 4242 4242 4242</option><option>4000 0000 0000 0002</option></datalist>
  <button>Buy</button>
  <small>No money is moved. Cards that end in 0002 are declined.</small>
</form>
<script>{script}</script>"#,
        sdk = browser_sdk.map(BrowserSdk::tag).unwrap_or_default(),
        picture = lamp.picture,
        price = price(lamp.cents),
        in_stock = lamp.in_stock,
        sku = lamp.sku,
        script = include_str!("order_form.js"),
    );
    page(lamp.name, &form)
}

pub fn receipt(order: &NewOrder, receipt: &Receipt) -> Html<String> {
    let text = format!(
        "<p>Order {}: {} × {}, {}. Paid as {}.</p><p>We write to {}.</p>",
        receipt.order,
        order.quantity,
        escape(&order.sku),
        price(receipt.cents),
        escape(&receipt.payment),
        escape(&order.email),
    );
    page("Thank you", &text)
}

pub fn notice(title: &str, text: &str) -> Html<String> {
    page(title, &format!("<p>{text}</p>"))
}

/// The common layout of all pages. The meta tags in the head pass the trace to the browser.
fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{trace}
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header><a href="/">🏮 The Lamp Shop</a> <a href="/deals/2">Deal of the day</a> <a href="/stock">Stock list</a>
<a href="/invoice">Invoice</a></header>
<main><h1>{title}</h1>
{body}
</main>
</body>
</html>
"#,
        trace = sentry::get_trace_meta_tags(),
        style = include_str!("shop.css"),
    ))
}

fn price(cents: u32) -> String {
    format!("€ {}.{:02}", cents / 100, cents % 100)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
