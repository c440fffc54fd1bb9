use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use imports::{Downloads, PortError};

use crate::S3Files;
use crate::error::unavailable;

/// The lifetime of a link.
const GOOD_FOR: Duration = Duration::from_mins(1);

impl Downloads for S3Files {
    async fn link(&self, key: &str, file_name: &str) -> Result<String, PortError> {
        let presigning = PresigningConfig::expires_in(GOOD_FOR).map_err(unavailable)?;
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let request = request.response_content_disposition(format!("attachment; filename=\"{}\"", plain(file_name)));
        let link = request.presigned(presigning).await.map_err(unavailable)?;
        Ok(link.uri().to_owned())
    }
}

/// A file name with a restricted alphabet, so that it is safe in a header.
fn plain(file_name: &str) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_') { it } else { '_' };
    file_name.chars().map(plain).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_leave_its_header() {
        assert_eq!(plain("july 2024.csv"), "july_2024.csv");
        assert_eq!(plain("a\"\r\nX-Y: z;é"), "a___X-Y__z__");
    }
}
