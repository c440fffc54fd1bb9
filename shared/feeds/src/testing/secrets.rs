//! A fake of the stored secret.

use std::sync::{Arc, Mutex};

use imports::PortError;

use super::lock;
use crate::{FeedSecrets, Secret};

/// A stored secret in memory; its clones are the same secret.
#[derive(Clone, Debug)]
pub struct FakeFeedSecrets(Arc<Mutex<(Secret, u32)>>);

impl FakeFeedSecrets {
    /// A secret with this text.
    pub fn new(text: &str) -> Self {
        Self(Arc::new(Mutex::new((Secret::new(text), 0))))
    }

    /// Replaces the secret, as a rotation does.
    pub fn rotate(&self, text: &str) {
        lock(&self.0).0 = Secret::new(text);
    }

    /// How often it was read.
    pub fn reads(&self) -> u32 {
        lock(&self.0).1
    }
}

impl FeedSecrets for FakeFeedSecrets {
    async fn read(&self) -> Result<Secret, PortError> {
        let mut stored = lock(&self.0);
        stored.1 = stored.1.saturating_add(1);
        Ok(stored.0.clone())
    }
}
