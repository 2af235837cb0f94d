//! The `throughline` program.
fn main() {}
