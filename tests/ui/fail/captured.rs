//! Values that `capture_error` does not take.

fn main() {
    sentry::capture_error(&String::from("the till is empty"));
}
