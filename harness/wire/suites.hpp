#pragma once
// Cipher suites: their registered names, and what a name says of how records are protected.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ti {

/// The IANA name, or empty for a suite that is not in the table.
std::string_view iana_suite_name(std::uint16_t suite);

/// Two spellings of one suite - IANA's, OpenSSL's, a library's own - are equal in this one.
std::string plain_suite(std::string_view name);

/// Whether this is a known spelling of a suite, and not of that one. A name that leaves out the key exchange, as some
/// name ciphers, is that of any suite that ends so.
bool names_another_suite(std::string_view name, std::uint16_t suite);

enum class CipherKind : std::uint8_t { null, cbc, gcm, ccm, chacha20_poly1305 };

/// Suite is how a cipher suite protects records (RFC 5246 6.3 and appendix C; RFC 8446 B.4). Algorithm names are
/// OpenSSL's, for EVP_*_fetch.
struct Suite {
  CipherKind kind = CipherKind::null;
  const char* cipher = nullptr;    ///< nullptr for NULL
  const char* mac_hash = nullptr;  ///< of the record MAC; nullptr for AEAD
  const char* prf_hash = nullptr;  ///< of TLS 1.2's PRF and TLS 1.3's HKDF; TLS 1.0 and 1.1 use MD5 and SHA-1
  std::size_t key_bytes = 0;
  std::size_t block_bytes = 0;  ///< CBC
  std::size_t tag_bytes = 0;    ///< AEAD
};

/// Nothing for a suite whose records cannot be opened here (unknown, RC4, ...).
std::optional<Suite> suite_of(std::uint16_t suite);

}  // namespace ti
