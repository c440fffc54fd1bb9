//! Which addresses are allowed.

use std::net::IpAddr;

use http::Uri;

/// Why an address cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not `http://…` or `https://…`.
    #[error("the address is not a URL")]
    NoUrl,
    /// It is neither `https` nor on this machine.
    #[error("the address is not encrypted: use https:// (http:// is for this machine only, as in http://127.0.0.1)")]
    NotEncrypted,
    /// It has a user name or a password, which would be in logs.
    #[error("the address has a user name or a password; store them as a secret instead")]
    UserInfo,
    /// The machine has no root certificates.
    #[error("this machine has no root certificates to verify a server with")]
    NoRoots(#[source] std::io::Error),
}

/// Checks that requests to `address` are encrypted or stay on this machine.
pub(crate) fn check(address: &str) -> Result<(), AddressError> {
    let url: Uri = address.parse().map_err(|_| AddressError::NoUrl)?;
    let authority = url.authority().ok_or(AddressError::NoUrl)?;
    if authority.as_str().contains('@') {
        return Err(AddressError::UserInfo);
    }
    match url.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_loopback(authority.host()) => Ok(()),
        Some("http") => Err(AddressError::NotEncrypted),
        _ => Err(AddressError::NoUrl),
    }
}

fn is_loopback(host: &str) -> bool {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || plain.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_called_without_encryption() {
        for address in [
            "https://bank.example/feeds",
            "https://127.0.0.1",
            "http://127.0.0.1:4680",
            "http://127.8.8.8",
            "http://[::1]:4680/bank",
            "http://localhost:4680",
        ] {
            assert!(check(address).is_ok(), "{address}");
        }
        for address in [
            "http://bank.example",
            "http://10.0.0.7:4680",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "http://[2001:db8::1]",
        ] {
            assert!(matches!(check(address), Err(AddressError::NotEncrypted)), "{address}");
        }
        for address in ["https://me:word@bank.example", "http://me@127.0.0.1"] {
            assert!(matches!(check(address), Err(AddressError::UserInfo)), "{address}");
        }
        for address in ["", "bank", "/feeds", "ftp://bank.example", "file:///etc"] {
            assert!(matches!(check(address), Err(AddressError::NoUrl)), "{address}");
        }
    }
}
