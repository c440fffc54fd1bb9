//! `user`: the users of the HTTP API.

use ::customers::{CustomerId, Customers};
use anyhow::{Context as _, Result, anyhow, ensure};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata as _;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, DeliveryMediumType, MessageActionType, UserType};
use serde::Serialize;

use crate::Verdict;
use crate::arguments::{AddUserArgs, UserCommand};
use crate::output::Output;
use crate::secret;
use crate::sign_in::explain;
use crate::stack::Stack;
use crate::table::{Column, NOTHING, table};

/// The groups of the user pool that the API uses.
const OPERATOR: &str = "operator";
const CUSTOMER: &str = "customer";
/// The page size when listing users.
const PAGE: i32 = 60;

/// A user, as listed.
#[derive(Serialize, PartialEq, Eq, Debug)]
struct Line {
    name: String,
    /// Empty for a user without rights.
    groups: Vec<String>,
    email: Option<String>,
    /// Cognito's state, for example `CONFIRMED` or `FORCE_CHANGE_PASSWORD`.
    status: String,
    enabled: bool,
}

struct Users {
    cognito: Client,
    pool: String,
}

/// Runs `user …`.
pub(crate) async fn run(output: &Output, stack: &Stack, command: UserCommand) -> Result<Verdict> {
    let users = Users { cognito: Client::new(stack.sdk()), pool: stack.output("UserPoolId")?.to_owned() };
    match command {
        UserCommand::Add(args) => {
            let (name, group) = match (args.customer, &args.operator) {
                (Some(id), _) => (named(&stack.register()?, id).await?, CUSTOMER),
                (None, Some(name)) => (name.clone(), OPERATOR),
                (None, None) => return Err(anyhow!("give --operator NAME or --customer ID")),
            };
            users.add(output, &name, group, &args).await
        }
        UserCommand::Password { name } => {
            users.set_password(&name).await?;
            output.note(&format!("{name} has a new password"));
            Ok(Verdict::Ok)
        }
        UserCommand::Disable { name } => users.disable(output, &name).await,
        UserCommand::Enable { name } => users.enable(output, &name).await,
        UserCommand::Remove { name } => users.remove(output, &name).await,
        UserCommand::List => users.list(output).await,
    }
}

/// The user name of a customer is exactly the customer's id: the API identifies a customer by it.
async fn named<C: Customers>(register: &C, id: CustomerId) -> Result<String> {
    let found = register.customer(id).await?;
    ensure!(found.is_some(), "there is no customer {id}; `millrace customers` lists them");
    Ok(id.to_string())
}

impl Users {
    async fn add(&self, output: &Output, name: &str, group: &str, args: &AddUserArgs) -> Result<Verdict> {
        let made = self.cognito.admin_create_user().user_pool_id(&self.pool).username(name);
        let made = match &args.email {
            Some(address) => made
                .user_attributes(attribute("email", address)?)
                .user_attributes(attribute("email_verified", "true")?)
                .desired_delivery_mediums(DeliveryMediumType::Email),
            None => made.message_action(MessageActionType::Suppress),
        };
        match made.send().await {
            Ok(_) => {}
            // An earlier call may have ended before the user had a role.
            Err(error) if error.code() == Some("UsernameExistsException") && self.groups(name).await?.is_empty() => {}
            Err(error) => return Err(explain(&error, name)),
        }
        let joined = self.cognito.admin_add_user_to_group().user_pool_id(&self.pool).username(name).group_name(group);
        joined.send().await.map_err(|error| explain(&error, name))?;
        if let Some(address) = &args.email {
            output.note(&format!("{name} ({group}) was invited at {address}, with a temporary password"));
        } else {
            let again = || format!("{name} was added without a password; `millrace user password {name}` sets one");
            self.set_password(name).await.with_context(again)?;
            output.note(&format!("{name} ({group}) may sign in"));
        }
        Ok(Verdict::Ok)
    }

    async fn set_password(&self, name: &str) -> Result<()> {
        let password = secret::prompt_new(&format!("Password of {name}"))?;
        let args = self.cognito.admin_set_user_password().user_pool_id(&self.pool).username(name);
        let set = args.password(password).permanent(true).send().await;
        set.map(drop).map_err(|error| explain(&error, name))
    }

    /// A disabled user gets no new tokens, not even with refresh tokens.
    async fn disable(&self, output: &Output, name: &str) -> Result<Verdict> {
        let args = self.cognito.admin_disable_user().user_pool_id(&self.pool).username(name);
        args.send().await.map_err(|error| explain(&error, name))?;
        let args = self.cognito.admin_user_global_sign_out().user_pool_id(&self.pool).username(name);
        args.send().await.map_err(|error| explain(&error, name))?;
        output.note(&format!("{name} is disabled; issued access tokens stay valid for up to an hour"));
        Ok(Verdict::Ok)
    }

    async fn enable(&self, output: &Output, name: &str) -> Result<Verdict> {
        let args = self.cognito.admin_enable_user().user_pool_id(&self.pool).username(name);
        args.send().await.map_err(|error| explain(&error, name))?;
        output.note(&format!("{name} may sign in again"));
        Ok(Verdict::Ok)
    }

    async fn list(&self, output: &Output) -> Result<Verdict> {
        let mut lines = Vec::new();
        let mut next = None;
        loop {
            let args = self.cognito.list_users().user_pool_id(&self.pool).limit(PAGE).set_pagination_token(next);
            let page = args.send().await.map_err(|error| explain(&error, "the list"))?;
            for user in page.users() {
                lines.push(self.line(user).await?);
            }
            next = page.pagination_token;
            if next.is_none() {
                break;
            }
        }
        lines.sort_by(|a, b| a.name.cmp(&b.name));
        output.answer(&lines, || render_text(&lines))?;
        Ok(Verdict::Ok)
    }

    async fn groups(&self, name: &str) -> Result<Vec<String>> {
        let args = self.cognito.admin_list_groups_for_user().user_pool_id(&self.pool).username(name);
        let groups = args.send().await.map_err(|error| explain(&error, name))?;
        Ok(groups.groups().iter().filter_map(|it| it.group_name.clone()).collect())
    }

    /// Removes a user, who can be added again: without the old password and without the device that was lost.
    async fn remove(&self, output: &Output, name: &str) -> Result<Verdict> {
        let args = self.cognito.admin_delete_user().user_pool_id(&self.pool).username(name);
        args.send().await.map_err(|error| explain(&error, name))?;
        output.note(&format!("{name} is removed; issued access tokens stay valid for up to an hour"));
        Ok(Verdict::Ok)
    }

    async fn line(&self, user: &UserType) -> Result<Line> {
        let name = user.username().unwrap_or_default().to_owned();
        let groups = self.groups(&name).await?;
        let email = user.attributes().iter().find(|it| it.name() == "email").and_then(|it| it.value.clone());
        let status = user.user_status().map(|it| it.as_str().to_owned()).unwrap_or_default();
        Ok(Line { name, groups, email, status, enabled: user.enabled() })
    }
}

fn attribute(name: &str, value: &str) -> Result<AttributeType> {
    Ok(AttributeType::builder().name(name).value(value).build()?)
}

fn render_text(lines: &[Line]) -> String {
    let columns = [Column::Id("User"), Column::Text("Role"), Column::Text("Email"), Column::Text("State")];
    let rows = lines.iter().map(|it| {
        let role = if it.groups.is_empty() { NOTHING.to_owned() } else { it.groups.join(", ") };
        let state = if it.enabled { it.status.to_lowercase().replace('_', " ") } else { "disabled".to_owned() };
        vec![it.name.clone(), role, it.email.clone().unwrap_or_else(|| NOTHING.to_owned()), state]
    });
    table(&columns, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_listed_with_role_and_state() {
        let line = |name: &str, groups: &[&str], enabled| Line {
            name: name.to_owned(),
            groups: groups.iter().map(|it| (*it).to_owned()).collect(),
            email: None,
            status: "FORCE_CHANGE_PASSWORD".to_owned(),
            enabled,
        };
        let text = render_text(&[line("ada", &["customer"], false), line("olga", &[], true)]);
        for part in ["customer", "disabled", "force change password", NOTHING] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
