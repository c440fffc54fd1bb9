/// The environment of a function, read once, at init.
///
/// ```
/// # use lambda_kit::Environment;
/// struct Config {
///     bucket: String,
/// }
///
/// let config = Environment::read(|env| Config { bucket: env.required("FILES_BUCKET") });
/// # assert!(config.is_err());
/// ```
pub struct Environment<'a> {
    value_of: &'a dyn Fn(&str) -> Option<String>,
    missing: Vec<&'static str>,
}

/// Environment variables are missing. The error lists all of them.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("the environment lacks {}", .0.join(", "))]
pub struct MissingEnvironment(pub Vec<&'static str>);

impl Environment<'_> {
    /// Reads a configuration from the environment of the process.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment, so that one error lists all missing names"
    )]
    pub fn read<T>(config: impl FnOnce(&mut Environment<'_>) -> T) -> Result<T, MissingEnvironment> {
        Self::read_from(&|name| std::env::var(name).ok(), config)
    }

    /// Reads a configuration from any names and values.
    pub fn read_from<T>(
        value_of: &dyn Fn(&str) -> Option<String>,
        config: impl FnOnce(&mut Environment<'_>) -> T,
    ) -> Result<T, MissingEnvironment> {
        let mut environment = Environment { value_of, missing: Vec::new() };
        let config = config(&mut environment);
        if environment.missing.is_empty() { Ok(config) } else { Err(MissingEnvironment(environment.missing)) }
    }

    /// The value of `name`. If it is missing or empty, `finish` fails after all names were read.
    pub fn required(&mut self, name: &'static str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.missing.push(name);
            String::new()
        })
    }

    /// The value of `name`, if there is one that is not empty.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.value_of)(name).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(name: &str) -> Option<String> {
        match name {
            "A" => Some("a".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn one_error_lists_all_missing_names() {
        let read = Environment::read_from(&value_of, |env| {
            (env.required("A"), env.required("B"), env.required("EMPTY"), env.optional("D"))
        });
        let error = read.unwrap_err();
        assert_eq!(error.to_string(), "the environment lacks B, EMPTY");
        let read = Environment::read_from(&value_of, |env| (env.required("A"), env.optional("B")));
        assert_eq!(read, Ok(("a".to_owned(), None)));
    }
}
