//! Where the stack runs, and how to sign in there.

use std::net::IpAddr;
use std::path::Path;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::config::Credentials;
use serde::Deserialize;

use crate::arguments::Global;

/// The region the laptop's stack plays.
const LAPTOP_REGION: &str = "eu-west-1";
/// Key and secret of the laptop's stack, which takes any.
const LAPTOP_KEY: &str = "test";
/// What `cargo xtask up` leaves of where it listens.
const LAPTOP_STATE: &str = ".millrace/up/ports.json";

/// Where the stack runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// On AWS.
    Aws,
    /// Where the caller said.
    Endpoint(String),
    /// On this machine, found by what `cargo xtask up` left in this folder.
    Laptop(String),
}

impl Place {
    /// What was asked for decides, then the folder.
    pub(crate) fn of(global: &Global, folder: &Path) -> Self {
        let endpoint = global.endpoint.as_deref().filter(|it| !it.is_empty());
        if let Some(endpoint) = endpoint {
            return Self::Endpoint(endpoint.trim_end_matches('/').to_owned());
        }
        if global.aws_profile.is_some() {
            return Self::Aws;
        }
        laptop(folder).map_or(Self::Aws, Self::Laptop)
    }

    /// Its address, where it is not AWS.
    pub(crate) fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Aws => None,
            Self::Endpoint(endpoint) | Self::Laptop(endpoint) => Some(endpoint),
        }
    }

    /// Whether it is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.endpoint().is_some_and(is_loopback)
    }

    /// What the SDK needs to speak to it.
    pub(crate) async fn configuration(&self, aws_profile: Option<&str>) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
        if let Some(endpoint) = self.endpoint() {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(name) = aws_profile {
            loader = loader.profile_name(name);
        }
        // What was found in the folder is the laptop's whatever the environment says.
        let is_laptop = matches!(self, Self::Laptop(_));
        let is_open = self.is_local() && aws_profile.is_none() && !is_set("AWS_ACCESS_KEY_ID");
        if is_laptop || is_open {
            loader = loader.credentials_provider(Credentials::new(LAPTOP_KEY, LAPTOP_KEY, None, None, "laptop"));
            if is_laptop || !(is_set("AWS_REGION") || is_set("AWS_DEFAULT_REGION")) {
                loader = loader.region(Region::from_static(LAPTOP_REGION));
            }
        }
        loader.load().await
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "no function: whether the person has signed in decides which credentials are used"
)]
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|it| !it.is_empty())
}

#[derive(Deserialize)]
struct Ports {
    ministack: u16,
}

/// The laptop's stack as it was started last from this folder or one around it.
fn laptop(folder: &Path) -> Option<String> {
    let state = folder.ancestors().find_map(|it| std::fs::read(it.join(LAPTOP_STATE)).ok())?;
    let ports: Ports = serde_json::from_slice(&state).ok()?;
    Some(format!("http://127.0.0.1:{}", ports.ministack))
}

fn is_loopback(endpoint: &str) -> bool {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit('@').next().unwrap_or_default();
    let host = match place.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => place.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse().is_ok_and(|it: IpAddr| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(endpoint: Option<&str>, aws_profile: Option<&str>) -> Global {
        Global {
            stack: "millrace".to_owned(),
            endpoint: endpoint.map(str::to_owned),
            aws_profile: aws_profile.map(str::to_owned),
            json: false,
        }
    }

    #[test]
    fn what_is_on_this_machine_is_known() {
        for (endpoint, local) in [
            ("http://127.0.0.1:4566", true),
            ("http://localhost:4566/", true),
            ("http://[::1]:4566", true),
            ("http://127.8.8.8", true),
            ("https://dynamodb.eu-west-1.amazonaws.com", false),
            ("http://127.0.0.1@example.com", false),
            ("http://127.0.0.1.example.com:4566", false),
            ("http://10.0.0.1:4566", false),
        ] {
            assert_eq!(is_loopback(endpoint), local, "{endpoint}");
        }
    }

    #[test]
    fn what_is_asked_for_wins_over_the_folder() {
        let folder = std::env::temp_dir().join(format!("millrace-place-{}", std::process::id()));
        std::fs::create_dir_all(folder.join(".millrace/up")).unwrap();
        let inner = folder.join("a/b");
        let place = |endpoint, profile| Place::of(&global(endpoint, profile), &inner);
        assert_eq!(place(None, None), Place::Aws);
        std::fs::write(folder.join(LAPTOP_STATE), r#"{"mail":2610,"ministack":4610}"#).unwrap();
        assert_eq!(place(None, None), Place::Laptop("http://127.0.0.1:4610".to_owned()));
        assert_eq!(place(None, Some("work")), Place::Aws);
        assert_eq!(place(Some("http://127.0.0.1:1/"), None), Place::Endpoint("http://127.0.0.1:1".to_owned()));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
