//! Kernels compiled twice: for the baseline of the target, and for wider registers where the processor has them.

/// Define a function that calls `$body`, an `#[inline(always)]` function, compiled for AVX2 where the processor has it.
///
/// Nothing but the width of the registers changes: fused multiply-add stays off, so both ways give the same bits.
macro_rules! widest {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? = $body:path) => {
        $(#[$meta])*
        #[allow(unsafe_code, reason = "one call of a function for AVX2, after asking the processor")]
        #[allow(clippy::too_many_arguments, reason = "the arguments of the kernel")]
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[cfg(all(target_arch = "x86_64", not(miri)))]
            if std::arch::is_x86_feature_detected!("avx2") && !$crate::lanes::is_plain() {
                #[target_feature(enable = "avx2")]
                fn wide($($arg: $ty),*) $(-> $ret)? {
                    $body($($arg),*)
                }
                // SAFETY: `wide` is an ordinary safe function that needs AVX2, which the processor was just found to
                // have. Measured against the same code without it (bench/test_exposure.py): complete exposure of 10 k
                // contracts 1.6 times as fast, by strike of 100 k 2 times.
                return unsafe { wide($($arg),*) };
            }
            $body($($arg),*)
        }
    };
}
pub(crate) use widest;

#[cfg(not(test))]
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline(always)]
#[allow(clippy::inline_always, reason = "a constant but in tests")]
pub(crate) const fn is_plain() -> bool {
    false
}

#[cfg(test)]
thread_local! {
    static PLAIN: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether a test asks for the kernels of the baseline.
#[cfg(test)]
#[allow(dead_code, reason = "not asked where kernels are compiled once")]
pub(crate) fn is_plain() -> bool {
    PLAIN.get()
}

/// What `run` gives with the kernels for this processor, and with those of the baseline.
#[cfg(test)]
pub(crate) fn both_ways<T>(mut run: impl FnMut() -> T) -> (T, T) {
    let wide = run();
    PLAIN.set(true);
    let plain = run();
    PLAIN.set(false);
    (wide, plain)
}
