//! The processes of the functions of the stack under test, and when its queues deliver again.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use rustix::process::Pid;

/// A process that has used the processor since it was looked at last, of the first of these functions that has one.
pub(crate) fn running_function(functions: &[&str]) -> Option<(String, Pid)> {
    let processes = || {
        let all =
            std::fs::read_dir("/proc").unwrap().filter_map(|it| it.unwrap().file_name().to_str()?.parse::<i32>().ok());
        all.filter_map(|pid| Some((pid, function_of(pid)?, ticks_of(pid)?)))
    };
    let before: BTreeMap<i32, u64> = processes().map(|(pid, _, ticks)| (pid, ticks)).collect();
    thread::sleep(Duration::from_millis(30));
    let working = processes().filter(|(pid, _, ticks)| before.get(pid).is_none_or(|earlier| ticks > earlier));
    let place = |name: &str| functions.iter().position(|it| *it == name);
    let first = working.filter_map(|(pid, name, _)| Some((place(&name)?, name, pid))).min()?;
    Some((first.1, Pid::from_raw(first.2)?))
}

/// The function that a process of this stack is.
#[allow(clippy::disallowed_methods, reason = "an environment variable names the stack of a test")]
fn function_of(pid: i32) -> Option<String> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let of = |name: &str| {
        let variables = environment.split(|byte| *byte == 0).filter_map(|it| std::str::from_utf8(it).ok());
        variables.filter_map(|it| it.split_once('=')).find(|(it, _)| *it == name).map(|(_, value)| value.to_owned())
    };
    (of("AWS_ENDPOINT_URL")? == std::env::var("MILLRACE_ENDPOINT").ok()?).then_some(())?;
    of("AWS_LAMBDA_FUNCTION_NAME")?.strip_prefix("millrace-").map(str::to_owned)
}

/// How long a process has run, in ticks of the kernel: fields 14 and 15 of its `stat`.
fn ticks_of(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut behind_name = stat.rsplit_once(") ")?.1.split(' ').skip(11).map(str::parse::<u64>);
    Some(behind_name.next()?.ok()? + behind_name.next()?.ok()?)
}

/// Sets after how many seconds each queue of the stack delivers again what was not acknowledged, to what `times` says
/// of it or else to `other`; what it was before.
pub(crate) fn redelivered_after(times: &BTreeMap<String, String>, other: Option<&str>) -> BTreeMap<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sqs = aws_sdk_sqs::Client::new(&aws_config::load_from_env().await);
        let mut before = BTreeMap::new();
        for url in sqs.list_queues().send().await.unwrap().queue_urls.unwrap_or_default() {
            let name = QueueAttributeName::VisibilityTimeout;
            let request =
                sqs.get_queue_attributes().queue_url(&url).attribute_names(name.clone()).send().await.unwrap();
            let was = request.attributes.unwrap_or_default().remove(&name).unwrap_or_default();
            if let Some(seconds) = times.get(&url).map(String::as_str).or(other) {
                sqs.set_queue_attributes().queue_url(&url).attributes(name, seconds).send().await.unwrap();
            }
            before.insert(url, was);
        }
        before
    })
}
