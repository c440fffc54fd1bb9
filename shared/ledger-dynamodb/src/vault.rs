use std::error::Error;

/// The port to the storage of months that are too large for the table: under the hash of their bytes, so that what is
/// there never changes.
pub trait Vault {
    /// Keeps `bytes` under `hash`, 64 hexadecimal digits. The same again is harmless.
    fn put(&self, hash: &str, bytes: &[u8]) -> impl Future<Output = Result<(), VaultError>> + Send;

    /// What was kept under `hash`.
    fn get(&self, hash: &str) -> impl Future<Output = Result<Option<Vec<u8>>, VaultError>> + Send;
}

/// The vault does not answer, or not now: try again.
#[derive(Debug, thiserror::Error)]
#[error("the vault of large months cannot be reached")]
pub struct VaultError(#[source] pub Box<dyn Error + Send + Sync>);

/// For those who read totals only: there is no vault.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoVault;

impl Vault for NoVault {
    async fn put(&self, _hash: &str, _bytes: &[u8]) -> Result<(), VaultError> {
        Err(VaultError("there is no vault here".into()))
    }

    async fn get(&self, _hash: &str) -> Result<Option<Vec<u8>>, VaultError> {
        Err(VaultError("there is no vault here".into()))
    }
}
