//! What nobody can guess.

use anyhow::{Result, anyhow};

pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("this system has no random numbers: {error}"))?;
    Ok(bytes)
}
