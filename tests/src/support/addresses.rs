//! Addresses of this machine that no other test and no other program can take.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

/// An address on which nothing listens while this value exists.
///
/// The port of a closed listener would not do, because another test may get it at any time. This address is the local
/// end of an open connection, so the system does not give it to anyone else.
#[derive(Debug)]
pub struct Nowhere {
    connection: TcpStream,
    _peer: TcpListener,
}

impl Nowhere {
    /// Takes an address of the loopback interface.
    #[must_use]
    pub fn new() -> Self {
        let peer = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let connection = TcpStream::connect(peer.local_addr().unwrap()).unwrap();
        Self { connection, _peer: peer }
    }

    /// Returns the address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.connection.local_addr().unwrap()
    }
}

impl Default for Nowhere {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns an address with port 0 for a server that ends and starts again at the same port. On Linux, no other server
/// and no client has this address, so none takes the port meanwhile.
#[must_use]
pub fn apart() -> SocketAddr {
    let address = if cfg!(target_os = "linux") { Ipv4Addr::new(127, 0, 77, 1) } else { Ipv4Addr::LOCALHOST };
    (address, 0).into()
}
