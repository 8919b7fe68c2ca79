//! Tests of secrets in texts: messages, errors and parameters of logs.

use super::*;

#[test]
fn fields_of_json_are_filtered_wherever_they_stand_in_a_text() {
    let seen = observe(options().enable_logs(true), || {
        let fields = format!("\"city\":\"Linz\", \"password\": \"{0}\", \"cvv\": [\"{0}\"]", secret());
        for text in
            [format!("body: {{{fields}}}"), format!("body: {fields:?} of a request"), format!("{{{{{fields}")]
        {
            sentry::with_isolation_scope(|| {
                sentry::add_breadcrumb(Breadcrumb { message: Some(text.clone()), ..Default::default() });
                sentry::capture_message(&text, Level::Info);
                sentry::capture_error(&std::io::Error::other(text.clone()));
                sentry::logger_info!("{text}");
                sentry::start_span(text.clone(), |span| span.set_attribute("body", text));
            });
        }
    });
    assert_nowhere(&seen, &secret());
    let texts: Vec<_> = seen.events().iter().map(|event| event["logentry"]["message"].clone()).collect();
    assert_eq!(texts[0], r#"body: {"city":"Linz", "password": "[Filtered]", "cvv": "[Filtered]"}"#);
    assert!(seen.spans().iter().all(|span| span.name.contains("Linz")), "the rest stays");
}

/// Returns texts that contain a secret, in all forms that programs write.
fn texts() -> Vec<String> {
    #[derive(Debug)]
    #[allow(dead_code, reason = "they are read by Debug")]
    struct Login {
        password: String,
        api_key: Option<String>,
        city: &'static str,
    }
    let login = Login { password: secret(), api_key: Some(secret()), city: "Linz" };
    let secret = secret();
    vec![
        format!("{login:?}"),
        format!("{login:#?}"),
        format!("{:?}", format!("{login:?} of Linz")),
        format!("city: Linz\npassword: {secret}\nport: 1"),
        format!("Linz: x-api-key: {secret}"),
        format!("Linz, Pass Word: {secret}"),
        format!("mysql --password {secret} -h Linz"),
        format!("Linz password={secret}"),
        format!("Linz -----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----"),
        format!("amqps://ada:{secret}@Linz/ and //ada:{secret}@Linz"),
        format!("ada:{secret}@tcp(Linz:3306)/db"),
        format!("[(\"city\", \"Linz\"), (\"password\", \"{secret}\")]"),
        format!("<city>Linz</city><password>{secret}</password>"),
    ]
}

#[test]
fn one_filter_reads_every_text_that_leaves() {
    for pii in [false, true] {
        for text in texts() {
            let options = options().send_default_pii(pii).enable_logs(true).normalize_depth(8);
            let seen = observe(options, || {
                sentry::with_isolation_scope(|| {
                    sentry::set_extra("note", &*text);
                    sentry::set_extra("list", json!([{"note": text}]));
                    sentry::set_tag("note", text.replace('\n', " "));
                    let fields = BTreeMap::from([("note".to_owned(), Value::from(&*text))]);
                    sentry::set_context("mine", Context::Other(fields.clone()));
                    sentry::add_breadcrumb(Breadcrumb {
                        message: Some(text.clone()),
                        data: fields,
                        ..Default::default()
                    });
                    sentry::logger_info!("a {} of {note}", &*text, note = &*text);
                    sentry::capture_feedback(sentry::protocol::Feedback::new(&*text), ());
                    sentry::start_span(text.clone(), |span| {
                        span.set_attribute("note", &*text);
                        span.set_attribute("notes", vec![text.clone()]);
                        sentry::start_span(text.clone(), |child| child.set_attribute("note", &*text));
                        sentry::capture_message(&text, Level::Info);
                        sentry::capture_error(&std::io::Error::other(text.clone()));
                    });
                });
            });
            assert_nowhere(&seen, &secret());
            let bodies = seen.requests().iter().any(|it| String::from_utf8_lossy(&it.body).contains("Linz"));
            assert!(bodies, "the rest stays: {text}");
        }
    }
}

#[test]
fn parameters_are_filtered_by_the_template_that_names_them() {
    let seen = observe(options().enable_logs(true), || {
        sentry::logger_info!("{} logs in with password={}", "ada", secret());
        sentry::capture_event(Event {
            logentry: Some(sentry::protocol::LogEntry {
                message: "%s logs in with password: %s".into(),
                params: vec!["ada".into(), secret().into()],
            }),
            ..Default::default()
        });
    });
    assert_nowhere(&seen, &secret());
    assert_eq!(seen.event()["logentry"]["params"], json!(["ada", FILTERED]));
}

#[test]
fn card_numbers_are_filtered_and_other_numbers_kept() {
    let seen = observe(untraced(), || {
        sentry::with_isolation_scope(|| {
            sentry::set_extra("card", "paid with 4242 4242 4242 4242");
            sentry::set_extra("number", 4_242_424_242_424_242_u64);
            sentry::set_extra("order", "order 4242424242424243");
            sentry::set_extra("order_number", 4_242_424_242_424_243_u64);
            message();
        });
    });
    let extra = &seen.event()["extra"];
    assert_eq!(extra["card"], "paid with [Filtered]");
    assert_eq!(extra["number"], FILTERED);
    assert_eq!(extra["order"], "order 4242424242424243");
    assert_eq!(extra["order_number"], 4_242_424_242_424_243_u64);
}

#[test]
fn query_values_in_the_errors_of_clients_need_send_default_pii() {
    let error =
        || std::io::Error::other("error sending request for url (https://h/search?q=my+illness&page=2)");
    let text = |pii| {
        let seen = observe(untraced().send_default_pii(pii), || {
            sentry::capture_error(&error());
        });
        seen.event()["exception"]["values"][0]["value"].as_str().unwrap().to_owned()
    };
    assert_eq!(text(false), "error sending request for url (https://h/search?q=[Filtered]&page=[Filtered])");
    assert_eq!(text(true), error().to_string());
}

#[test]
fn pairs_and_names_of_several_words_are_filtered() {
    let seen = observe(untraced().send_default_pii(true).normalize_depth(8), || {
        sentry::with_isolation_scope(|| {
            sentry::set_extra("form", json!([["password", secret()]]));
            sentry::set_extra("mixed", json!([["password", [secret()]], ["page", 2]]));
            sentry::set_extra("named", json!([{"name": "password", "value": secret()}]));
            sentry::set_extra("list", json!(["password", "city"]));
            for name in ["Pass Word", "otp", "pin_code", "two-factor", "verificationCode", "iban"] {
                sentry::set_extra(name, secret());
            }
            message();
        });
    });
    assert_nowhere(&seen, &secret());
    assert_eq!(seen.event()["extra"]["form"], json!([["password", FILTERED]]));
    assert_eq!(seen.event()["extra"]["list"], json!(["password", "city"]));
}
