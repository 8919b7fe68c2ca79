//! Mistakes in the user's own expressions, each of which is reported once, at the expression.

#[sentry::span(attributes(order.id = missing.id))]
fn unknown_name() {}

#[sentry::server_action(headers = 7)]
fn no_headers() {}

#[derive(Debug)]
struct Login {
    #[allow(dead_code)]
    password: String,
}

#[sentry::server_action(form_data = login)]
fn no_fields(login: &Login) {
    drop(login.password.clone());
}

#[sentry::span(parent = "nobody")]
fn no_parent() {}

#[sentry::span]
fn wrong_result() -> Result<u8, String> {
    Ok("seven")
}

#[sentry::span]
async fn wrong_output() -> u8 {
    "seven"
}

fn main() {
    unknown_name();
    no_headers();
    no_fields(&Login { password: String::new() });
    no_parent();
    let _ = wrong_result();
    drop(wrong_output());
}
