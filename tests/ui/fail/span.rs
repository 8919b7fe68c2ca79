//! Errors that only `#[span]` reports.

#[sentry::span(level = "error")]
fn level_without_err() -> Result<(), String> {
    Ok(())
}

#[sentry::span(err, level = "warn")]
fn unknown_level() -> Result<(), String> {
    Ok(())
}

#[sentry::span(new_trace, only_if_parent)]
fn contradiction() {}

#[sentry::span(args(peices))]
fn unknown_argument(pieces: u32) {
    let _ = pieces;
}

#[sentry::span(args(a))]
fn no_arguments() {}

#[sentry::span(args(a, a))]
fn argument_twice(a: u8) {
    let _ = a;
}

#[sentry::span(attributes(a = 1, a = 2))]
fn attribute_twice() {}

#[sentry::span(args(a), attributes(a = 1))]
fn attribute_of_an_argument(a: u8) {
    let _ = a;
}

#[sentry::span(attributes("" = 1))]
fn blank_attribute() {}

#[sentry::span(attributes("order.id"))]
fn attribute_without_a_value() {}

#[sentry::span(attributes(order.id = ))]
fn attribute_lacks_its_value() {}

#[sentry::span(attributes(7 = 1))]
fn attribute_named_by_a_number() {}

fn main() {
    let _ = (level_without_err(), unknown_level());
    contradiction();
    unknown_argument(1);
    no_arguments();
    argument_twice(1);
    attribute_twice();
    attribute_of_an_argument(1);
    blank_attribute();
    attribute_without_a_value();
    attribute_lacks_its_value();
    attribute_named_by_a_number();
}
