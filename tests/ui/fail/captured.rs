//! Values that `capture_error` does not accept.

fn main() {
    sentry::capture_error(&String::from("the till is empty"));
}
