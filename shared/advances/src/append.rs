use crate::ports::{Advances, Append, Appended, IndexItem, PortError};
use crate::{Advance, AdvanceId, DecideError, Fact};

/// How often a decision is repeated after somebody else has appended facts.
const MAX_CONFLICTS: u32 = 20;

/// Why facts were not appended. Trying again is always safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// A port failed.
    #[error("cannot change an advance")]
    Port(#[from] PortError),
    /// The facts of the advance do not add up, or the decision does not fit them: no payment may be made.
    #[error("advance {0} cannot be decided")]
    Broken(AdvanceId, #[source] DecideError),
    /// Others keep changing the advance.
    #[error("others keep changing advance {0}")]
    Busy(AdvanceId),
    /// Another payment holds a claim: it is the payment of a transaction, or its call is without an answer.
    #[error("another payment holds a claim that advance {0} needs")]
    Held(AdvanceId),
}

/// Loads an advance; `None` if it does not exist.
pub async fn load<A: Advances>(advances: &A, id: &AdvanceId) -> Result<Option<Advance>, AppendError> {
    let facts = advances.load(id).await?;
    if facts.is_empty() {
        return Ok(None);
    }
    let advance = Advance::fold(&facts).map_err(|error| AppendError::Broken(id.clone(), error.into()))?;
    advance.check().map_err(|error| AppendError::Broken(id.clone(), error.into()))?;
    Ok(Some(advance))
}

/// Appends `facts` to what was loaded as `advance`, and returns the advance with them if they are stored.
///
/// Facts that cannot happen, or after which the advance does not add up, are an error: nothing is written.
pub async fn append<A: Advances>(
    advances: &A,
    advance: &Advance,
    facts: Vec<Fact>,
) -> Result<(Appended, Advance), AppendError> {
    let broken = |error: DecideError| AppendError::Broken(advance.id.clone(), error);
    let next = advance.with(&facts).map_err(|error| broken(error.into()))?;
    next.check().map_err(|error| broken(error.into()))?;
    let claims = advance.claims(&facts);
    let append =
        Append { advance: advance.id.clone(), expected: advance.facts, facts, claims, index: next.index_item() };
    Ok((advances.append(&append).await?, next))
}

/// Loads an advance, decides which facts to add, and appends them; again if others have changed it in between. Returns
/// the advance with them; `None` if there is no such advance.
pub async fn change<A, F>(advances: &A, id: &AdvanceId, mut decide: F) -> Result<Option<Advance>, AppendError>
where
    A: Advances,
    F: FnMut(&Advance) -> Result<Vec<Fact>, DecideError>,
{
    for _ in 0..MAX_CONFLICTS {
        let Some(advance) = load(advances, id).await? else { return Ok(None) };
        let facts = decide(&advance).map_err(|error| AppendError::Broken(id.clone(), error))?;
        if facts.is_empty() {
            return Ok(Some(advance));
        }
        match append(advances, &advance, facts).await? {
            (Appended::Stored, next) => return Ok(Some(next)),
            (Appended::Conflict, _) => {}
            (Appended::Held(_), _) => return Err(AppendError::Held(id.clone())),
        }
    }
    Err(AppendError::Busy(id.clone()))
}

/// Stores a new advance; `Conflict` if its id exists, for a repeated request.
pub async fn create<A: Advances>(advances: &A, facts: Vec<Fact>) -> Result<(Appended, Advance), CreateError> {
    let advance = Advance::fold(&facts)?;
    let append = Append {
        advance: advance.id.clone(),
        expected: 0,
        facts,
        claims: crate::Claims::default(),
        index: advance.index_item(),
    };
    Ok((advances.append(&append).await?, advance))
}

/// Why an advance was not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// A port failed.
    #[error("cannot store an advance")]
    Port(#[from] PortError),
    /// It is not possible under these terms.
    #[error("the advance is not possible")]
    Fold(#[from] crate::FoldError),
}

impl Advance {
    /// Its item in the indexes.
    pub fn index_item(&self) -> IndexItem {
        IndexItem {
            customer: self.customer.clone(),
            status: self.status().name().into(),
            requested_at: self.requested_at,
            next_work: self.next_work(),
        }
    }
}
