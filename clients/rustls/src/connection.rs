//! One whole connection.

use crate::protocol::{malformed, Facts, Order, Refusal};
use crate::settings::openssl_name;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, Stream};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// An error of rustls has the name of its kind as code, one of the system its number.
fn failure(stage: &'static str, error: io::Error) -> Refusal {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let refused = matches!(inner, Some(rustls::Error::InvalidCertificate(_)));
    let code = match inner {
        Some(inner) => format!("{inner:?}").split(['(', ' ']).next().map(String::from),
        None => error.raw_os_error().map(|number| number.to_string()),
    };
    Refusal::Failure { stage: if refused { "verify" } else { stage }, text: error.to_string(), code }
}

fn at<T>(stage: &'static str, outcome: io::Result<T>) -> Result<T, Refusal> {
    outcome.map_err(|error| failure(stage, error))
}

fn shake_hands(tls: &mut ClientConnection, tcp: &mut TcpStream) -> io::Result<()> {
    while tls.is_handshaking() {
        tls.complete_io(tcp)?;
    }
    Ok(())
}

fn tell(tls: &ClientConnection, facts: &mut Facts) {
    facts.resumed = tls.handshake_kind().map(|kind| kind == HandshakeKind::Resumed);
    facts.cipher = tls.negotiated_cipher_suite().map(|suite| openssl_name(suite.suite()));
    facts.version = match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => Some("1.2"),
        Some(ProtocolVersion::TLSv1_3) => Some("1.3"),
        _ => None,
    };
}

/// What rustls counts are TLS 1.3's tickets.
fn count_tickets(tls: &ClientConnection, facts: &mut Facts) {
    if facts.version == Some("1.3") {
        facts.tickets_received = Some(tls.tls13_tickets_received());
    }
}

fn read_to_end(stream: &mut impl Read, facts: &mut Facts) -> io::Result<()> {
    let mut buffer = [0; 16384];
    let mut total = 0;
    facts.response_bytes = Some(0);
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => total += count,
        }
        facts.response_bytes = Some(total);
    }
}

fn close(tls: &mut ClientConnection, tcp: &mut TcpStream) -> io::Result<()> {
    tls.send_close_notify();
    while tls.wants_write() {
        tls.write_tls(tcp)?;
    }
    Ok(())
}

pub fn make(config: ClientConfig, name: ServerName<'static>, order: &Order, facts: &mut Facts) -> Result<(), Refusal> {
    let mut tcp = at("connect", TcpStream::connect((order.host.as_str(), order.port)))?;
    at("connect", tcp.set_nodelay(true))?;
    let mut tls = ClientConnection::new(Arc::new(config), name).map_err(|error| malformed(error.to_string()))?;
    at("handshake", shake_hands(&mut tls, &mut tcp))?;
    tell(&tls, facts);
    let mut stream = Stream::new(&mut tls, &mut tcp);
    at("write", stream.write_all(order.request.as_bytes()).and_then(|()| stream.flush()))?;
    let read = if order.read_response { read_to_end(&mut stream, facts) } else { Ok(()) };
    count_tickets(&tls, facts);
    at("read", read)?;
    let closed = close(&mut tls, &mut tcp);
    // A peer that has closed may be gone.
    if order.read_response { Ok(()) } else { at("close", closed) }
}
