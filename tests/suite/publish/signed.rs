//! Signatures: a release is its signer's, and the minisign tool agrees.

use std::fs;
use std::process::Command;

use super::{recorded, release};
use crate::support::{is_needed, run, text};

#[test]
fn a_signature_holds_for_the_signers_key_and_for_no_other() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let pair = |name: &str| {
        let minisign::KeyPair { pk, sk } = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let (public, secret) = (place.path().join(format!("{name}.pub")), place.path().join(format!("{name}.key")));
        fs::write(&public, pk.to_box().unwrap().to_string()).unwrap();
        fs::write(&secret, sk.to_box(None).unwrap().to_string()).unwrap();
        (public, secret)
    };
    let ((public, secret), (other, _)) = (pair("ours"), pair("theirs"));
    let (out, ran) = release(place.path(), &[&one], "none", &["--sign", text(&secret)]);
    ran.ended(0).told(&["SHA256SUMS.minisig"]);
    let ran = run(&["verify", text(&out), "--public-key", text(&public)]).ended(0);
    assert!(ran.out.contains("signed: agebench release `one-on-people`"), "{}", ran.out);
    run(&["verify", text(&out)]).ended(0).told(&["was not checked"]);
    run(&["verify", text(&out), "--public-key", text(&other)]).ended(1).told(&["not by this key"]);
    let tool = Command::new("minisign").args(["-Vm", "SHA256SUMS", "-p", text(&public)]).current_dir(&out).output();
    match tool {
        Ok(ran) => {
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            // A key that the tool itself made: its checksum is empty.
            let (tools, key) = (place.path().join("tool.pub"), place.path().join("tool.key"));
            let made =
                Command::new("minisign").args(["-G", "-W", "-p", text(&tools), "-s", text(&key)]).output().unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            release(place.path(), &[&one], "none", &["--replace", "--sign", text(&key)]).1.ended(0);
            run(&["verify", text(&out), "--public-key", text(&tools)]).ended(0);
            release(place.path(), &[&one], "none", &["--replace", "--sign", text(&secret)]).1.ended(0);
        }
        Err(_) => {
            assert!(!is_needed("minisign"), "minisign is not installed");
            eprintln!("skipped: minisign is not installed");
        }
    }
    let sums = fs::read_to_string(out.join("SHA256SUMS")).unwrap();
    fs::write(out.join("SHA256SUMS"), sums.replacen('a', "b", 1)).unwrap();
    run(&["verify", text(&out), "--public-key", text(&public)]).ended(1).told(&["not by this key"]);
    fs::write(out.join("SHA256SUMS"), &sums).unwrap();
    run(&["verify", text(&out), "--public-key", text(&secret)]).ended(2).told(&["no public key"]);
    fs::remove_file(out.join("SHA256SUMS.minisig")).unwrap();
    run(&["verify", text(&out), "--public-key", text(&public)]).ended(1).told(&["not signed"]);
    release(place.path(), &[&one], "none", &["--replace", "--sign", text(&public)]).1.ended(2).told(&["no secret key"]);
}

#[test]
fn a_key_with_a_password_signs_with_it_and_not_without() {
    let place = tempfile::tempdir().unwrap();
    let one = recorded(place.path(), "one", |person| i64::from(person % 5) - 2);
    let file = |name: &str| place.path().join(name);
    let (mut public, mut secret) = (Vec::new(), Vec::new());
    let password = Some("a longer one".to_owned());
    minisign::KeyPair::generate_and_write_encrypted_keypair(&mut public, &mut secret, None, password).unwrap();
    fs::write(file("release.pub"), public).unwrap();
    fs::write(file("release.key"), secret).unwrap();
    // As an editor leaves it: with the end of its line.
    fs::write(file("password"), "a longer one\n").unwrap();
    fs::write(file("other"), "another\n").unwrap();
    let (key, password, other) = (file("release.key"), file("password"), file("other"));
    let sign = ["--sign", text(&key)];
    release(place.path(), &[&one], "none", &sign).1.ended(2).told(&["--password-file"]);
    let wrong = ["--sign", text(&key), "--password-file", text(&other)];
    release(place.path(), &[&one], "none", &wrong).1.ended(2).told(&["password"]);
    let right = ["--sign", text(&key), "--password-file", text(&password)];
    let (out, ran) = release(place.path(), &[&one], "none", &right);
    ran.ended(0);
    let ran = run(&["verify", text(&out), "--public-key", text(&file("release.pub"))]).ended(0);
    assert!(ran.out.contains("signed: agebench release"), "{}", ran.out);
}
