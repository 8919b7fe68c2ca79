//! Tests of the integrations for servers: the tower layer on axum and on plain services, the middleware for actix-web.
//! Requests go over real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod actix;
mod axum_bodies;
mod axum_errors;
mod axum_requests;
mod axum_routes;
mod beside;
mod client;
mod grpc;
mod serve;
mod services;
mod sessions;
mod sockets;
mod unhandled;
