//! Whom a card's faces and keys are sent to: over TLS to whom the certificates name, to no other host, through no proxy
//! that the card does not name.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;

use super::server::{Act, Server, code, json, obey, proxy};
use super::{command, ran, run_json, service};
use crate::command::orders;
use crate::support::{Ran, column, run, text};

/// An authority of our own (its certificate, PEM) and a service that it vouches for, as `host`.
fn authority(host: &str) -> (String, Arc<rustls::ServerConfig>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let own = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(own.serialize_der().into()))
        .unwrap();
    (root.pem(), Arc::new(config))
}

#[test]
fn tls_is_spoken_with_whom_the_card_trusts_and_with_nobody_else() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["answer 20", "answer 21", "drop", "answer 22"]);
    let (root, config) = authority("localhost");
    let server = Server::with(Some(config), |got, before| obey(got, before, "/"));
    let url = format!("https://localhost:{}/v1/age", server.address.port());
    let try_with = |name: &str, url: &str, lines: &str, pem: &str| {
        let folder = place.path().join(name);
        let method = service(&folder, url, &format!("retries = 1\n{lines}"));
        fs::write(folder.join("ca.pem"), pem).unwrap();
        let out = place.path().join(format!("out-{name}"));
        let (ended, outcomes) = ran(&method, &dataset, &out, &["--max-failed", "9"]);
        (ended, outcomes, out)
    };
    let (ended, outcomes, out) = try_with("trusted", &url, "ca_file = \"ca.pem\"", &root);
    ended.ended(0);
    assert_eq!(column(&outcomes, "age"), ["20", "21", "", "22"], "{outcomes}");
    assert!(outcomes.contains("the connection broke before the reply was whole, after 2 tries"), "{outcomes}");
    let sent = run_json(&out)["methods"][0]["service"].clone();
    assert_eq!(
        (sent["tls"].as_bool(), sent["requests"].as_u64()),
        (Some(true), Some(6)),
        "one was sent again on a new connection: {sent:#}"
    );
    let asked = server.got().len();

    // Without the file, with another authority's, and for another name: nothing is sent.
    let (other, _) = authority("localhost");
    let by_number = format!("https://127.0.0.1:{}/v1/age", server.address.port());
    for (name, url, lines, pem) in [
        ("public", &url, "", &root),
        ("other", &url, "ca_file = \"ca.pem\"", &other),
        ("name", &by_number, "ca_file = \"ca.pem\"", &root),
    ] {
        let (ended, outcomes, _) = try_with(name, url, lines, pem);
        ended.ended(0);
        assert!(column(&outcomes, "status").iter().all(|status| status == "failed"), "{name}: {outcomes}");
        assert!(outcomes.contains("no connection over TLS: invalid peer certificate"), "{name}: {outcomes}");
    }
    assert_eq!(server.got().len(), asked, "nothing was sent to whom nobody vouches for");
    for (name, pem, expected) in [
        ("empty", "", "holds no certificate"),
        ("key", KeyPair::generate().unwrap().serialize_pem().as_str(), "a private key"),
    ] {
        let (ended, ..) = try_with(name, &url, "ca_file = \"ca.pem\"", pem);
        ended.ended(2).told(&[expected]);
    }
}

#[test]
fn no_redirect_leads_to_another_host() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["elsewhere", "moved"]);
    let other = Server::start(|_, _| json("{\"state\":\"ok\",\"result\":{\"age\":99}}"));
    let url = other.url("/steal");
    let server = Server::start(move |got, before| obey(got, before, &url));
    let method = service(&place.path().join("method"), &server.url("/"), "");
    let (ended, outcomes) = ran(&method, &dataset, &place.path().join("out"), &["--max-failed", "1"]);
    ended.ended(0);
    assert_eq!(column(&outcomes, "status"), ["failed", "answered"]);
    assert!(outcomes.contains("the service redirects to another host"), "{outcomes}");
    assert!(other.got().is_empty(), "another host was asked");
}

#[test]
fn plain_http_to_another_machine_must_be_declared_and_is_told() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["answer 20"]);
    let refused = service(&place.path().join("refused"), "http://198.51.100.7/v1/age", "");
    let ran_so = ran(&refused, &dataset, &place.path().join("out-1"), &[]).0;
    ran_so.ended(2).told(&["everybody on the way can read the faces and the keys", "`plain_http = true`"]);
    // A proxy stands for the other machine: what goes to it leaves this one.
    let (address, told) = proxy();
    let lines = format!("plain_http = true\nproxy = \"http://{address}\"\nretries = 0");
    let server = Server::start(|_, _| code(500, ""));
    let plain = service(&place.path().join("plain"), &format!("http://0.0.0.0:{}/", server.address.port()), &lines);
    let (ended, _) = ran(&plain, &dataset, &place.path().join("out-2"), &["--max-failed", "1"]);
    let told_so = "`remote` is reached over plain http (http://0.0.0.0:";
    ended.ended(0).told(&[&format!("warning: {told_so}")]);
    let checked = run(&["check", text(&plain)]).ended(0);
    assert!(checked.out.contains(told_so) && checked.out.contains("0 errors, 1 warning"), "{}", checked.out);
    assert_eq!(run_json(&place.path().join("out-2"))["methods"][0]["service"]["tls"], false);
    assert_eq!((told.lock().unwrap().len(), server.got().len()), (1, 1));
}

#[test]
fn a_proxy_is_used_when_the_card_names_one_and_never_from_the_environment() {
    let place = tempfile::tempdir().unwrap();
    let dataset = orders(&place.path().join("data"), &["answer 20", "answer 21"]);
    let (root, config) = authority("localhost");
    let server = Server::with(Some(config), |got, before| obey(got, before, "/"));
    let url = format!("https://localhost:{}/", server.address.port());
    let (address, told) = proxy();
    let run_with = |name: &str, lines: &str| {
        let folder = place.path().join(name);
        let method = service(&folder, &url, &format!("ca_file = \"ca.pem\"\n{lines}"));
        fs::write(folder.join("ca.pem"), &root).unwrap();
        let out = place.path().join(format!("out-{name}"));
        let mut command = command(&method, &dataset, &out, &[]);
        for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            command.env(variable, format!("http://bob:hunter22@{address}"));
        }
        Ran::of(command.output().unwrap()).ended(0);
        assert_eq!(column(&fs::read_to_string(out.join("outcomes.csv")).unwrap(), "age"), ["20", "21"]);
        secret_free(&out, "hunter22");
    };
    run_with("without", "");
    assert!(told.lock().unwrap().is_empty(), "a proxy that no card names was used");
    run_with("with", "proxy = \"${HTTPS_PROXY}\"");
    let told = told.lock().unwrap();
    assert!(told[0].starts_with(&format!("CONNECT localhost:{} ", server.address.port())), "{told:?}");
    // printf bob:hunter22 | base64
    assert!(told[0].contains("Proxy-Authorization: Basic Ym9iOmh1bnRlcjIy"), "{told:?}");
    assert_eq!(told.len(), 1, "the connection is kept");
}

fn secret_free(folder: &Path, secret: &str) {
    for entry in fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let bytes = fs::read(entry.path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{}", entry.path().display());
    }
}

#[test]
fn nothing_is_asked_while_a_card_is_checked() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(|_, _| Act::Raw(Vec::new()));
    let method = service(&place.path().join("m"), &server.url("/"), "");
    let checked = run(&["check", text(&method)]).ended(0);
    assert!(checked.out.contains("the method can be used: 0 errors, 0 warnings"), "{}", checked.out);
    assert!(server.got().is_empty());
}
