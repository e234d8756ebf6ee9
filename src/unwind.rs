//! Calling foreign code for several objects when one of the calls may panic.

/// Calls `step` until it returns `false`, past panics; then goes on with the first panic, if there was one.
///
/// While the thread is already unwinding, panics of `step` end here: a second one would abort the process. Without
/// `std` panics cannot be caught: the steps left over are done while unwinding, and a second panic aborts.
#[cfg(feature = "std")]
pub(crate) fn past_panics(mut step: impl FnMut() -> bool) {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    let mut first = None;
    loop {
        match catch_unwind(AssertUnwindSafe(&mut step)) {
            Ok(true) => {}
            Ok(false) => break,
            Err(panic) => {
                first.get_or_insert(panic);
            }
        }
    }
    if let Some(panic) = first {
        if !std::thread::panicking() {
            resume_unwind(panic);
        }
    }
}

/// Calls foreign code whose panic is nobody's business: it ends here. Without `std` it cannot be caught, and goes on.
#[cfg(feature = "std")]
pub(crate) fn contained(call: impl FnOnce()) {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
        // What was thrown may panic again when it is dropped.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
    }
}

#[cfg(not(feature = "std"))]
pub(crate) fn contained(call: impl FnOnce()) {
    call();
}

#[cfg(not(feature = "std"))]
pub(crate) fn past_panics(step: impl FnMut() -> bool) {
    struct Rest<F: FnMut() -> bool>(F);

    impl<F: FnMut() -> bool> Drop for Rest<F> {
        fn drop(&mut self) {
            while (self.0)() {}
        }
    }

    let mut rest = Rest(step);
    while (rest.0)() {}
}
