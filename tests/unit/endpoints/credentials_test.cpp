// The credentials of a run go with each other, and with no other run's.
#include "endpoints/credentials.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/bytes.hpp"
#include "endpoints/rsa_key.hpp"

namespace ti {
namespace {

namespace fs = std::filesystem;

struct Free {
  void operator()(X509* cert) const { X509_free(cert); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Certificate = std::unique_ptr<X509, Free>;
using File = std::unique_ptr<std::FILE, Free>;

Certificate certificate(const fs::path& path) {
  const File file(std::fopen(path.c_str(), "r"));
  return Certificate(file ? PEM_read_X509(file.get(), nullptr, nullptr, nullptr) : nullptr);
}

PrivateKey private_key(const fs::path& path) {
  const File file(std::fopen(path.c_str(), "r"));
  return PrivateKey(file ? PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr) : nullptr);
}

bool signed_by(const fs::path& cert, const fs::path& ca) {
  return X509_verify(certificate(cert).get(), X509_get0_pubkey(certificate(ca).get())) == 1;
}

/// SHA-256 of the key's SubjectPublicKeyInfo.
std::string fingerprint(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  Bytes hash(SHA256_DIGEST_LENGTH);
  SHA256(der, static_cast<std::size_t>(size), hash.data());
  OPENSSL_free(der);
  return to_hex(hash);
}

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    std::string name = (fs::temp_directory_path() / "ti-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    for (const char* run : {"one", "other"}) fs::create_directory(folder_ / run);
    one_ = make_credentials(folder_ / "one");
    other_ = make_credentials(folder_ / "other");
  }
  ~CredentialsTest() override { fs::remove_all(folder_); }

  fs::path folder_;
  Credentials one_;
  Credentials other_;
};

TEST_F(CredentialsTest, KeysGoWithTheirCertificatesAndAreTheUsersOnly) {
  for (const auto& [cert, key] : {std::pair{one_.cert, one_.key}, std::pair{one_.ecdsa_cert, one_.ecdsa_key},
                                  std::pair{one_.client_cert, one_.client_key}}) {
    EXPECT_EQ(X509_check_private_key(certificate(cert).get(), private_key(key).get()), 1) << cert;
    EXPECT_EQ(fs::status(key).permissions(), fs::perms::owner_read | fs::perms::owner_write) << key;
  }
  EXPECT_NE(X509_check_private_key(certificate(one_.ecdsa_cert).get(), private_key(one_.client_key).get()), 1);
}

TEST_F(CredentialsTest, OnlyTheRunsOwnAuthorityIsTrusted) {
  for (const auto& cert : {one_.cert, one_.ecdsa_cert, one_.client_cert}) {
    EXPECT_TRUE(signed_by(cert, one_.ca)) << cert;
    EXPECT_FALSE(signed_by(cert, other_.ca)) << cert;
  }
}

TEST_F(CredentialsTest, TellsTheRulesWhomTheRunTrusts) {
  const std::uint8_t* at = one_.ca_der.data();
  const std::unique_ptr<X509, decltype(&X509_free)> told(d2i_X509(nullptr, &at, static_cast<long>(one_.ca_der.size())),
                                                         X509_free);
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(X509_cmp(told.get(), certificate(one_.ca).get()), 0);
  EXPECT_EQ(X509_check_host(certificate(one_.cert).get(), one_.server_name.c_str(), 0, 0, nullptr), 1);
}

TEST_F(CredentialsTest, TheRsaKeyIsThePublishedOneAndNoOtherKeyIsUsedTwice) {
  EXPECT_EQ(fingerprint(private_key(one_.key).get()),
            "8fb6bad671cfe698393c453357da61b56d757ab8c0f3fb9c87f2849e63131878");
  EXPECT_NE(fingerprint(private_key(one_.ecdsa_key).get()), fingerprint(private_key(other_.ecdsa_key).get()));
  EXPECT_NE(fingerprint(private_key(one_.client_key).get()), fingerprint(private_key(other_.client_key).get()));
  EXPECT_NE(fingerprint(X509_get0_pubkey(certificate(one_.ca).get())),
            fingerprint(X509_get0_pubkey(certificate(other_.ca).get())));
}

}  // namespace
}  // namespace ti
