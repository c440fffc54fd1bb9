//! The endpoint of the stack and its credentials.

use std::net::IpAddr;
use std::path::Path;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::config::Credentials;
use serde::Deserialize;

use crate::arguments::Global;

/// The region of the laptop's stack.
const LAPTOP_REGION: &str = "eu-west-1";
/// Access key and secret of the laptop's stack, which accepts any.
const LAPTOP_KEY: &str = "test";
/// The file in which `cargo xtask up` stores its ports.
const LAPTOP_STATE: &str = ".millrace/up/ports.json";

/// Where the stack runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Endpoint {
    /// On AWS.
    Aws,
    /// At the given URL.
    Url(String),
    /// On this machine, found through the state file of `cargo xtask up` in this folder.
    Laptop(String),
}

impl Endpoint {
    /// Explicit options win over the folder.
    pub(crate) fn of(global: &Global, folder: &Path) -> Self {
        let endpoint = global.endpoint.as_deref().filter(|it| !it.is_empty());
        if let Some(endpoint) = endpoint {
            return Self::Url(endpoint.trim_end_matches('/').to_owned());
        }
        if global.aws_profile.is_some() {
            return Self::Aws;
        }
        laptop(folder).map_or(Self::Aws, Self::Laptop)
    }

    /// Its URL, unless it is AWS.
    pub(crate) fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Aws => None,
            Self::Url(endpoint) | Self::Laptop(endpoint) => Some(endpoint),
        }
    }

    /// Whether it is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.endpoint().is_some_and(is_loopback)
    }

    /// The SDK configuration for it.
    pub(crate) async fn configuration(&self, aws_profile: Option<&str>) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
        if let Some(endpoint) = self.endpoint() {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(name) = aws_profile {
            loader = loader.profile_name(name);
        }
        // A stack from the folder's state file is always the laptop's, whatever the environment says.
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

#[allow(clippy::disallowed_methods, reason = "not a function: the user's environment determines the credentials")]
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|it| !it.is_empty())
}

#[derive(Deserialize)]
struct Ports {
    ministack: u16,
}

/// The laptop's stack that was last started from this folder or a parent folder.
fn laptop(folder: &Path) -> Option<String> {
    let state = folder.ancestors().find_map(|it| std::fs::read(it.join(LAPTOP_STATE)).ok())?;
    let ports: Ports = serde_json::from_slice(&state).ok()?;
    Some(format!("http://127.0.0.1:{}", ports.ministack))
}

fn is_loopback(endpoint: &str) -> bool {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let host = match host_and_port.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host_and_port.split(':').next().unwrap_or_default(),
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
            wide: false,
            pager: String::new(),
            no_pager: true,
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
    fn explicit_options_win_over_the_folder() {
        let folder = std::env::temp_dir().join(format!("millrace-place-{}", std::process::id()));
        std::fs::create_dir_all(folder.join(".millrace/up")).unwrap();
        let inner = folder.join("a/b");
        let endpoint_of = |endpoint, profile| Endpoint::of(&global(endpoint, profile), &inner);
        assert_eq!(endpoint_of(None, None), Endpoint::Aws);
        std::fs::write(folder.join(LAPTOP_STATE), r#"{"mail":2610,"ministack":4610}"#).unwrap();
        assert_eq!(endpoint_of(None, None), Endpoint::Laptop("http://127.0.0.1:4610".to_owned()));
        assert_eq!(endpoint_of(None, Some("work")), Endpoint::Aws);
        assert_eq!(endpoint_of(Some("http://127.0.0.1:1/"), None), Endpoint::Url("http://127.0.0.1:1".to_owned()));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
