//! Plain HTTP requests to a local instance, and checks of ports.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result};

const CONNECT: Duration = Duration::from_millis(500);

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Whether the port of this machine is free.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind(loopback(port)).is_ok()
}

/// A free port.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(loopback(0)).context("finding a free port")?;
    Ok(listener.local_addr()?.port())
}

/// Whether a server responds on the port.
pub(crate) fn accepts(port: u16) -> bool {
    TcpStream::connect_timeout(&loopback(port), CONNECT).is_ok()
}

/// Whether the instance on the port reports that it is healthy.
pub(crate) fn is_healthy(port: u16) -> bool {
    request(port, "GET", "/_ministack/health", None, Duration::from_secs(2)).is_ok_and(|status| status == 200)
}

/// Resets the instance on the port; returns the HTTP status.
pub(crate) fn reset(port: u16) -> Result<u16> {
    request(port, "POST", "/_ministack/reset", None, Duration::from_mins(1))
}

/// The HTTP status of a page that requires a token.
pub(crate) fn get(port: u16, path: &str, token: &str) -> Result<u16> {
    request(port, "GET", path, Some(token), Duration::from_secs(30))
}

fn request(port: u16, method: &str, path: &str, token: Option<&str>, patience: Duration) -> Result<u16> {
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let mut stream = TcpStream::connect_timeout(&loopback(port), CONNECT)?;
    stream.set_read_timeout(Some(patience))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{authorization}Connection: close\r\nContent-Length: 0\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    answer.split_whitespace().nth(1).and_then(|status| status.parse().ok()).context("this is no HTTP answer")
}
