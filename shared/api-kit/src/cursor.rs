//! Cursors of lists: Base64url of JSON with a version, bound to their list.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lambda_kit::{FieldError, Problem};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;
/// Longer than any valid cursor.
const MAX_BYTES: usize = 4096;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor<L, T> {
    v: u32,
    list: L,
    after: T,
}

/// The problem of an invalid cursor.
pub fn invalid() -> Problem {
    let detail = "not a cursor of this list; start again without it";
    Problem::invalid(vec![FieldError::new("cursor", detail)])
}

/// The cursor of the items after `after` in `list`.
pub fn write<T: Serialize>(list: &str, after: &T) -> String {
    let cursor = Cursor { v: VERSION, list, after };
    // Serializing texts and numbers cannot fail.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
}

/// The position in `list` of the cursor `text`; no text is the beginning.
pub fn read<T: DeserializeOwned>(list: &str, text: Option<&str>) -> Result<Option<T>, Problem> {
    text.map(|text| decode(list, text).ok_or_else(invalid)).transpose()
}

fn decode<T: DeserializeOwned>(list: &str, text: &str) -> Option<T> {
    let text = Some(text).filter(|it| it.len() <= MAX_BYTES)?;
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let cursor: Cursor<String, T> = serde_json::from_slice(&bytes).ok()?;
    (cursor.v == VERSION && cursor.list == list).then_some(cursor.after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_list_alone() {
        let text = write("accounts", &"4711");
        assert_eq!(read("accounts", Some(&text)), Ok(Some("4711".to_owned())));
        assert_eq!(read::<String>("accounts", None), Ok(None));
        let later = URL_SAFE_NO_PAD.encode(r#"{"v":2,"list":"accounts","after":"4711"}"#);
        let more = URL_SAFE_NO_PAD.encode(r#"{"v":1,"list":"accounts","after":"4711","x":1}"#);
        for wrong in ["", "4711", "e30", later.as_str(), more.as_str()] {
            assert_eq!(read::<String>("accounts", Some(wrong)), Err(invalid()), "{wrong}");
        }
        assert_eq!(read::<String>("customers", Some(&text)), Err(invalid()));
        assert_eq!(read::<u64>("accounts", Some(&text)), Err(invalid()));
    }
}
