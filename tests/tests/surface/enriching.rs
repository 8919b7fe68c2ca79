//! Tests of setters, whose values appear on all later items.

use sentry::protocol::{Attachment, Breadcrumb, Context};
use sentry::{Level, User};
use sentry_tests::support::{observe, options};
use serde_json::{Value, json};

#[test]
fn every_setter_is_on_the_event_and_what_is_taken_back_is_not() {
    let seen = observe(options().normalize_depth(3), || {
        sentry::with_isolation_scope(|| {
            sentry::set_tag("one", 1);
            sentry::set_tags([("two", "2"), ("three", "3")]);
            let device = |name: &str| {
                Context::from(
                    [("name".to_owned(), Value::from(name))]
                        .into_iter()
                        .collect::<sentry::protocol::Map<_, _>>(),
                )
            };
            sentry::set_context("lamp", device("desk"));
            sentry::set_context("gone", device("attic"));
            sentry::remove_context("gone");
            sentry::set_extra("deep", json!({"a": {"b": {"c": {"d": 1}}}}));
            sentry::set_extras([("x", 1), ("y", 2)]);
            sentry::set_user(Some(User { id: Some("u1".into()), ..User::default() }));
            sentry::set_level(Level::Warning);
            sentry::set_fingerprint(Some(&["shop", "lamps"]));
            sentry::set_transaction_name("checkout");
            sentry::add_feature_flag("dark-mode", true);
            sentry::add_attachment(Attachment {
                buffer: b"hello".to_vec(),
                filename: "hello.txt".into(),
                ..Attachment::default()
            });
            sentry::add_breadcrumb(Breadcrumb { message: Some("plain".into()), ..Breadcrumb::default() });
            sentry::add_breadcrumb(|| Breadcrumb { message: Some("lazy".into()), ..Breadcrumb::default() });
            sentry::capture_message("all of it", Level::Info);
        });
        sentry::capture_message("nothing of it", Level::Info);
    });
    let [full, bare] = &seen.events()[..] else { panic!("two events") };
    assert_eq!(full["tags"], json!({"one": "1", "two": "2", "three": "3"}));
    assert_eq!(full["contexts"]["lamp"]["name"], "desk");
    assert_eq!(full["contexts"].get("gone"), None);
    assert_eq!((&full["extra"]["x"], &full["extra"]["y"]), (&json!(1), &json!(2)));
    assert!(
        full["extra"]["deep"]["a"]["b"].get("c").is_none_or(|deep| !deep.is_object()),
        "{}",
        full["extra"]
    );
    assert_eq!((&full["user"]["id"], &full["level"]), (&json!("u1"), &json!("warning")));
    assert_eq!(full["fingerprint"], json!(["shop", "lamps"]));
    assert_eq!(full["transaction"], "checkout");
    assert_eq!(full["contexts"]["flags"]["values"][0], json!({"flag": "dark-mode", "result": true}));
    let crumbs: Vec<_> =
        full["breadcrumbs"]["values"].as_array().unwrap().iter().map(|it| &it["message"]).collect();
    assert_eq!(crumbs, ["plain", "lazy"]);
    assert_eq!(seen.items().iter().filter(|item| item.ty() == "attachment").count(), 1);
    assert!(bare.get("tags").is_none() && bare.get("user").is_none(), "{bare}");
}
