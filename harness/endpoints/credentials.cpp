#include "endpoints/credentials.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <stdexcept>

#include "endpoints/rsa_key.hpp"

namespace ti {

namespace {

struct Free {
  void operator()(X509* cert) const { X509_free(cert); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
using Certificate = std::unique_ptr<X509, Free>;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + ERR_error_string(ERR_get_error(), nullptr));
}

void check(bool ok, const char* what) {
  if (!ok) fail(what);
}

void add_extension(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  check(extension && X509_add_ext(cert, extension.get(), -1) == 1, "making a certificate extension");
}

struct Authority {
  X509* cert;
  EVP_PKEY* key;
};

/// What a certificate is for, and until when.
struct Subject {
  std::string name;
  const char* purpose = nullptr;
  std::string alternative = {};
  std::chrono::seconds valid = std::chrono::years(20);
};

/// A certificate signed by `authority`, or by itself when that is null (then it is a CA).
Certificate certify(EVP_PKEY* key, const Subject& subject, const Authority* authority) {
  Certificate cert(X509_new());
  check(cert != nullptr, "making a certificate");
  std::uint64_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "making a serial number");
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -86400);
  const auto days = std::chrono::floor<std::chrono::days>(subject.valid);
  X509_time_adj_ex(X509_getm_notAfter(cert.get()), static_cast<int>(days.count()),
                   static_cast<long>((subject.valid - days).count()), nullptr);
  const auto* name = reinterpret_cast<const unsigned char*>(subject.name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC, name, -1, -1, 0);
  X509* issuer = authority ? authority->cert : cert.get();
  X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer));
  check(X509_set_pubkey(cert.get(), key) == 1, "setting a certificate's key");
  if (authority) {
    add_extension(cert.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(cert.get(), issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment");
    add_extension(cert.get(), issuer, NID_ext_key_usage, subject.purpose);
    if (!subject.alternative.empty())
      add_extension(cert.get(), issuer, NID_subject_alt_name, subject.alternative.c_str());
  } else {
    add_extension(cert.get(), issuer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(cert.get(), issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  add_extension(cert.get(), issuer, NID_subject_key_identifier, "hash");
  if (authority) add_extension(cert.get(), issuer, NID_authority_key_identifier, "keyid");
  check(X509_sign(cert.get(), authority ? authority->key : key, EVP_sha256()) != 0, "signing a certificate");
  return cert;
}

using Bio = std::unique_ptr<BIO, Free>;

/// A file that only the user can read, from its first byte on.
Bio create_private(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error("cannot write " + path.string() + ": " + std::strerror(errno));
  return Bio(BIO_new_fd(fd, BIO_CLOSE));
}

void write_key(const std::filesystem::path& path, EVP_PKEY* key) {
  const Bio bio = create_private(path);
  check(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "writing a key");
}

void write_certificate(const std::filesystem::path& path, X509* cert) {
  const Bio bio = create_private(path);
  check(PEM_write_bio_X509(bio.get(), cert) == 1, "writing a certificate");
}

std::vector<std::uint8_t> der_of(X509* cert) {
  const int size = i2d_X509(cert, nullptr);
  check(size > 0, "encoding a certificate");
  std::vector<std::uint8_t> der(static_cast<std::size_t>(size));
  std::uint8_t* to = der.data();
  i2d_X509(cert, &to);
  return der;
}

}  // namespace

std::map<std::string, std::string> Credentials::variables() const {
  return {{"ca", ca.string()},
          {"cert", cert.string()},
          {"key", key.string()},
          {"ecdsa_cert", ecdsa_cert.string()},
          {"ecdsa_key", ecdsa_key.string()}};
}

Credentials make_credentials(const std::filesystem::path& folder, const CertificateFacts& facts) {
  Credentials made{folder / "ca.pem",    folder / "server.pem", folder / "server.key", folder / "ecdsa.pem",
                   folder / "ecdsa.key", folder / "client.pem", folder / "client.key"};
  const PrivateKey rsa = rsa_test_key();
  const PrivateKey ca_key(EVP_EC_gen("P-256"));
  const PrivateKey ecdsa(EVP_EC_gen("P-256"));
  const PrivateKey client(EVP_EC_gen("P-256"));
  check(ca_key && ecdsa && client, "making keys");

  const Certificate ca = certify(ca_key.get(), Subject{"ticket-interop test CA"}, nullptr);
  const Authority authority{ca.get(), ca_key.get()};
  const std::string address = facts.server_name == "localhost" ? ",IP:127.0.0.1" : "";
  const Subject server{facts.server_name, "serverAuth", "DNS:" + facts.server_name + address, facts.server_valid};
  write_certificate(made.ca, ca.get());
  made.ca_der = der_of(ca.get());
  made.server_name = facts.server_name;
  write_certificate(made.cert, certify(rsa.get(), server, &authority).get());
  write_certificate(made.ecdsa_cert, certify(ecdsa.get(), server, &authority).get());
  write_certificate(made.client_cert,
                    certify(client.get(), Subject{"ticket-interop client", "clientAuth"}, &authority).get());
  write_key(made.key, rsa.get());
  write_key(made.ecdsa_key, ecdsa.get());
  write_key(made.client_key, client.get());
  return made;
}

}  // namespace ti
