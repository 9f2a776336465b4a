#include "wire/record_crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>

#include "wire/openssl_handles.hpp"

namespace ti {

namespace {

constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t explicit_nonce_bytes = 8;

/// Looking an algorithm up by name costs more than using it: each is fetched once. nullptr if OpenSSL lacks it.
const EVP_CIPHER* fetched_cipher(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, Cipher> ciphers;
  const std::lock_guard lock(mutex);
  const auto [entry, is_new] = ciphers.try_emplace(name);
  if (is_new) entry->second.reset(EVP_CIPHER_fetch(nullptr, name.c_str(), nullptr));
  return entry->second.get();
}

EVP_MAC* fetched_hmac() {
  static const Mac hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  return hmac.get();
}

void put(Bytes& to, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) to.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

/// What TLS <= 1.2 authenticates before the content: sequence number, type, version, length (RFC 5246 6.2.3.1).
Bytes pseudo_header(std::uint64_t sequence, const Record& record, std::size_t length) {
  Bytes header;
  header.reserve(13);
  put(header, sequence, 8);
  put(header, record.type, 1);
  put(header, record.version, 2);
  put(header, length, 2);
  return header;
}

/// HMAC with one key over many records.
class RecordMac {
 public:
  RecordMac(const char* hash, ByteView key) : context_(EVP_MAC_CTX_new(fetched_hmac())) {
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(hash), 0),
                                 OSSL_PARAM_construct_end()};
    if (context_ && EVP_MAC_init(context_.get(), key.data(), key.size(), params) == 1)
      bytes_ = EVP_MAC_CTX_get_mac_size(context_.get());
    else
      context_.reset();
  }

  bool usable() const { return context_ != nullptr; }
  std::size_t bytes() const { return bytes_; }

  bool fits(ByteView mac, ByteView header, ByteView content) {
    std::uint8_t out[EVP_MAX_MD_SIZE];
    std::size_t length = 0;
    EVP_MAC_CTX* context = context_.get();
    return EVP_MAC_init(context, nullptr, 0, nullptr) == 1 &&
           EVP_MAC_update(context, header.data(), header.size()) == 1 &&
           EVP_MAC_update(context, content.data(), content.size()) == 1 &&
           EVP_MAC_final(context, out, &length, sizeof out) == 1 &&
           std::equal(mac.begin(), mac.end(), out, out + length);
  }

 private:
  MacContext context_;
  std::size_t bytes_ = 0;
};

}  // namespace

class RecordOpener::Impl {
 public:
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  virtual ~Impl() = default;

  virtual std::optional<OpenedRecord> open(const Record& record, std::uint64_t sequence) = 0;
  virtual void passed(const Record&) {}

  std::uint64_t sequence = 0;
};

namespace {

/// NULL encryption with a MAC (RFC 5246 6.2.3.1).
class NullRecords : public RecordOpener::Impl {
 public:
  NullRecords(const Suite& suite, const RecordKeys& keys) : mac_(suite.mac_hash, keys.mac) {}

  bool usable() const { return mac_.usable(); }

  std::optional<OpenedRecord> open(const Record& record, std::uint64_t sequence) override {
    if (record.payload.size() < mac_.bytes()) return std::nullopt;
    const ByteView content = record.payload.first(record.payload.size() - mac_.bytes());
    if (!mac_.fits(record.payload.last(mac_.bytes()), pseudo_header(sequence, record, content.size()), content))
      return std::nullopt;
    return OpenedRecord{record.type, copy(content)};
  }

 private:
  RecordMac mac_;
};

/// CBC with the MAC inside (RFC 5246 6.2.3.2) or around (RFC 7366). In TLS 1.0 a record's IV is the end of the record
/// before it (RFC 2246 6.2.3.2).
class CbcRecords : public RecordOpener::Impl {
 public:
  CbcRecords(const Suite& suite, Version version, bool encrypt_then_mac, const RecordKeys& keys)
      : context_(EVP_CIPHER_CTX_new()),
        mac_(suite.mac_hash, keys.mac),
        block_(suite.block_bytes),
        explicit_iv_(version >= Version::tls11),
        encrypt_then_mac_(encrypt_then_mac),
        iv_(copy(keys.iv)) {
    const EVP_CIPHER* cipher = fetched_cipher(suite.cipher);
    if (!context_ || cipher == nullptr ||
        EVP_DecryptInit_ex2(context_.get(), cipher, keys.key.data(), nullptr, nullptr) != 1)
      context_.reset();
    else
      EVP_CIPHER_CTX_set_padding(context_.get(), 0);
  }

  bool usable() const { return context_ && mac_.usable() && iv_.size() == block_; }

  std::optional<OpenedRecord> open(const Record& record, std::uint64_t sequence) override {
    return encrypt_then_mac_ ? open_mac_outside(record, sequence) : open_mac_inside(record, sequence);
  }

  void passed(const Record& record) override {
    const ByteView encrypted =
        record.payload.first(record.payload.size() - std::min(outer_mac(), record.payload.size()));
    if (encrypted.size() >= block_) iv_ = copy(encrypted.last(block_));
  }

 private:
  std::size_t outer_mac() const { return encrypt_then_mac_ ? mac_.bytes() : 0; }

  std::optional<OpenedRecord> open_mac_outside(const Record& record, std::uint64_t sequence) {
    if (record.payload.size() < mac_.bytes()) return std::nullopt;
    const ByteView encrypted = record.payload.first(record.payload.size() - mac_.bytes());
    if (!mac_.fits(record.payload.last(mac_.bytes()), pseudo_header(sequence, record, encrypted.size()), encrypted))
      return std::nullopt;
    std::optional<Bytes> content = decrypt(encrypted, 0);
    if (!content) return std::nullopt;
    return OpenedRecord{record.type, std::move(*content)};
  }

  std::optional<OpenedRecord> open_mac_inside(const Record& record, std::uint64_t sequence) {
    std::optional<Bytes> content = decrypt(record.payload, mac_.bytes());
    if (!content) return std::nullopt;
    const std::size_t length = content->size() - mac_.bytes();
    if (!mac_.fits(ByteView(*content).last(mac_.bytes()), pseudo_header(sequence, record, length),
                   ByteView(*content).first(length)))
      return std::nullopt;
    content->resize(length);
    return OpenedRecord{record.type, std::move(*content)};
  }

  /// What stands before the padding, if the padding is right and leaves at least `least` bytes.
  std::optional<Bytes> decrypt(ByteView encrypted, std::size_t least) {
    ByteView iv = iv_;
    if (explicit_iv_) {
      if (encrypted.size() < block_) return std::nullopt;
      iv = encrypted.first(block_);
      encrypted = encrypted.subspan(block_);
    }
    if (encrypted.empty() || encrypted.size() % block_ != 0) return std::nullopt;
    Bytes content(encrypted.size() + block_);
    int length = 0;
    if (EVP_DecryptInit_ex2(context_.get(), nullptr, nullptr, iv.data(), nullptr) != 1 ||
        EVP_DecryptUpdate(context_.get(), content.data(), &length, encrypted.data(),
                          static_cast<int>(encrypted.size())) != 1 ||
        static_cast<std::size_t>(length) != encrypted.size())
      return std::nullopt;
    content.resize(encrypted.size());
    const std::size_t padding = content.back() + 1u;
    if (padding + least > content.size()) return std::nullopt;
    if (std::any_of(content.end() - static_cast<std::ptrdiff_t>(padding), content.end(),
                    [&](std::uint8_t byte) { return byte != padding - 1; }))
      return std::nullopt;
    content.resize(content.size() - padding);
    return content;
  }

  CipherContext context_;
  RecordMac mac_;
  std::size_t block_;
  bool explicit_iv_;
  bool encrypt_then_mac_;
  Bytes iv_;
};

/// AEAD: GCM and CCM with an explicit nonce in TLS 1.2 (RFC 5288 3, RFC 6655 3), otherwise the IV and sequence number
/// combined (RFC 7905 2, RFC 8446 5.3).
class AeadRecords : public RecordOpener::Impl {
 public:
  AeadRecords(const Suite& suite, Version version, const RecordKeys& keys)
      : context_(EVP_CIPHER_CTX_new()),
        tag_bytes_(suite.tag_bytes),
        tls13_(version == Version::tls13),
        ccm_(suite.kind == CipherKind::ccm),
        iv_(copy(keys.iv)) {
    const EVP_CIPHER* cipher = fetched_cipher(suite.cipher);
    EVP_CIPHER_CTX* context = context_.get();
    if (context == nullptr || cipher == nullptr ||
        EVP_DecryptInit_ex2(context, cipher, nullptr, nullptr, nullptr) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, nonce_bytes, nullptr) != 1 ||
        (ccm_ && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_bytes_), nullptr) != 1) ||
        EVP_DecryptInit_ex2(context, nullptr, keys.key.data(), nullptr, nullptr) != 1)
      context_.reset();
  }

  bool usable() const {
    return context_ && (iv_.size() == nonce_bytes || iv_.size() + explicit_nonce_bytes == nonce_bytes);
  }

  std::optional<OpenedRecord> open(const Record& record, std::uint64_t sequence) override {
    Reader reader(record.payload);
    const Bytes nonce = this->nonce(reader, sequence);
    if (!reader.ok() || reader.left() < tag_bytes_) return std::nullopt;
    const ByteView sealed = reader.take(reader.left() - tag_bytes_);
    const ByteView tag = reader.rest();
    const Bytes header = tls13_ ? outer_header(record) : pseudo_header(sequence, record, sealed.size());
    std::optional<Bytes> content = decrypt(nonce, header, sealed, tag);
    if (!content) return std::nullopt;
    return tls13_ ? without_padding(std::move(*content)) : OpenedRecord{record.type, std::move(*content)};
  }

 private:
  Bytes nonce(Reader& payload, std::uint64_t sequence) const {
    Bytes nonce = iv_;
    if (iv_.size() < nonce_bytes) {
      const ByteView rest = payload.take(explicit_nonce_bytes);
      nonce.insert(nonce.end(), rest.begin(), rest.end());
    } else {
      for (std::size_t i = 0; i < 8; ++i) nonce[nonce_bytes - 1 - i] ^= static_cast<std::uint8_t>(sequence >> (8 * i));
    }
    return nonce;
  }

  static Bytes outer_header(const Record& record) {
    Bytes header;
    put(header, record.type, 1);
    put(header, record.version, 2);
    put(header, record.payload.size(), 2);
    return header;
  }

  static OpenedRecord without_padding(Bytes content) {
    while (!content.empty() && content.back() == 0) content.pop_back();
    OpenedRecord opened{0, {}};
    if (!content.empty()) {
      opened.type = content.back();
      content.pop_back();
    }
    opened.bytes = std::move(content);
    return opened;
  }

  std::optional<Bytes> decrypt(const Bytes& nonce, const Bytes& header, ByteView sealed, ByteView tag) {
    EVP_CIPHER_CTX* context = context_.get();
    Bytes content(sealed.size() + tag_bytes_);
    std::uint8_t none = 0;
    int length = 0;
    const int sealed_bytes = static_cast<int>(sealed.size());
    if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_bytes_),
                            const_cast<std::uint8_t*>(tag.data())) != 1 ||
        EVP_DecryptInit_ex2(context, nullptr, nullptr, nonce.data(), nullptr) != 1 ||
        (ccm_ && EVP_DecryptUpdate(context, nullptr, &length, nullptr, sealed_bytes) != 1) ||
        EVP_DecryptUpdate(context, nullptr, &length, header.data(), static_cast<int>(header.size())) != 1 ||
        EVP_DecryptUpdate(context, content.data(), &length, sealed.empty() ? &none : sealed.data(), sealed_bytes) != 1)
      return std::nullopt;
    if (!ccm_ && EVP_DecryptFinal_ex(context, content.data() + length, &length) != 1) return std::nullopt;
    content.resize(sealed.size());
    return content;
  }

  CipherContext context_;
  std::size_t tag_bytes_;
  bool tls13_;
  bool ccm_;
  Bytes iv_;
};

}  // namespace

RecordOpener::RecordOpener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordOpener::RecordOpener(RecordOpener&&) noexcept = default;
RecordOpener& RecordOpener::operator=(RecordOpener&&) noexcept = default;
RecordOpener::~RecordOpener() = default;

std::optional<RecordOpener> RecordOpener::make(const Suite& suite, Version version, bool encrypt_then_mac,
                                               const RecordKeys& keys) {
  if (keys.key.size() != suite.key_bytes) return std::nullopt;
  const auto if_usable = [](auto impl) -> std::optional<RecordOpener> {
    if (!impl->usable()) return std::nullopt;
    return RecordOpener(std::move(impl));
  };
  switch (suite.kind) {
    case CipherKind::null:
      return if_usable(std::make_unique<NullRecords>(suite, keys));
    case CipherKind::cbc:
      return if_usable(std::make_unique<CbcRecords>(suite, version, encrypt_then_mac, keys));
    case CipherKind::gcm:
    case CipherKind::ccm:
    case CipherKind::chacha20_poly1305:
      break;
  }
  return if_usable(std::make_unique<AeadRecords>(suite, version, keys));
}

std::optional<OpenedRecord> RecordOpener::open(const Record& record) {
  std::optional<OpenedRecord> opened = impl_->open(record, impl_->sequence);
  if (opened) skip(record);
  return opened;
}

void RecordOpener::skip(const Record& record) {
  ++impl_->sequence;
  impl_->passed(record);
}

}  // namespace ti
