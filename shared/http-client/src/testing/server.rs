use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A received request: its first line, headers and body.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// The first line.
    pub line: String,
    /// The other lines before the body.
    pub headers: String,
    /// The body.
    pub body: String,
}

impl ReceivedRequest {
    /// The value of a header; empty without it.
    pub fn header(&self, name: &str) -> String {
        let found = self.headers.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        found.unwrap_or_default()
    }
}

/// A server on 127.0.0.1, with answers from the test; it records the requests.
pub struct FakeServer {
    /// Its address.
    pub address: String,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
}

impl FakeServer {
    /// Opens it on a free port; panics if there is none. It responds to each request with the result of `answer` for the request and its number.
    #[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]
    pub async fn open(answer: impl Fn(&ReceivedRequest, usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<ReceivedRequest>>>::default();
        let (answer, seen) = (Arc::new(answer), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                tokio::spawn(async move {
                    let request = read(stream).await;
                    let Some((mut stream, request)) = request else { return };
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request.clone());
                        seen.len().saturating_sub(1)
                    };
                    let _ = stream.write_all(answer(&request, number).as_bytes()).await;
                });
            }
        });
        Self { address, requests }
    }

    /// The requests so far.
    #[allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read(mut stream: TcpStream) -> Option<(TcpStream, ReceivedRequest)> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).await.ok()?;
        bytes.extend_from_slice(part.get(..length)?);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
            let requests =
                ReceivedRequest { line: line.to_owned(), headers: headers.to_owned(), body: body.to_owned() };
            if body.len() >= requests.header("content-length").parse().unwrap_or(0) {
                return Some((stream, requests));
            }
        }
        if length == 0 {
            return None;
        }
    }
}

/// A response after which the connection closes.
pub fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}")
}
