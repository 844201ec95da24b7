//! Student's t distribution, for bulk classification with heavier tails than the normal.

use libm::{exp, lgamma, log, log1p};

/// Distribution function of Student's t with `df` > 0 degrees of freedom, through the regularised incomplete beta function.
pub(crate) fn student_cdf(t: f64, df: f64) -> f64 {
    if t.is_nan() {
        return f64::NAN;
    }
    // Of the two equal forms the one whose argument loses no digits.
    let square = t * t;
    let tail = if square < df {
        0.5 * (1.0 - incomplete_beta(0.5, 0.5 * df, square / (df + square)))
    } else {
        0.5 * incomplete_beta(0.5 * df, 0.5, df / (df + square))
    };
    if t > 0.0 {
        1.0 - tail
    } else {
        tail
    }
}

/// `I_x(a, b)` by its continued fraction (Press et al., Numerical Recipes, section 6.4).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    // It converges in some sqrt(max(a, b)) rounds; degrees of freedom are bounded where they are read.
    for round in 1..10_000 {
        let m = f64::from(round);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        result *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        let step = d * c;
        result *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn equals_the_closed_forms() {
        for i in -400..=400 {
            let t = f64::from(i) * 0.05;
            let cauchy = 0.5 + t.atan() / PI;
            let two = 0.5 + t / (2.0 * (2.0 + t * t).sqrt());
            assert!((student_cdf(t, 1.0) - cauchy).abs() < 1e-14, "{t}");
            assert!((student_cdf(t, 2.0) - two).abs() < 1e-14, "{t}");
            assert!((student_cdf(t, 1e6) - crate::pricing::normal_cdf(t)).abs() < 1e-6, "{t}");
        }
    }

    #[test]
    fn a_quarter_degree_of_freedom_as_in_the_paper() {
        // scipy.stats.t.cdf(x, 0.25)
        for (t, expected) in [
            (0.0, 0.5),
            (1.0, 0.644_348_128_962_956),
            (-3.0, 0.274_032_801_059_308_9),
            (100.0, 0.885_735_634_717_840_1),
        ] {
            assert!((student_cdf(t, 0.25) - expected).abs() < 1e-13, "{t}: {}", student_cdf(t, 0.25));
        }
        assert_eq!((student_cdf(f64::INFINITY, 0.25), student_cdf(f64::NEG_INFINITY, 0.25)), (1.0, 0.0));
    }
}
