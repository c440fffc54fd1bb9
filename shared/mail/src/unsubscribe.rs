//! Links with which a receiver opts out of further mails (RFC 8058).

use std::fmt;

use customers::CustomerId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The purpose in the signature: signatures for other purposes are not valid here.
const PURPOSE: &[u8] = b"millrace unsubscribe 1\0";

/// The key that signs links. It prints masked.
#[derive(Clone)]
pub struct UnsubscribeKey(Hmac<Sha256>);

/// Creates the links of mails.
#[derive(Clone, Debug)]
pub struct UnsubscribeLinks {
    /// The address of the page, without a query.
    pub url: String,
    /// The signing key.
    pub key: UnsubscribeKey,
}

impl UnsubscribeLinks {
    /// The link of a customer.
    pub fn link(&self, customer: CustomerId) -> String {
        format!("{}?token={}", self.url, self.key.token(customer))
    }
}

/// The port to the key that signs links.
pub trait UnsubscribeKeys {
    /// The current key.
    fn key(&self) -> impl Future<Output = Result<UnsubscribeKey, UnsubscribeKeysError>> + Send;
}

/// The key cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the key of the unsubscribe links cannot be read")]
pub struct UnsubscribeKeysError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A key that is too short.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("the key of the unsubscribe links has fewer than 32 bytes")]
pub struct UnsubscribeKeyError;

impl UnsubscribeKey {
    /// A key of at least 32 bytes.
    pub fn try_new(bytes: &[u8]) -> Result<Self, UnsubscribeKeyError> {
        if bytes.len() < 32 {
            return Err(UnsubscribeKeyError);
        }
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| UnsubscribeKeyError)
    }

    /// The token of a customer: their id and its signature. It does not expire, because a mail may be read late; it
    /// only allows opting out.
    pub fn token(&self, customer: CustomerId) -> String {
        format!("{customer}.{}", hex::encode(self.signature(customer).finalize().into_bytes()))
    }

    /// The customer of a token; `None` if the token was not signed with this key.
    pub fn customer(&self, token: &str) -> Option<CustomerId> {
        let (customer, signature) = token.split_once('.')?;
        let customer: CustomerId = customer.parse().ok()?;
        let is_lower_case = !signature.bytes().any(|it| it.is_ascii_uppercase());
        let signature = hex::decode(signature).ok().filter(|_| is_lower_case)?;
        // Compares in constant time.
        self.signature(customer).verify_slice(&signature).ok()?;
        Some(customer)
    }

    fn signature(&self, customer: CustomerId) -> Hmac<Sha256> {
        let mut signature = self.0.clone();
        signature.update(PURPOSE);
        signature.update(customer.to_string().as_bytes());
        signature
    }
}

impl fmt::Debug for UnsubscribeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsubscribeKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> UnsubscribeKey {
        UnsubscribeKey::try_new(&[byte; 32]).unwrap()
    }

    #[test]
    fn a_token_is_good_for_one_customer_and_one_key() {
        let (ada, bob) = (CustomerId::of_company("ada"), CustomerId::of_company("bob"));
        let token = key(7).token(ada);
        assert_eq!(key(7).customer(&token), Some(ada));
        assert_eq!(key(8).customer(&token), None, "another key");
        assert_eq!(key(7).customer(&token.replace(&ada.to_string(), &bob.to_string())), None, "another customer");
        let (id, signature) = token.split_once('.').unwrap();
        for wrong in [
            "",
            id,
            &format!("{id}."),
            &format!("{id}.{}", &signature[2..]),
            &format!("{id}.{signature}00"),
            &format!("{id}.{}", signature.to_uppercase()),
            &format!("{id}.{}", "é".repeat(32)),
            &format!("x{id}.{signature}"),
        ] {
            assert_eq!(key(7).customer(wrong), None, "{wrong}");
        }
        assert!(token.bytes().all(|it| it.is_ascii_alphanumeric() || b".-".contains(&it)), "safe in a link: {token}");
    }

    #[test]
    fn a_link_has_the_token_of_its_customer() {
        let (url, ada) = ("https://api.example/unsubscribe".to_owned(), CustomerId::of_company("ada"));
        let link = UnsubscribeLinks { url, key: key(7) }.link(ada);
        assert_eq!(link, format!("https://api.example/unsubscribe?token={}", key(7).token(ada)));
    }

    #[test]
    fn a_short_key_is_refused_and_none_is_printed() {
        assert_eq!(UnsubscribeKey::try_new(&[1; 31]).err(), Some(UnsubscribeKeyError));
        assert_eq!(format!("{:?}", key(65)), "UnsubscribeKey(…)");
    }
}
