//! `user`: the users of the HTTP API.

use ::customers::Customers;
use anyhow::{Context as _, Result, anyhow};
use api_documents::Part;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata as _;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, DeliveryMediumType, MessageActionType, UserType};
use serde::Serialize;

use crate::Verdict;
use crate::arguments::{ListArgs, UserCommand};
use crate::output::Output;
use crate::secret;
use crate::sign_in::explain;
use crate::stack::Stack;
use crate::subject;
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
                (Some(text), _) => (customer(&stack.register()?, &text).await?, CUSTOMER),
                (None, Some(name)) => (name.clone(), OPERATOR),
                (None, None) => return Err(anyhow!("give --operator NAME or --customer ID")),
            };
            output.note(&users.add(&name, group, args.email.as_deref()).await?);
            Ok(Verdict::Ok)
        }
        UserCommand::Password { name } => {
            let name = users.named(&stack.register()?, name).await?;
            users.set_password(&name).await?;
            output.note(&format!("{name} has a new password"));
            Ok(Verdict::Ok)
        }
        UserCommand::Disable { name } => users.disable(output, &users.named(&stack.register()?, name).await?).await,
        UserCommand::Enable { name } => users.enable(output, &users.named(&stack.register()?, name).await?).await,
        UserCommand::Remove { name } => users.remove(output, &users.named(&stack.register()?, name).await?).await,
        UserCommand::List(args) => users.list(output, &args).await,
    }
}

/// The user name of a customer is exactly the customer's id: the API identifies a customer by it.
async fn customer<C: Customers>(register: &C, text: &str) -> Result<String> {
    Ok(subject::customer(register, text).await?.0.id.to_string())
}

impl Users {
    /// The name of a user, given as such, or as a part of a customer's name.
    async fn named<C: Customers>(&self, register: &C, text: String) -> Result<String> {
        let groups = self.cognito.admin_list_groups_for_user().user_pool_id(&self.pool).username(&text).send().await;
        match groups {
            Err(error) if error.code() == Some("UserNotFoundException") => {
                let unknown = || format!("there is no user `{text}`; `millrace user list` lists them");
                customer(register, &text).await.with_context(unknown)
            }
            // Other errors are those of the call that needs the name.
            _ => Ok(text),
        }
    }

    /// Adds a user and returns what happened.
    async fn add(&self, name: &str, group: &str, email: Option<&str>) -> Result<String> {
        let create = self.cognito.admin_create_user().user_pool_id(&self.pool).username(name);
        let create = match email {
            Some(address) => create
                .user_attributes(attribute("email", address)?)
                .user_attributes(attribute("email_verified", "true")?)
                .desired_delivery_mediums(DeliveryMediumType::Email),
            None => create.message_action(MessageActionType::Suppress),
        };
        let mut invitation = email.map(|address| format!("was invited at {address}, with a temporary password"));
        match create.send().await {
            Ok(_) => {}
            // An earlier call may have ended before the user had a role.
            Err(error) if error.code() == Some("UsernameExistsException") && self.groups(name).await?.is_empty() => {
                if invitation.is_some() {
                    invitation = Some(self.invite_again(name).await?);
                }
            }
            Err(error) => return Err(explain(&error, name)),
        }
        let joined = self.cognito.admin_add_user_to_group().user_pool_id(&self.pool).username(name).group_name(group);
        joined.send().await.map_err(|error| explain(&error, name))?;
        if let Some(invitation) = invitation {
            return Ok(format!("{name} ({group}) {invitation}"));
        }
        let again = || format!("{name} was added without a password; `millrace user password {name}` sets one");
        self.set_password(name).await.with_context(again)?;
        Ok(format!("{name} ({group}) may sign in"))
    }

    /// Sends the invitation of an existing user again, to their stored address; returns what happened.
    async fn invite_again(&self, name: &str) -> Result<String> {
        let resend = self.cognito.admin_create_user().user_pool_id(&self.pool).username(name);
        let resend = resend.message_action(MessageActionType::Resend);
        match resend.desired_delivery_mediums(DeliveryMediumType::Email).send().await {
            Ok(sent) => {
                let address = sent.user().and_then(email_of).unwrap_or_else(|| NOTHING.to_owned());
                Ok(format!("was added before, and is invited again at {address}, with the temporary password"))
            }
            // Cognito invites only users with a temporary password.
            Err(error) if error.code() == Some("UnsupportedUserStateException") => {
                Ok("was added before and may sign in with the existing password; no invitation was sent".to_owned())
            }
            Err(error) => Err(explain(&error, name)),
        }
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

    async fn list(&self, output: &Output, list: &ListArgs) -> Result<Verdict> {
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
        lines.retain(|it| list.finds([it.name.as_str()].into_iter().chain(it.email.as_deref())));
        lines.sort_by(|a, b| a.name.cmp(&b.name));
        let of = lines.len();
        lines.truncate(output.limit(list));
        output.answer(|| Part::whole(&lines), || render_text(&lines))?;
        output.note_left_out(lines.len(), of, ("user", "users"));
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
        let email = email_of(user);
        let status = user.user_status().map(|it| it.as_str().to_owned()).unwrap_or_default();
        Ok(Line { name, groups, email, status, enabled: user.enabled() })
    }
}

fn email_of(user: &UserType) -> Option<String> {
    user.attributes().iter().find(|it| it.name() == "email").and_then(|it| it.value.clone())
}

fn attribute(name: &str, value: &str) -> Result<AttributeType> {
    Ok(AttributeType::builder().name(name).value(value).build()?)
}

fn render_text(lines: &[Line]) -> String {
    let columns = [Column::id("User"), Column::text("Role"), Column::text("Email").optional(1), Column::text("State")];
    let rows = lines.iter().map(|it| {
        let role = if it.groups.is_empty() { NOTHING.to_owned() } else { it.groups.join(", ") };
        let state = if it.enabled { it.status.to_lowercase().replace('_', " ") } else { "disabled".to_owned() };
        vec![it.name.clone(), role, it.email.clone().unwrap_or_else(|| NOTHING.to_owned()), state]
    });
    table(&columns, rows)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_cognitoidentityprovider::Config;
    use aws_sdk_cognitoidentityprovider::config::{BehaviorVersion, Credentials, Region};
    use axum::http::{HeaderMap, StatusCode};
    use serde_json::{Value, json};

    use super::*;

    /// A user pool where Olga was added and may have a role; returns the note of `user add`, and the calls.
    async fn add_olga(roles: Value, resent: (u16, Value)) -> (Result<String>, Vec<String>) {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let received = Arc::clone(&calls);
        let answer = move |headers: HeaderMap, body: String| {
            let target = headers["x-amz-target"].to_str().unwrap().split_once('.').unwrap().1.to_owned();
            let body: Value = serde_json::from_str(&body).unwrap();
            let action = body["MessageAction"].as_str().map(|it| format!(" {it}")).unwrap_or_default();
            let call = target + &action;
            let (status, answer) = match call.as_str() {
                "AdminCreateUser" => (400, json!({ "__type": "UsernameExistsException", "message": "it exists" })),
                "AdminCreateUser RESEND" => resent.clone(),
                "AdminListGroupsForUser" => (200, json!({ "Groups": roles })),
                _ => (200, json!({})),
            };
            received.lock().unwrap().push(call);
            std::future::ready((StatusCode::from_u16(status).unwrap(), answer.to_string()))
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(axum::serve(listener, axum::Router::new().fallback(answer)).into_future());
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "testing"))
            .endpoint_url(format!("http://{address}"))
            .build();
        let users = Users { cognito: Client::from_conf(config), pool: "pool".to_owned() };
        let note = users.add("olga", OPERATOR, Some("olga@example.com")).await;
        serving.abort();
        let calls = calls.lock().unwrap().clone();
        (note, calls)
    }

    #[tokio::test]
    async fn a_user_without_a_role_is_invited_again_at_the_stored_address() {
        let stored = json!({ "User": { "Attributes": [{ "Name": "email", "Value": "o@example.com" }] } });
        let (note, calls) = add_olga(json!([]), (200, stored)).await;
        let expected =
            "olga (operator) was added before, and is invited again at o@example.com, with the temporary password";
        assert_eq!(note.unwrap(), expected);
        let expected = ["AdminCreateUser", "AdminListGroupsForUser", "AdminCreateUser RESEND", "AdminAddUserToGroup"];
        assert_eq!(calls, expected);
    }

    #[tokio::test]
    async fn a_user_with_a_password_gets_the_role_and_no_invitation() {
        let refused = json!({ "__type": "UnsupportedUserStateException", "message": "it is confirmed" });
        let (note, calls) = add_olga(json!([]), (400, refused)).await;
        assert!(note.unwrap().ends_with("may sign in with the existing password; no invitation was sent"));
        assert_eq!(calls.last().map(String::as_str), Some("AdminAddUserToGroup"));
    }

    #[tokio::test]
    async fn a_user_with_a_role_is_neither_invited_nor_changed() {
        let (note, calls) = add_olga(json!([{ "GroupName": "customer" }]), (200, json!({}))).await;
        assert!(note.unwrap_err().to_string().contains("UsernameExistsException"));
        assert_eq!(calls, ["AdminCreateUser", "AdminListGroupsForUser"]);
    }

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
