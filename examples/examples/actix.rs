//! An actix-web server that records every request as a transaction, by one line of middleware.
//!
//! `cargo run -p sentry-examples --example actix --features actix-web` sends two requests to itself and prints what was
//! recorded.

use std::error::Error;
use std::io;

use actix_web::rt::{System, task::spawn_blocking};
use actix_web::{App, HttpServer, web};
use sentry::integrations::actix_web::Sentry;

// The middleware captures the error, because the response has the status 500.
async fn user(id: web::Path<u32>) -> Result<String, io::Error> {
    sentry::set_tag("user.id", &id);
    load(*id).await
}

#[sentry::span("SELECT name FROM users WHERE id = $1", op = "db.query")]
async fn load(id: u32) -> Result<String, io::Error> {
    match id {
        1 => Ok("Ada".to_owned()),
        _ => Err(io::Error::other("the table is locked")),
    }
}

#[sentry::main(options = sentry::ClientOptions::new().traces_sample_rate(1.0).local(true))]
fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    System::new().block_on(async {
        let app = || App::new().route("/users/{id}", web::get().to(user)).wrap(Sentry::new());
        let server = HttpServer::new(app).workers(1).bind("127.0.0.1:0")?;
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        for id in [1, 2] {
            let status = spawn_blocking(move || ask(&format!("http://{address}/users/{id}"))).await??;
            println!("user {id}: {status}");
        }
        handle.stop(true).await;
        Ok(())
    })
}

fn ask(url: &str) -> Result<u16, ureq::Error> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
    Ok(ureq::Agent::from(config).get(url).call()?.status().as_u16())
}
