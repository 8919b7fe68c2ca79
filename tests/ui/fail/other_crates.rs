//! Arguments of other crates' attributes.

#[sentry::span(skip(password))]
fn skip_of_tracing(password: &str) {
    let _ = password;
}

#[sentry::span(skip_all, fields(user.id = %user, kind = ?user))]
fn fields_of_tracing(user: &str) {
    let _ = user;
}

#[sentry::span(attributes(user.id = %user))]
fn mark_of_tracing(user: &str) {
    let _ = user;
}

#[sentry::span(attributes(?user))]
fn mark_without_a_key(user: &str) {
    let _ = user;
}

#[sentry::span(attributes("user.id": user))]
fn colon(user: &str) {
    let _ = user;
}

#[sentry::span(level = "debug", target = "shop")]
fn level_of_tracing() {}

#[sentry::span(ret(Debug), err(Display))]
fn formats_of_tracing() -> Result<u8, String> {
    Ok(1)
}

#[sentry::span(err(level = Level::WARN))]
fn level_of_errors_of_tracing() -> Result<u8, String> {
    Ok(1)
}

#[sentry::span(err, level = tracing::Level::WARN)]
fn constant_of_tracing() -> Result<u8, String> {
    Ok(1)
}

#[sentry::span(parent = None, follows_from = [])]
fn relations_of_tracing() {}

#[sentry::span(name = "job", enter_on_poll = true, properties = { "id": "{id}", "kind": "job" })]
async fn arguments_of_fastrace(id: u8) {
    let _ = id;
}

#[sentry::span(short_name = true)]
fn name_of_fastrace() {}

#[sentry::span(tags(plan = 1))]
fn tags_of_a_span() {}

#[sentry::span(args(id = 1))]
fn value_of_an_argument(id: u8) {
    let _ = id;
}

#[sentry::server_action(err, ret, skip(user))]
fn handler_of_tracing(user: &str) {
    let _ = user;
}

struct Shop;

#[sentry::span]
impl Shop {
    #[span(skip(password))]
    fn method(&self, password: &str) {
        let _ = password;
    }
}

fn main() {
    Shop.method("");
}
