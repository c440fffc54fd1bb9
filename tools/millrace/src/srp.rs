//! Proves knowledge of a password to Cognito without sending it: SRP-6a (RFC 5054) with Cognito's own key derivation.
//!
//! The group is the 3072-bit group of RFC 3526 with the generator 2. Numbers are hashed with a leading zero byte if
//! their first bit is set, like Amazon's clients.

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{NonZero, Odd, U3072};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

const PRIME: &str = "\
    FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD\
    EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
    EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F\
    83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
    E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510\
    15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
    ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C\
    BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF";
const GENERATOR: u8 = 2;
const KEY_LABEL: &[u8] = b"Caldera Derived Key\x01";

type Element = FixedMontyForm<{ U3072::LIMBS }>;

/// One sign-in: the client's secret number and its public value.
pub(crate) struct Exchange {
    secret: U3072,
    public: U3072,
    group: FixedMontyParams<{ U3072::LIMBS }>,
}

/// Cognito's challenge (`PASSWORD_VERIFIER`).
pub(crate) struct Question<'a> {
    /// The pool's id, with its region.
    pub(crate) pool: &'a str,
    /// `USER_ID_FOR_SRP`
    pub(crate) user: &'a str,
    /// `SALT`, hexadecimal
    pub(crate) salt: &'a str,
    /// `SRP_B`, hexadecimal
    pub(crate) public: &'a str,
    /// `SECRET_BLOCK`, Base64
    pub(crate) secret_block: &'a str,
}

impl Exchange {
    /// Starts with 128 random bytes, which must never be reused.
    pub(crate) fn begin(random: &[u8; 128]) -> Result<Self> {
        let prime = Odd::new(U3072::from_be_hex(PRIME)).into_option().context("the prime is odd")?;
        let group = FixedMontyParams::new_vartime(prime);
        let secret = number(random)?;
        let public = Element::new(&U3072::from(GENERATOR), &group).pow(&secret).retrieve();
        ensure!(public != U3072::ZERO, "the random number is unusable; try again");
        Ok(Self { secret, public, group })
    }

    /// The first value to send (`SRP_A`).
    pub(crate) fn public(&self) -> String {
        hex(&self.public)
    }

    /// The response to the challenge (`PASSWORD_CLAIM_SIGNATURE`). `timestamp` must be sent with it.
    pub(crate) fn prove(&self, question: &Question<'_>, password: &str, timestamp: &str) -> Result<String> {
        let pool = question.pool.split_once('_').map_or(question.pool, |(_, name)| name);
        let theirs = from_hex(question.public)?;
        let prime = self.group.modulus().as_nz_ref();
        ensure!(theirs.rem(prime) != U3072::ZERO, "Cognito sent an unusable number");
        let scramble = hash(&[&padded(&self.public), &padded(&theirs)]);
        ensure!(scramble != [0; 32], "Cognito sent an unusable number");

        let identity = hash(&[pool.as_bytes(), question.user.as_bytes(), b":", password.as_bytes()]);
        let private = number(&hash(&[&padded(&from_hex(question.salt)?), &identity]))?;
        let shared = self.shared(prime, &theirs, &number(&scramble)?, &private)?;

        let key = mac(&mac(&padded(&number(&scramble)?), &[&padded(&shared)])?, &[KEY_LABEL])?;
        let block = STANDARD.decode(question.secret_block).context("Cognito sent a block that is not Base64")?;
        let (key, _) = key.split_at_checked(16).context("a hash has 32 bytes")?;
        let signed = [pool.as_bytes(), question.user.as_bytes(), &block, timestamp.as_bytes()];
        Ok(STANDARD.encode(mac(key, &signed)?))
    }

    /// (B − k·gˣ) ^ (a + u·x)
    fn shared(&self, prime: &NonZero<U3072>, theirs: &U3072, scramble: &U3072, private: &U3072) -> Result<U3072> {
        let element = |number: &U3072| Element::new(&number.rem(prime), &self.group);
        let multiplier = number(&hash(&[&padded(prime), &[GENERATOR]]))?;
        let verifier = element(&U3072::from(GENERATOR)).pow(private);
        let base = element(theirs).sub(&element(&multiplier).mul(&verifier));
        // Both are hashes of 256 bits, and the secret has 1,024: nothing is truncated.
        let exponent = self.secret.wrapping_add(&scramble.wrapping_mul(private));
        Ok(base.pow(&exponent).retrieve())
    }
}

fn number(bytes: &[u8]) -> Result<U3072> {
    let mut all = [0; U3072::BYTES];
    let start = all.len().checked_sub(bytes.len()).context("a number is too long")?;
    let Some(end) = all.get_mut(start..) else { bail!("a number is too long") };
    end.copy_from_slice(bytes);
    Ok(U3072::from_be_slice(&all))
}

fn from_hex(text: &str) -> Result<U3072> {
    let is_number = text.len() <= PRIME.len() && text.bytes().all(|it| it.is_ascii_hexdigit());
    ensure!(is_number && !text.is_empty(), "Cognito sent a number that cannot be read");
    Ok(U3072::from_be_hex(&format!("{text:0>width$}", width = PRIME.len())))
}

fn hex(number: &U3072) -> String {
    let text = number.to_string().to_lowercase();
    let text = text.trim_start_matches('0');
    if text.is_empty() { "0".to_owned() } else { text.to_owned() }
}

/// The bytes without leading zeros, but with one zero byte if the first bit is set.
fn padded(number: &U3072) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let bytes: &[u8] = bytes.as_ref();
    let from = bytes.iter().position(|it| *it != 0).unwrap_or(bytes.len());
    let bytes = bytes.get(from..).unwrap_or_default();
    let sign: &[u8] = if bytes.first().is_none_or(|it| *it >= 0x80) { &[0] } else { &[] };
    [sign, bytes].concat()
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).context("a key has any length")?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From another implementation of the server side, which recomputed the signature from the password.
    const PUBLIC: &str = "\
        d7cf9901b3aac7aa3c8f462f0fc4c25a23fd158c64797db74a4b493e2cde0f0fc7b5762488c8c33f0c6752c1c1c5b730\
        0e3691e25cd3b8f6f393332c158df7c216f216303ba32a1c22c9740195ebfed4d5349a51088adf718e885fa79e5c8f29\
        a44dda7a6d1a8caebff519a47e297e539071cd8383a100d717c895eede5ddf8fdf765ae90fa1a25b63f254bc3ea43ecf\
        dc36e5783d62f2057d72fffdae24786216073a98181c3964d917415b3f7fbcb759d5daed6cd36e8e8510f27128dd47af\
        3969d36370ab38ec49a91c1ad40be83e7aff5a3e0cc37043b41c13c2daa99cfa3f713cb546cf129f0cc656bfc7b17e53\
        0b5254097c345cdcd318cf2ee2c38ee5ac0bf4133d80d9299158fafe85db6509579512de84b22763c8ff737da80e8732\
        eea1c1baf2863d49ffe4edb8946c8077b415d951168bf89a9732c162fd7bbcd6191233be2b3f28e418ed417ebe2c5e9b\
        d74a4ef58be39fdd2129a48edd29cab339249ccf294487f6dd0f471f53d373cf4e3d257b9bcd80ed68ae886777885551";
    const SIGNATURE: &str = "MGUt4qAfw8HVEg2tuZ+sZ9Pa19316wMBQzTglZla+9I=";

    fn question(public: &str) -> Question<'_> {
        Question {
            pool: "eu-west-1_AbCdEfGhI",
            user: "olga",
            salt: "9f00112233445566778899aabbccddee",
            public,
            secret_block: "c2VjcmV0LWJsb2Nr",
        }
    }

    fn exchange() -> Exchange {
        Exchange::begin(&std::array::from_fn(|at| u8::try_from(at).unwrap().wrapping_mul(7).wrapping_add(3))).unwrap()
    }

    #[test]
    fn the_server_s_side_agrees() {
        let exchange = exchange();
        assert_eq!(
            hash(&[exchange.public().as_bytes()]).map(|it| format!("{it:02x}")).concat(),
            "6ec81b57efd2299612e7d50aaf627af9bccadaa8fc46edf93b1e9112d4364b95"
        );
        let timestamp = "Sat Nov 21 10:00:05 UTC 2026";
        assert_eq!(exchange.prove(&question(PUBLIC), "Correct-horse-1", timestamp).unwrap(), SIGNATURE);
        for (password, timestamp) in
            [("Correct-horse-2", timestamp), ("Correct-horse-1", "Sat Nov 21 10:00:06 UTC 2026")]
        {
            assert_ne!(exchange.prove(&question(PUBLIC), password, timestamp).unwrap(), SIGNATURE);
        }
    }

    #[test]
    fn numbers_that_would_prove_nothing_are_refused() {
        for public in ["0", "", "xyz", PRIME, &"F".repeat(769)] {
            assert!(exchange().prove(&question(public), "a", "b").is_err(), "{public}");
        }
    }

    #[test]
    fn a_number_is_hashed_as_amazon_s_clients_do_it() {
        assert_eq!(padded(&U3072::from(0x7f_u8)), [0x7f]);
        assert_eq!(padded(&U3072::from(0x80_u8)), [0, 0x80]);
        assert_eq!(padded(&U3072::ZERO), [0]);
    }
}
