use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::config::{
    Builder, RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
};

/// The time without progress after which a body counts as lost; the SDK's default of five seconds ends slow reads.
const GRACE: Duration = Duration::from_secs(20);

/// A client for S3. With a custom endpoint (the laptop's stack) it uses path-style addressing, and checksums only if S3
/// requires them.
pub fn client(config: &SdkConfig) -> aws_sdk_s3::Client {
    let builder = Builder::from(config)
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(GRACE).build());
    let builder = match config.endpoint_url() {
        None => builder,
        Some(_) => builder
            .force_path_style(true)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired),
    };
    aws_sdk_s3::Client::from_conf(builder.build())
}
