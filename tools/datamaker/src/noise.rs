//! Deterministic pseudo-random numbers: the same on every machine and in every order.

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of numbers: `SplitMix64` (Steele, Lea and Flood, 2014). Each generated object has a separate stream,
/// identified by its kind and number, so that the result does not depend on threads or order.
pub struct Noise(u64);

impl Noise {
    /// The stream of object `number` of a kind.
    pub fn new(seed: u64, kind: u64, number: u64) -> Self {
        let mut noise = Self(seed ^ kind.wrapping_mul(0xd134_2543_de82_ef95));
        let state = noise.next() ^ number.wrapping_mul(GAMMA);
        Self(state)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        u64::try_from((u128::from(self.next()) * u128::from(limit)) >> 64).unwrap_or(0)
    }

    /// A random element; `None` if there are none.
    pub fn one_of<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let place = self.below(u64::try_from(of.len()).unwrap_or(0));
        of.get(usize::try_from(place).unwrap_or(0))
    }

    /// True with the given probability per million.
    pub fn happens(&mut self, per_million: u64) -> bool {
        self.below(1_000_000) < per_million
    }
}
