//! The API and the user pool of the stack under test.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{
    AuthFlowType, AuthenticationResultType, ExplicitAuthFlowsType, MessageActionType, TimeUnitsType,
    TokenValidityUnitsType,
};
use serde_json::Value;

const PASSWORD: &str = "For-this-test-0nly";

/// The header of a request that the account's owner makes; the local stack compares no signatures.
pub(crate) fn owner(service: &str) -> String {
    format!(
        "authorization: AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0\r\n"
    )
}

/// The API and the user pool before it.
pub(crate) struct Api {
    runtime: tokio::runtime::Runtime,
    cognito: Client,
    host: String,
    path: String,
    pool: String,
    pub(crate) client: String,
    outputs: BTreeMap<String, String>,
}

impl Api {
    pub(crate) fn new(endpoint: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let config = runtime.block_on(aws_config::load_from_env());
        let described = aws_sdk_cloudformation::Client::new(&config).describe_stacks().stack_name("millrace").send();
        let stacks = runtime.block_on(described).unwrap().stacks.unwrap_or_default();
        let outputs = stacks[0].outputs().iter();
        let outputs: BTreeMap<String, String> =
            outputs.filter_map(|it| Some((it.output_key.clone()?, it.output_value.clone()?))).collect();
        let output = |name: &str| outputs[name].clone();
        let api = Self {
            cognito: Client::new(&config),
            host: endpoint.trim_start_matches("http://").to_owned(),
            path: format!("/_aws/execute-api/{}/$default", output("ApiId")),
            pool: output("UserPoolId"),
            client: output("UserPoolClientId"),
            outputs,
            runtime,
        };
        api.let_tokens_live(3600);
        api
    }

    /// Its address, without a slash at its end.
    pub(crate) fn address(&self) -> String {
        format!("http://{}{}", self.host, self.path)
    }

    /// Where a path of the API is on the local stack.
    pub(crate) fn path_of(&self, path: &str) -> String {
        format!("{}{path}", self.path)
    }

    /// An output of the stack.
    pub(crate) fn output(&self, name: &str) -> String {
        self.outputs[name].clone()
    }

    /// The secret of a client of the user pool.
    pub(crate) fn secret(&self, client: &str) -> String {
        let request = self.cognito.describe_user_pool_client().user_pool_id(&self.pool).client_id(client).send();
        let described = self.runtime.block_on(request).unwrap().user_pool_client.unwrap();
        described.client_secret.unwrap()
    }

    /// Sends a request to the API, with or without a token.
    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> (u16, Value) {
        let (status, body) = self.ask("GET", path, token);
        (status, serde_json::from_str(body.trim()).unwrap_or(Value::Null))
    }

    /// The status and the body of an answer.
    pub(crate) fn ask(&self, method: &str, path: &str, token: Option<&str>) -> (u16, String) {
        let authorization = token.map(|it| format!("authorization: Bearer {it}\r\n")).unwrap_or_default();
        let (status, _, body) = self.send(method, &self.path_of(path), &authorization, "");
        (status, body)
    }

    /// Sends a request to the stack: status, head and body of the answer.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let (host, length) = (&self.host, body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n\
             {body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    /// Calls DynamoDB as the account's owner.
    pub(crate) fn dynamodb(&self, operation: &str, request: &Value) -> Value {
        let headers = format!(
            "content-type: application/x-amz-json-1.0\r\nx-amz-target: DynamoDB_20120810.{operation}\r\n{}",
            owner("dynamodb")
        );
        let (status, _, body) = self.send("POST", "/", &headers, &request.to_string());
        assert_eq!(status, 200, "{operation}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Somebody who signs in with [`PASSWORD`].
    pub(crate) fn add_user(&self, name: &str, group: Option<&str>) {
        self.runtime.block_on(async {
            let made = self.cognito.admin_create_user().user_pool_id(&self.pool).username(name);
            made.message_action(MessageActionType::Suppress).send().await.unwrap();
            let chosen = self.cognito.admin_set_user_password().user_pool_id(&self.pool).username(name);
            chosen.password(PASSWORD).permanent(true).send().await.unwrap();
            if let Some(group) = group {
                let _ = self.cognito.create_group().user_pool_id(&self.pool).group_name(group).send().await;
                let joined = self.cognito.admin_add_user_to_group().user_pool_id(&self.pool).username(name);
                joined.group_name(group).send().await.unwrap();
            }
        });
    }

    pub(crate) fn sign_in(&self, name: &str, client: &str) -> AuthenticationResultType {
        let request = self.cognito.admin_initiate_auth().user_pool_id(&self.pool).client_id(client);
        let request = request.auth_flow(AuthFlowType::AdminUserPasswordAuth);
        let request = request.auth_parameters("USERNAME", name).auth_parameters("PASSWORD", PASSWORD);
        self.runtime.block_on(request.send()).unwrap().authentication_result.unwrap()
    }

    pub(crate) fn access_token(&self, name: &str) -> String {
        self.sign_in(name, &self.client).access_token.unwrap()
    }

    /// Another application that the same people may sign in to.
    pub(crate) fn other_client(&self) -> String {
        let made = self.cognito.create_user_pool_client().user_pool_id(&self.pool).client_name("another");
        let made = made.explicit_auth_flows(ExplicitAuthFlowsType::AllowAdminUserPasswordAuth);
        let made = self.runtime.block_on(made.send()).unwrap();
        made.user_pool_client.unwrap().client_id.unwrap()
    }

    /// How many seconds the tokens live that are given from now on.
    pub(crate) fn let_tokens_live(&self, seconds: i32) {
        let request = self.cognito.update_user_pool_client().user_pool_id(&self.pool).client_id(&self.client);
        // The template's, and the one that a test without SRP of its own signs in by.
        let request = request.explicit_auth_flows(ExplicitAuthFlowsType::AllowUserSrpAuth);
        let request = request.explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth);
        let request = request.explicit_auth_flows(ExplicitAuthFlowsType::AllowAdminUserPasswordAuth);
        let units = TokenValidityUnitsType::builder().access_token(TimeUnitsType::Seconds).build();
        let request = request.access_token_validity(seconds).token_validity_units(units);
        self.runtime.block_on(request.send()).unwrap();
    }
}
