//! What `configure` says, as a ClientConfig.

use crate::protocol::{malformed, Refusal, Settings};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{version, CipherSuite, ClientConfig, KeyLog, RootCertStore, SupportedProtocolVersion};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Debug)]
struct LogFile(Mutex<File>);

impl KeyLog for LogFile {
    /// Ends the process if the line cannot be written: evidence that lost lines in silence would mislead.
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        self.0.lock().unwrap().write_all(line.as_bytes()).expect("key log");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// OpenSSL's name of a suite of TLS 1.2 and below; those of TLS 1.3 have the same name everywhere.
pub fn openssl_name(suite: CipherSuite) -> String {
    let name = format!("{suite:?}").replace("TLS13_", "TLS_");
    match name.trim_start_matches("TLS_").split_once("_WITH_") {
        None => name,
        Some((exchange, bulk)) => format!("{exchange}-{}", bulk.replace("AES_", "AES"))
            .replace("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305")
            .replace('_', "-"),
    }
}

pub fn server_name(settings: &Settings) -> Result<ServerName<'static>, Refusal> {
    ServerName::try_from(settings.server_name.clone()).map_err(|error| malformed(error.to_string()))
}

fn version(name: &str) -> Result<&'static SupportedProtocolVersion, Refusal> {
    match name {
        "1.2" => Ok(&version::TLS12),
        "1.3" => Ok(&version::TLS13),
        _ => Err(Refusal::Unimplemented(format!("configure.tls {name}"))),
    }
}

fn unusable(file: &str, error: impl std::fmt::Display) -> Refusal {
    malformed(format!("{file}: {error}"))
}

fn certificates(file: &str) -> Result<Vec<CertificateDer<'static>>, Refusal> {
    CertificateDer::pem_file_iter(file)
        .and_then(|found| found.collect())
        .map_err(|error| unusable(file, error))
}

fn roots(file: &str) -> Result<RootCertStore, Refusal> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|error| unusable(file, error))?;
    }
    Ok(roots)
}

pub fn make_config(settings: &Settings) -> Result<ClientConfig, Refusal> {
    let version = version(&settings.tls)?;
    let mut provider = rustls::crypto::ring::default_provider();
    if let Some(names) = &settings.ciphers {
        let known: Vec<String> = provider.cipher_suites.iter().map(|suite| openssl_name(suite.suite())).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
            return Err(Refusal::Unimplemented(format!("configure.ciphers {unknown}")));
        }
        provider.cipher_suites.retain(|suite| suite.tls13().is_some() || names.contains(&openssl_name(suite.suite())));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])
        .map_err(|error| malformed(error.to_string()))?
        .with_root_certificates(roots(&settings.ca)?);
    let mut config = match &settings.certificate {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error))?;
            builder.with_client_auth_cert(certificates(cert)?, private).map_err(|error| unusable(cert, error))?
        }
    };
    if let Some(path) = &settings.keylog {
        let file = OpenOptions::new().append(true).create(true).open(path).map_err(|error| unusable(path, error))?;
        config.key_log = Arc::new(LogFile(Mutex::new(file)));
    }
    Ok(config)
}
