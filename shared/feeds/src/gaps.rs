/// The maximum number of gaps in a proof.
const MAX_GAPS: usize = 50;

/// Collects the gaps.
#[derive(Default)]
pub(crate) struct Gaps {
    named: Vec<String>,
    more: usize,
}

impl Gaps {
    pub(crate) fn add(&mut self, gap: String) {
        if self.named.len() < MAX_GAPS {
            self.named.push(gap);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    pub(crate) fn equal(&mut self, what: &str, one: i128, other: i128) {
        if one != other {
            self.add(format!("{what}: {one} is not {other}"));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    pub(crate) fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.named.push(format!("and {} more", self.more));
        }
        self.named
    }
}
