//! What `footprint` sees of a service: requests, bytes, hosts, TLS, redirects, cookies; and that what it keeps is not guessed.

use crate::footprint::{faces, rows};
use crate::support::{run, text};

use super::server::{Act, Server};
use super::service;

#[test]
fn requests_bytes_redirects_and_cookies_of_a_service_are_counted_and_what_it_keeps_is_not_measurable() {
    let place = tempfile::tempdir().unwrap();
    let reply = "{\"state\":\"ok\",\"result\":{\"age\":20}}";
    let server = Server::start(move |got, _| {
        if got.path() == "/" {
            return Act::Reply(307, vec![("Location", "/there".to_owned())], Vec::new());
        }
        let cookies = ["session=0123456789; Path=/; HttpOnly", "seen=1"];
        let headers = cookies.map(|cookie| ("Set-Cookie", cookie.to_owned())).to_vec();
        Act::Reply(200, headers, reply.as_bytes().to_vec())
    });
    let method = service(&place.path().join("method"), &server.url("/"), "");
    let (data, out) = (faces(&place.path().join("faces"), 3), place.path().join("out"));
    run(&["footprint", text(&method), "--dataset", text(&data), "--out", text(&out), "--keep-ids"]).ended(0);
    let found = rows(&out);
    let value = |name: &str| found[name].0.unwrap_or_else(|| panic!("{name}: {:?}", found[name]));
    assert_eq!(value("requests"), 6.0, "each is asked twice");
    assert_eq!(value("redirects"), 3.0);
    assert_eq!(value("hosts"), 1.0);
    assert_eq!(value("hosts_without_tls"), 1.0);
    assert_eq!(value("cookies_offered"), 2.0);
    assert!(server.got().iter().all(|got| got.header("cookie").is_none()), "none is sent back");
    assert!(value("bytes_sent of=sum") > 2.0 * value("input_bytes of=sum"), "the photo is sent twice, with headers");
    assert!(value("bytes_received of=sum") > 3.0 * reply.len() as f64);
    for name in ["files_left phase=after_exit", "canary_hits", "persistent_identifiers", "connections_tried"] {
        assert_eq!(found[name], (None, "not_measurable".to_owned()), "{name}");
    }
    run(&["verify", text(&out)]).ended(0);
}
