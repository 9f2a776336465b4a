#pragma once
// Opening protected records: one direction, one set of keys.
#include <memory>
#include <optional>

#include "wire/messages.hpp"
#include "wire/records.hpp"
#include "wire/suites.hpp"

namespace ti {

/// RecordKeys are the keys of one direction (RFC 5246 6.3, RFC 8446 7.3); views are read during make() only.
struct RecordKeys {
  ByteView key;
  ByteView iv;   ///< CBC in TLS 1.0: the first block; AEAD: the implicit part, or all, of the nonce
  ByteView mac;  ///< empty for AEAD
};

/// OpenedRecord is what was protected; in TLS 1.3 without padding, and with the inner content type.
struct OpenedRecord {
  std::uint8_t type;
  Bytes bytes;
};

/// RecordOpener opens the records of one direction from sequence number 0 on.
class RecordOpener {
 public:
  class Impl;

  /// Nothing if this build of OpenSSL lacks the cipher, or a key has the wrong length.
  static std::optional<RecordOpener> make(const Suite& suite, Version version, bool encrypt_then_mac,
                                          const RecordKeys& keys);

  RecordOpener(RecordOpener&&) noexcept;
  RecordOpener& operator=(RecordOpener&&) noexcept;
  ~RecordOpener();

  /// Nothing if the record's integrity check fails; the state is then as before, so that another key may be tried.
  std::optional<OpenedRecord> open(const Record& record);

  /// Passes over a record that did not open, as a peer would count it.
  void skip(const Record& record);

 private:
  explicit RecordOpener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ti
