//! Names and forms of arguments.

#[sentry::span(nmae = "price")]
fn unknown() {}

#[sentry::span(nonsense)]
fn unknown_and_far() {}

#[sentry::span(op = "a", op = "b")]
fn twice() {}

#[sentry::span("price", name = "cost")]
fn named_twice() {}

#[sentry::span(op = 7)]
fn wrong_literal() {}

#[sentry::span(op)]
fn lacks_a_value() {}

#[sentry::span(op = )]
fn lacks_its_value() {}

#[sentry::span(op = "a" name = "b")]
fn lacks_a_comma() {}

#[sentry::span(err = "yes")]
fn flag_with_a_value() {}

#[sentry::span(args = 7)]
fn list_as_a_value(a: u8) {
    let _ = a;
}

#[sentry::span(op = "a", "price")]
fn literal_at_the_end() {}

#[sentry::span(7)]
fn number_first() {}

#[sentry::server_action("submit")]
fn literal_without_a_name() {}

#[sentry::span(name = "")]
fn blank_name() {}

#[sentry::span(name = "a\nb")]
fn name_in_two_lines() {}

#[sentry::span(name = format!("a").as_str())]
fn name_at_run_time() {}

#[sentry::span(name = format!("order {order}"))]
fn formatted_name(order: u32) {
    let _ = order;
}

#[sentry::span(name = order)]
fn name_of_an_argument(order: &'static str) {
    let _ = order;
}

#[sentry::span(name: "price")]
fn colon_for_an_equals_sign() {}

#[sentry::span("price", "cost")]
fn two_literals() {}

#[sentry::span(crate = "not a path")]
fn not_a_path() {}

fn main() {
    formatted_name(7);
    name_of_an_argument("a");
    colon_for_an_equals_sign();
    two_literals();
    unknown();
    unknown_and_far();
    twice();
    named_twice();
    wrong_literal();
    lacks_a_value();
    lacks_its_value();
    lacks_a_comma();
    flag_with_a_value();
    list_as_a_value(1);
    literal_at_the_end();
    number_first();
    literal_without_a_name();
    blank_name();
    name_in_two_lines();
    name_at_run_time();
    not_a_path();
}
