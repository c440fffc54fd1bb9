use advances_dynamodb::SimulatedClock;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use lambda_kit::{Chain, Problem, SystemClock};

/// Reads how the clock is set before each request.
pub async fn read_clock(
    State(clock): State<SimulatedClock<SystemClock>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    clock.read().await.map_err(|error| {
        tracing::error!(error = %Chain(&error), "the clock cannot be read");
        Problem::unavailable()
    })?;
    Ok(next.run(request).await)
}
