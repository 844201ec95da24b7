//! Tells the extension with which profile it is built: a published figure must be able to say so.

use std::env;
use std::path::Path;

fn main() {
    // Cargo's PROFILE knows debug and release only; OUT_DIR is <target>/<profile>/build/<crate>/out.
    let out = env::var("OUT_DIR").unwrap_or_default();
    let profile = Path::new(&out)
        .ancestors()
        .nth(3)
        .and_then(Path::file_name)
        .and_then(|name| name.to_str())
        .unwrap_or("unknown");
    println!("cargo::rustc-env=ALPHATRADER_BUILD_PROFILE={profile}");
    println!("cargo::rerun-if-changed=build.rs");
}
