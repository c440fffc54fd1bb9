use calendar::Moment;
use money::Currency;

use crate::profile::Profile;
use crate::upload::Instructions;

/// The parameters for parsing a file.
pub struct ImportContext {
    /// The instructions from the upload's key and metadata.
    pub instructions: Instructions,
    /// The profile that the instructions name.
    pub profile: Option<Profile>,
    /// When it was uploaded.
    pub uploaded_at: Moment,
    /// The currency of amounts if neither the file nor the upload states one.
    pub default_currency: Currency,
    /// The declared sources of transfers, without those of the feeds.
    pub declared_sources: Vec<String>,
}
