use std::ops::Range;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use futures_util::{StreamExt, TryStreamExt, stream};
use imports::PortError;

use crate::S3Files;
use crate::error::{Answer, answer, broken, unavailable};
use crate::version::Wanted;

/// The maximum size of one request.
const PART_BYTES: u64 = 8 * 1024 * 1024;
/// The number of concurrent requests.
const AT_ONCE: usize = 6;

enum Part {
    Gone,
    BehindEnd,
    There(Box<GetObjectOutput>),
}

impl S3Files {
    /// Reads a range in parts: first one part, which gives the length of the object, then the others concurrently. All
    /// parts are of the same version of the object.
    pub(crate) async fn read_parts(
        &self,
        key: &str,
        wanted: Wanted,
        range: Range<u64>,
    ) -> Result<Option<Vec<u8>>, PortError> {
        let first_end = range.start.saturating_add(PART_BYTES).min(range.end);
        let first = match self.part(key, &wanted, range.start..first_end).await? {
            Part::Gone => return Ok(None),
            Part::BehindEnd => return Ok(Some(Vec::new())),
            Part::There(first) => first,
        };
        // A server may ignore the range (RFC 9110, 14.2) and send the whole object.
        let Some(length) = length(&first)? else {
            return cut(*first, &range).await.map(Some);
        };
        let end = length.min(range.end);
        let same = Wanted { if_match: first.e_tag.clone(), ..wanted };
        let mut bytes = Vec::with_capacity(usize::try_from(end.saturating_sub(range.start)).unwrap_or_default());
        append(&mut bytes, *first).await?;

        let starts = std::iter::successors(Some(first_end), |start| start.checked_add(PART_BYTES));
        let starts = starts.take_while(|start| *start < end);
        let parts = stream::iter(starts)
            .map(|start| Box::pin(self.whole_part(key, &same, start..start.saturating_add(PART_BYTES).min(end))));
        let mut parts = parts.buffered(AT_ONCE);
        while let Some(part) = parts.try_next().await? {
            match part {
                Some(part) => bytes.extend_from_slice(&part),
                None => return Ok(None),
            }
        }
        Ok(Some(bytes))
    }

    async fn whole_part(&self, key: &str, wanted: &Wanted, range: Range<u64>) -> Result<Option<Vec<u8>>, PortError> {
        let Part::There(part) = self.part(key, wanted, range.clone()).await? else {
            return Ok(None);
        };
        if part.content_range().is_none() {
            return cut(*part, &range).await.map(Some);
        }
        let mut bytes = Vec::new();
        append(&mut bytes, *part).await?;
        Ok(Some(bytes))
    }

    async fn part(&self, key: &str, wanted: &Wanted, range: Range<u64>) -> Result<Part, PortError> {
        let last = range.end.saturating_sub(1);
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let request = request
            .set_version_id(wanted.version_id.clone())
            .set_if_match(wanted.if_match.clone())
            .range(format!("bytes={}-{last}", range.start));
        match request.send().await {
            Ok(object) => Ok(Part::There(Box::new(object))),
            Err(error) => match answer(&error) {
                Answer::Gone => Ok(Part::Gone),
                Answer::BehindEnd => Ok(Part::BehindEnd),
                Answer::Other => Err(unavailable(error)),
            },
        }
    }
}

/// The length of the whole object: the number after the slash of `bytes 0-9/99`. `None` if the response is the whole
/// object.
fn length(part: &GetObjectOutput) -> Result<Option<u64>, PortError> {
    let Some(range) = part.content_range() else { return Ok(None) };
    let length = range.rsplit_once('/').and_then(|(_, length)| length.parse().ok());
    length.map(Some).ok_or_else(|| broken("a response does not state its range"))
}

/// The range of a whole object.
async fn cut(whole: GetObjectOutput, range: &Range<u64>) -> Result<Vec<u8>, PortError> {
    let mut bytes = Vec::new();
    append(&mut bytes, whole).await?;
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    Ok(bytes.get(place(range.start)..place(range.end)).unwrap_or_default().to_vec())
}

async fn append(bytes: &mut Vec<u8>, mut part: GetObjectOutput) -> Result<(), PortError> {
    while let Some(some) = part.body.try_next().await.map_err(unavailable)? {
        bytes.extend_from_slice(&some);
    }
    Ok(())
}
