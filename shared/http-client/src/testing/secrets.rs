use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Secret, Secrets, SecretsError};

/// A stored secret in memory; its clones are the same secret.
#[derive(Clone, Debug)]
pub struct FakeSecrets(Arc<Mutex<(Secret, u32)>>);

impl FakeSecrets {
    /// A secret with this text.
    pub fn new(text: &str) -> Self {
        Self(Arc::new(Mutex::new((Secret::new(text), 0))))
    }

    /// Replaces the secret, as a rotation does.
    pub fn rotate(&self, text: &str) {
        self.lock().0 = Secret::new(text);
    }

    /// How often it was read.
    pub fn reads(&self) -> u32 {
        self.lock().1
    }

    fn lock(&self) -> MutexGuard<'_, (Secret, u32)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Secrets for FakeSecrets {
    async fn read(&self) -> Result<Secret, SecretsError> {
        let mut stored = self.lock();
        stored.1 = stored.1.saturating_add(1);
        Ok(stored.0.clone())
    }
}
