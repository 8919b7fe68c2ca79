#!/bin/bash
# Sends an event over each kind of TLS that the features of sentry-runtime offer, to a server with a self-signed
# certificate: it must arrive if the option `ca_certs` names the certificate, and must not arrive otherwise.
#
#     tests/tls/run.sh                          all kinds
#     tests/tls/run.sh native-tls               one of: rustls, rustls-no-provider, platform-verifier, native-tls
#
# Needs openssl and python3. The tests in `delivery` check the default in detail; this script checks the others.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
runtime=$(cd "$here/../../sentry-runtime" && pwd)
work=${WORK:-${TMPDIR:-/tmp}/tls-kinds}
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$work/target"
mkdir -p "$work"

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$work/key.pem" -out "$work/certificate.pem" 2> "$work/openssl.log"
cat > "$work/server.py" << 'END'
import http.server, ssl, sys

class Sentry(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sentry)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
END
rm -f "$work/port"
python3 "$work/server.py" "$work/certificate.pem" "$work/key.pem" > "$work/port" 2> "$work/server.log" &
server=$!
trap 'kill $server' EXIT
while [ ! -s "$work/port" ]; do sleep 0.1; done
dsn="https://public@localhost:$(cat "$work/port")/1"

# Builds the program of the kind $1, with the features $2 and the dependency $3, and runs it.
check() {
    mkdir -p "$work/$1/src"
    printf '[workspace]\n[package]\nname = "tls-%s"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n' "$1" > "$work/$1/Cargo.toml"
    printf 'sentry-runtime = { path = "%s", default-features = false, features = [%s] }\n%s\n' "$runtime" "$2" "$3" >> "$work/$1/Cargo.toml"
    cat > "$work/$1/src/main.rs" << END
fn sent(options: sentry::ClientOptions) -> u64 {
    let guard = sentry::try_init(options).expect("options");
    let client = guard.clone();
    sentry::capture_message("sent", sentry::Level::Info);
    drop(guard);
    client.stats().sent(sentry::protocol::DataCategory::Error)
}

fn main() {
    let mut given = std::env::args().skip(1);
    let (dsn, certificate) = (given.next().unwrap(), std::path::PathBuf::from(given.next().unwrap()));
    let options = || sentry::ClientOptions::new().dsn(dsn.as_str()).shutdown_timeout(std::time::Duration::from_secs(20));
    $4
    assert_eq!(sent(options().ca_certs(certificate)), 1, "the certificate is named");
    assert_eq!(sent(options().shutdown_timeout(std::time::Duration::from_secs(2))), 0, "nobody vouches for the certificate");
}
END
    cargo build --quiet --manifest-path "$work/$1/Cargo.toml"
    "$CARGO_TARGET_DIR/debug/tls-$1" "$dsn" "$work/certificate.pem"
    echo "$1: works"
}

[ $# -gt 0 ] || set -- rustls rustls-no-provider platform-verifier native-tls
for kind in "$@"; do
    case $kind in
    rustls | native-tls) check "$kind" "\"$kind\"" '' '' ;;
    platform-verifier) check "$kind" '"platform-verifier", "rustls"' '' '' ;;
    rustls-no-provider)
        check "$kind" '"rustls-no-provider"' 'rustls = { version = "0.23", default-features = false, features = ["ring"] }' '
    let error = sentry::try_init(options()).expect_err("no provider is installed").to_string();
    assert!(error.contains("install_default"), "{error}");
    rustls::crypto::ring::default_provider().install_default().unwrap();'
        ;;
    *)
        echo "unknown kind: $kind" >&2
        exit 1
        ;;
    esac
done
