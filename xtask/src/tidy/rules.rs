//! Rules for the template beyond those of public linters. `broken/<rule>.yaml` is a template that violates a rule.

mod access;
mod api;
mod functions;
mod queues;
mod storage;
mod streams;

use super::Finding;
use super::template::Template;

/// A rule; its name is also the name of the template that violates it.
struct Rule {
    name: &'static str,
    check: fn(&Template) -> Vec<Finding>,
}

const RULES: [Rule; 31] = [
    Rule { name: "visibility-six-times-timeout", check: queues::visibility_six_times_timeout },
    Rule { name: "five-receives", check: queues::five_receives },
    Rule { name: "queue-dead-letters", check: queues::queue_dead_letters },
    Rule { name: "schedule-dead-letters", check: queues::schedule_dead_letters },
    Rule { name: "dead-letters-kept", check: queues::dead_letters_kept },
    Rule { name: "dead-letters-alarm", check: queues::dead_letters_alarm },
    Rule { name: "waiting-alarm", check: queues::waiting_alarm },
    Rule { name: "queue-encryption", check: queues::queue_encryption },
    Rule { name: "queue-tls", check: queues::queue_tls },
    Rule { name: "partial-failures", check: streams::partial_failures },
    Rule { name: "stream-limits", check: streams::stream_limits },
    Rule { name: "stream-destination", check: streams::stream_destination },
    Rule { name: "iterator-age-alarm", check: streams::iterator_age_alarm },
    Rule { name: "table-recovery", check: storage::table_recovery },
    Rule { name: "table-protection", check: storage::table_protection },
    Rule { name: "table-encryption", check: storage::table_encryption },
    Rule { name: "retained", check: storage::retained },
    Rule { name: "bucket-private", check: storage::bucket_private },
    Rule { name: "bucket-encryption", check: storage::bucket_encryption },
    Rule { name: "bucket-versions", check: storage::bucket_versions },
    Rule { name: "bucket-tls", check: storage::bucket_tls },
    Rule { name: "log-retention", check: functions::log_retention },
    Rule { name: "function-alarms", check: functions::function_alarms },
    Rule { name: "bounded-concurrency", check: functions::bounded_concurrency },
    Rule { name: "small-quota", check: functions::small_quota },
    Rule { name: "own-queue", check: functions::own_queue },
    Rule { name: "exact-grants", check: access::exact_grants },
    Rule { name: "own-role", check: access::own_role },
    Rule { name: "route-authorized", check: api::route_authorized },
    Rule { name: "stage-throttled-and-logged", check: api::stage_throttled_and_logged },
    Rule { name: "access-log-json", check: api::access_log_json },
];

pub(crate) fn check(template: &Template) -> Vec<Finding> {
    let found = RULES.iter().flat_map(|rule| (rule.check)(template).into_iter().map(|it| (rule.name, it)));
    found.map(|(rule, it)| Finding::new(it.place, format!("{} ({rule})", it.what))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tidy/broken")
    }

    #[test]
    fn each_rule_refuses_the_template_that_breaks_it_and_no_other_does() {
        for rule in &RULES {
            let path = folder().join(rule.name).with_extension("yaml");
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let broken = Template::parse(&text).unwrap();
            let refusing: Vec<&str> =
                RULES.iter().filter(|it| !(it.check)(&broken).is_empty()).map(|it| it.name).collect();
            assert_eq!(refusing, [rule.name], "{:?}", check(&broken));
        }
    }

    #[test]
    fn each_broken_template_has_its_rule() {
        let names: BTreeSet<String> = RULES.iter().map(|it| format!("{}.yaml", it.name)).collect();
        let files: BTreeSet<String> =
            fs::read_dir(folder()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(names, files);
    }

    #[test]
    fn the_template_follows_every_rule() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/template.yaml");
        let template = Template::parse(&fs::read_to_string(path).unwrap()).unwrap();
        assert!(template.functions().count() > 0);
        assert_eq!(check(&template), []);
    }
}
