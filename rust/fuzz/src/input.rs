//! Reads arguments out of arbitrary bytes: mostly values that get past the first check, sometimes any at all.

/// What is left of the bytes. Past their end every read gives 0.
#[derive(Debug, Clone)]
pub struct Input<'a>(&'a [u8]);

const SPECIAL: [f64; 8] = [f64::NAN, f64::INFINITY, -1.0, 0.0, 5e-324, 1e9, f64::MAX, 0.005];

impl<'a> Input<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        let count = N.min(self.0.len());
        let (head, rest) = self.0.split_at(count);
        out[..count].copy_from_slice(head);
        self.0 = rest;
        out
    }

    pub fn byte(&mut self) -> u8 {
        self.take::<1>()[0]
    }

    /// 0 to `count - 1`.
    pub fn below(&mut self, count: u8) -> u8 {
        self.byte() % count
    }

    pub fn short(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    pub fn any_i64(&mut self) -> i64 {
        i64::from_le_bytes(self.take())
    }

    pub fn any_f64(&mut self) -> f64 {
        f64::from_le_bytes(self.take())
    }

    /// A number of cents around 650 dollars, or rarely anything at all.
    pub fn price(&mut self) -> f64 {
        match self.byte() {
            255 => self.any_f64(),
            254 => SPECIAL[usize::from(self.below(8))],
            253 => (65_000.0 + f64::from(self.byte())) / 100.0 + 0.005,
            cents => (64_900.0 + f64::from(cents)) / 100.0,
        }
    }

    /// A whole number of shares, or rarely a fraction or anything at all.
    pub fn size(&mut self) -> f64 {
        match self.byte() {
            255 => self.any_f64(),
            254 => SPECIAL[usize::from(self.below(8))],
            253 => f64::from(self.short()) / 7.0,
            252 => f64::from(self.short()) * 100.0,
            shares => f64::from(shares),
        }
    }

    /// Up to `most` bytes, as they are.
    pub fn bytes(&mut self, most: u8) -> &'a [u8] {
        let count = usize::from(self.below(most + 1)).min(self.0.len());
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        head
    }
}
