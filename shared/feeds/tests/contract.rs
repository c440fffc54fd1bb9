//! The fake of the record of feeds keeps the contract that its adapters keep.

use feeds::testing::{FakeFeedLog, feed_log_contract};

#[tokio::test]
async fn the_contract_is_kept() {
    feed_log_contract(&FakeFeedLog::default()).await;
}
