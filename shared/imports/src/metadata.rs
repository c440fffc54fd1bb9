//! Texts in the metadata of an S3 object, which is ASCII: other texts are encoded words (RFC 2047). S3 itself returns
//! metadata that was sent as UTF-8 in this form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Encodes a text for an object's metadata.
///
/// ```
/// assert_eq!(imports::metadata_value("Ada"), "Ada");
/// assert_eq!(imports::metadata_value("José"), "=?UTF-8?B?Sm9zw6k=?=");
/// ```
pub fn metadata_value(text: &str) -> String {
    let plain = text.bytes().all(|it| it.is_ascii_graphic() || it == b' ') && !text.contains("=?");
    if plain { text.to_owned() } else { format!("=?UTF-8?B?{}?=", STANDARD.encode(text)) }
}

/// Decodes a text of an object's metadata: decodes encoded words and keeps everything else.
pub(crate) fn decoded(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some((before, word, behind)) = next_word(rest) {
        // White space between two encoded words is ignored.
        if text.is_empty() || !before.trim().is_empty() {
            text.push_str(before);
        }
        text.push_str(&word);
        rest = behind;
    }
    text + rest
}

/// Splits into the text before the first encoded word, the word, and the rest.
fn next_word(text: &str) -> Option<(&str, String, &str)> {
    let (before, behind) = text.split_once("=?")?;
    let mut parts = behind.splitn(3, '?');
    let (charset, encoding, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (coded, behind) = rest.split_once("?=")?;
    let bytes = match encoding {
        "B" | "b" => STANDARD.decode(coded).ok()?,
        "Q" | "q" => quoted(coded)?,
        _ => return None,
    };
    let word = charset.eq_ignore_ascii_case("utf-8").then(|| String::from_utf8(bytes).ok()).flatten()?;
    Some((before, word, behind))
}

/// RFC 2047, 4.2: `_` is a space, `=C3` a byte.
fn quoted(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'_' => b' ',
            b'=' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            plain => plain,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encoded_words_are_decoded_and_others_left() {
        for (value, text) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("=?UTF-8?B?Sm9zw6k=?=", "José"),
            ("=?utf-8?q?Jos=C3=A9_P=C3=A9rez?=", "José Pérez"),
            ("=?UTF-8?B?Sm9z?= =?UTF-8?B?w6k=?= & co", "José & co"),
            ("=?ISO-8859-1?Q?Jos=E9?=", "=?ISO-8859-1?Q?Jos=E9?="),
            ("=?UTF-8?B?!?=", "=?UTF-8?B?!?="),
            ("=?UTF-8?Q?=C?=", "=?UTF-8?Q?=C?="),
            ("a =? b", "a =? b"),
        ] {
            assert_eq!(decoded(value), text);
        }
    }

    proptest! {
        #[test]
        fn any_name_arrives(name in "\\PC{0,40}") {
            let value = metadata_value(&name);
            prop_assert!(value.is_ascii());
            prop_assert_eq!(decoded(&value), name);
        }
    }
}
