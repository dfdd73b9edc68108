//! Links the unwinder of the C compiler into the program rather than have it found and loaded at every start, which was a
//! tenth of the shortest ones. Where the compiler has it only as a shared library, it stays one.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(folder) = folder_of_unwinder() {
        println!("cargo::rustc-link-search=native={}", folder.display());
        println!("cargo::rustc-link-lib=static=gcc_eh");
    }
}

/// Where the compiler of this machine has it, for programs that are for this machine.
fn folder_of_unwinder() -> Option<PathBuf> {
    let target = env::var("TARGET").ok()?;
    if !target.ends_with("-linux-gnu") || env::var("HOST").ok()? != target {
        return None;
    }
    let compiler = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let told = Command::new(compiler).arg("-print-file-name=libgcc_eh.a").output().ok()?;
    let file = String::from_utf8(told.stdout).ok()?;
    // What a compiler does not have, it repeats.
    Some(Path::new(file.trim())).filter(|file| file.is_absolute())?.parent().map(Path::to_owned)
}
