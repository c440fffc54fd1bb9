use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::config::{
    Builder, RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
};

/// How long a body may stand still before it counts as lost; the SDK's own five seconds end slow reads.
const GRACE: Duration = Duration::from_secs(20);

/// A client for S3. With an endpoint of its own (the laptop's stack) the bucket's name goes into the path, and
/// checksums only where S3 requires them.
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
