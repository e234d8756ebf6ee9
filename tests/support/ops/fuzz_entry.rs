//! What the fuzz targets run, for the targets and for the replay of their corpora on stable Rust.

use arbitrary::{Arbitrary, Unstructured};

use super::{mpsc, panics, program, runner};

/// Operations against the model.
pub fn mpmc_ops(program: &program::Program) {
    runner::run(program);
}

/// Operations on an `mpsc` channel against the model.
pub fn mpsc_ops(program: &mpsc::Program) {
    mpsc::run(program);
}

/// Panicking drops and wakers.
pub fn mpmc_panics(program: &panics::Program) {
    panics::run(program);
}

/// The program that a fuzz target makes of `data`.
pub fn decode<P: for<'a> Arbitrary<'a>>(data: &[u8]) -> Option<P> {
    P::arbitrary_take_rest(Unstructured::new(data)).ok()
}
