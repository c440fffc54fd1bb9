//! One stack: its outputs and the ports to it.

use std::collections::BTreeMap;

use advances_dynamodb::DynamoDbAdvances;
use advances_sqs::{SqsPaymentQueue, SqsRunQueue};
use anyhow::{Context as _, Error, Result, anyhow, bail};
use aws_config::SdkConfig;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksError;
use customers_dynamodb::DynamoDbRegister;
use feeds_dynamodb::DynamoDbFeedLog;
use feeds_sqs::SqsPollQueue;
use imports_dynamodb::DynamoDbImports;
use imports_s3::S3Files;
use imports_sqs::{SqsBatchQueue, SqsUploadQueue};
use ledger_dynamodb::DynamoDbBooks;
use ledger_s3::S3Vault;
use mail_dynamodb::DynamoDbSummaries;
use mail_sqs::SqsSummaryRequests;

use crate::arguments::Global;
use crate::endpoint::Endpoint;
use crate::output::Output;
use crate::upload::Bucket;

/// Where the sandbox's processor is below the address of the API.
const SANDBOX_PROCESSOR: &str = "/sandbox/processor";

/// A stack from CloudFormation.
pub(crate) struct Stack {
    name: String,
    endpoint: Endpoint,
    sdk: SdkConfig,
    outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Finds the requested stack.
    pub(crate) async fn open(output: &Output, global: &Global) -> Result<Self> {
        let folder = std::env::current_dir().context("finding the current folder")?;
        let endpoint = Endpoint::of(global, &folder);
        if let Endpoint::Laptop(url) = &endpoint {
            output.note(&format!("the laptop's stack, at {url}"));
        }
        let sdk = endpoint.configuration(global.aws_profile.as_deref()).await;
        if sdk.region().is_none() {
            bail!(
                "no AWS region is known; set AWS_REGION, or give a profile that has one with --aws-profile. \
                 `cargo xtask up` starts a stack on this machine"
            );
        }
        let outputs = outputs(&sdk, &endpoint, &global.stack).await?;
        Ok(Self { name: global.stack.clone(), endpoint, sdk, outputs })
    }

    /// Whether it is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.endpoint.is_local()
    }

    /// The SDK configuration.
    pub(crate) fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// An output of its template.
    pub(crate) fn output(&self, name: &str) -> Result<&str> {
        self.outputs.get(name).map(String::as_str).with_context(|| {
            format!(
                "the stack `{}` has no output {name}; it is not Millrace's, or of an older version: deploy it again",
                self.name
            )
        })
    }

    /// The bucket's client.
    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        imports_s3::client(&self.sdk)
    }

    /// Whether its payments are made by the sandbox's processor.
    pub(crate) fn has_sandbox_processor(&self) -> bool {
        self.outputs.get("ProcessorUrl").is_some_and(|it| it.ends_with(SANDBOX_PROCESSOR))
    }

    /// The queues' client.
    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.sdk)
    }

    /// The client of the tables.
    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk)
    }

    /// The bucket.
    pub(crate) fn files(&self) -> Result<S3Files> {
        Ok(S3Files::new(self.s3(), self.output("FilesBucket")?))
    }

    /// The bucket for uploads.
    pub(crate) fn bucket(&self) -> Result<Bucket<S3Files>> {
        Ok(Bucket { client: self.s3(), name: self.output("FilesBucket")?.to_owned(), files: self.files()? })
    }

    /// The imports and their batches.
    pub(crate) fn imports(&self) -> Result<DynamoDbImports> {
        Ok(DynamoDbImports::new(self.dynamodb(), self.output("ImportsTable")?))
    }

    /// The queue of uploads.
    pub(crate) fn uploads(&self) -> Result<SqsUploadQueue> {
        let (queue, bucket) = (self.output("UploadsQueueUrl")?, self.output("FilesBucket")?);
        Ok(SqsUploadQueue::new(self.sqs(), queue, bucket))
    }

    /// The queue of batches.
    pub(crate) fn batches(&self) -> Result<SqsBatchQueue> {
        Ok(SqsBatchQueue::new(self.sqs(), self.output("BatchesQueueUrl")?))
    }

    /// The customers and their accounts.
    pub(crate) fn register(&self) -> Result<DynamoDbRegister> {
        Ok(DynamoDbRegister::new(self.dynamodb(), self.output("CustomersTable")?))
    }

    /// The books.
    pub(crate) fn books(&self) -> Result<DynamoDbBooks<S3Vault>> {
        let vault = S3Vault::new(self.s3(), self.output("FilesBucket")?);
        Ok(DynamoDbBooks::new(self.dynamodb(), self.output("LedgerTable")?, vault))
    }

    /// The record of feeds.
    pub(crate) fn feed_log(&self) -> Result<DynamoDbFeedLog> {
        Ok(DynamoDbFeedLog::new(self.dynamodb(), self.output("FeedsTable")?))
    }

    /// The queue of polls.
    pub(crate) fn polls(&self) -> Result<SqsPollQueue> {
        Ok(SqsPollQueue::new(self.sqs(), self.output("PollsQueueUrl")?))
    }

    /// The queue of summaries to send.
    pub(crate) fn summary_requests(&self) -> Result<SqsSummaryRequests> {
        Ok(SqsSummaryRequests::new(self.sqs(), self.output("SummariesQueueUrl")?))
    }

    /// The advances, their breaks, runs and gate.
    pub(crate) fn advances(&self) -> Result<DynamoDbAdvances> {
        Ok(DynamoDbAdvances::new(self.dynamodb(), self.output("AdvancesTable")?))
    }

    /// The queue of payments.
    pub(crate) fn payments(&self) -> Result<SqsPaymentQueue> {
        Ok(SqsPaymentQueue::new(self.sqs(), self.output("PaymentsQueueUrl")?))
    }

    /// The queue of runs.
    pub(crate) fn run_requests(&self) -> Result<SqsRunQueue> {
        Ok(SqsRunQueue::new(self.sqs(), self.output("RunsQueueUrl")?))
    }

    /// The summary mails.
    pub(crate) fn summaries(&self) -> Result<DynamoDbSummaries> {
        Ok(DynamoDbSummaries::new(self.dynamodb(), self.output("MailsTable")?))
    }
}

async fn outputs(sdk: &SdkConfig, endpoint: &Endpoint, name: &str) -> Result<BTreeMap<String, String>> {
    let cloudformation = aws_sdk_cloudformation::Client::new(sdk);
    let answer = cloudformation.describe_stacks().stack_name(name).send().await;
    let answer = answer.map_err(|error| explain(error, endpoint, name))?;
    let stack = answer.stacks().first().ok_or_else(|| no_stack(endpoint, name))?;
    let outputs = stack.outputs().iter();
    Ok(outputs.filter_map(|it| Some((it.output_key.clone()?, it.output_value.clone()?))).collect())
}

/// What happened, and what to do.
fn explain(error: SdkError<DescribeStacksError>, endpoint: &Endpoint, name: &str) -> Error {
    match (&error, endpoint) {
        (SdkError::ServiceError(service), _)
            if service.err().message().is_some_and(|it| it.contains("does not exist")) =>
        {
            no_stack(endpoint, name)
        }
        (SdkError::DispatchFailure(_) | SdkError::TimeoutError(_), Endpoint::Url(url)) if endpoint.is_local() => {
            anyhow!("nothing answers at {url}; `cargo xtask up` starts the laptop's stack")
        }
        (SdkError::DispatchFailure(_) | SdkError::TimeoutError(_), Endpoint::Laptop(url)) => anyhow!(
            "the laptop's stack does not answer at {url}; `cargo xtask up` starts it. For a stack on AWS give \
             --aws-profile"
        ),
        (SdkError::DispatchFailure(_) | SdkError::TimeoutError(_), Endpoint::Url(url)) => {
            Error::new(error).context(format!("{url} cannot be reached; check --endpoint"))
        }
        (SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_), Endpoint::Aws) => Error::new(error).context(
            "AWS cannot be called; sign in (`aws sso login`, or --aws-profile with a profile that has credentials), or \
             start the laptop's stack with `cargo xtask up` and stay in its folder",
        ),
        _ => Error::new(error).context(format!("the stack `{name}` cannot be described")),
    }
}

fn no_stack(endpoint: &Endpoint, name: &str) -> Error {
    if endpoint.is_local() {
        anyhow!("there is no stack `{name}` there; `cargo xtask up` creates it, or give another name with --stack")
    } else {
        anyhow!(
            "there is no stack `{name}` in this account and region; check --stack, --aws-profile and AWS_REGION, or \
             deploy it first"
        )
    }
}
