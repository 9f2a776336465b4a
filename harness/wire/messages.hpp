#pragma once
// TLS messages as data: what the judge may look at. Numbers are those of the IANA registries.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/recording.hpp"

namespace ti {

enum class Version : std::uint16_t {
  none = 0,
  ssl30 = 0x0300,
  tls10 = 0x0301,
  tls11 = 0x0302,
  tls12 = 0x0303,
  tls13 = 0x0304
};

/// "1.0" ... "1.3"; "ssl3"; "" for none.
std::string_view name(Version version);
/// The inverse of name(); Version::none for anything else.
Version version_of(std::string_view name);

enum class ContentType : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23,
  heartbeat = 24  ///< RFC 6520
};

/// MessageType names every kind of thing a transcript holds. Handshake messages have their own number; the others are
/// above 255, so that a number says all.
enum class MessageType : std::uint16_t {
  hello_request = 0,
  client_hello = 1,
  server_hello = 2,
  hello_verify_request = 3,
  new_session_ticket = 4,
  end_of_early_data = 5,
  encrypted_extensions = 8,
  certificate = 11,
  server_key_exchange = 12,
  certificate_request = 13,
  server_hello_done = 14,
  certificate_verify = 15,
  client_key_exchange = 16,
  finished = 20,
  certificate_status = 22,
  key_update = 24,
  compressed_certificate = 25,
  message_hash = 254,
  change_cipher_spec = 256,
  alert,
  application_data,
  heartbeat,
  hello_retry_request,  ///< a ServerHello with RFC 8446 4.1.3's special random
  encrypted,            ///< a protected record that could not be opened; `content` says what its header said
  unknown_handshake     ///< a handshake message of a type not listed here
};

/// "ClientHello", "NewSessionTicket", ... as the RFCs write them.
std::string_view name(MessageType type);
/// The inverse of name(), case-insensitive; nothing for anything else.
std::optional<MessageType> message_type_of(std::string_view name);
/// The type of a handshake message by its first bytes; a HelloRetryRequest is known once its random is there.
MessageType handshake_type(ByteView raw);

namespace ext {
inline constexpr std::uint16_t server_name = 0;
inline constexpr std::uint16_t encrypt_then_mac = 22;
inline constexpr std::uint16_t extended_master_secret = 23;
inline constexpr std::uint16_t session_ticket = 35;
inline constexpr std::uint16_t pre_shared_key = 41;
inline constexpr std::uint16_t early_data = 42;
inline constexpr std::uint16_t supported_versions = 43;
inline constexpr std::uint16_t psk_key_exchange_modes = 45;
inline constexpr std::uint16_t key_share = 51;
inline constexpr std::uint16_t ticket_request = 58;
inline constexpr std::uint16_t renegotiation_info = 0xff01;
}  // namespace ext

struct Extension {
  std::uint16_t type;
  Bytes data;
};

/// The data of an extension, or nullptr when it is not there.
const Bytes* find(const std::vector<Extension>& extensions, std::uint16_t type);

struct PskIdentity {
  Bytes identity;
  std::uint32_t obfuscated_ticket_age;
};

/// RFC 9149 section 3.
struct TicketRequest {
  std::uint8_t new_session_count;
  std::uint8_t resumption_count;
};

struct ClientHello {
  std::uint16_t legacy_version = 0;
  std::array<std::uint8_t, 32> random{};
  Bytes session_id;
  std::vector<std::uint16_t> suites;
  std::vector<Extension> extensions;

  std::optional<Bytes> ticket;    ///< content of extension 35; engaged if the extension is there, may be empty
  std::vector<PskIdentity> psks;  ///< identities of pre_shared_key, in order
  std::vector<Bytes> binders;
  std::vector<std::uint8_t> psk_modes;
  bool psk_modes_present = false;
  std::vector<std::uint16_t> versions;  ///< supported_versions, empty when absent
  std::optional<std::string> server_name;
  bool early_data = false;
  bool key_share = false;
  std::optional<TicketRequest> ticket_request;

  /// The ticket this hello wants to resume: the first PSK identity, else a non-empty extension 35; else nullptr.
  const Bytes* offered() const;
};

struct ServerHello {
  std::uint16_t legacy_version = 0;
  std::array<std::uint8_t, 32> random{};
  Bytes session_id;
  std::uint16_t suite = 0;
  std::uint8_t compression = 0;
  std::vector<Extension> extensions;

  Version version = Version::none;  ///< negotiated: supported_versions if present, else legacy_version
  bool ticket_promised = false;     ///< extension 35 present
  std::optional<std::uint16_t> selected_psk;
  bool key_share = false;
};

struct EncryptedExtensions {
  std::vector<Extension> extensions;
  bool early_data = false;
  std::optional<std::uint8_t> ticket_request;  ///< RFC 9149: expected_count
};

struct NewSessionTicket {
  std::uint32_t lifetime = 0;            ///< seconds; in TLS <= 1.2 a hint, 0 = unspecified
  std::optional<std::uint32_t> age_add;  ///< TLS 1.3
  Bytes nonce;                           ///< TLS 1.3
  Bytes ticket;
  std::vector<Extension> extensions;  ///< TLS 1.3
};

struct Finished {
  Bytes verify_data;
  std::optional<bool> verified;  ///< against the transcript so far; nothing when the secrets are not known
};

struct Alert {
  std::uint8_t level = 0;  ///< 1 warning, 2 fatal
  std::uint8_t description = 0;
};

inline constexpr std::uint8_t alert_close_notify = 0;
inline constexpr std::uint8_t alert_unexpected_message = 10;
inline constexpr std::uint8_t alert_bad_record_mac = 20;
inline constexpr std::uint8_t alert_decryption_failed = 21;
inline constexpr std::uint8_t alert_record_overflow = 22;
inline constexpr std::uint8_t alert_decompression_failure = 30;
inline constexpr std::uint8_t alert_illegal_parameter = 47;
inline constexpr std::uint8_t alert_decode_error = 50;
inline constexpr std::uint8_t alert_decrypt_error = 51;
inline constexpr std::uint8_t alert_internal_error = 80;
inline constexpr std::uint8_t alert_user_canceled = 90;
inline constexpr std::uint8_t alert_no_renegotiation = 100;
inline constexpr std::uint8_t alert_missing_extension = 109;
inline constexpr std::uint8_t alert_unsupported_extension = 110;

/// "unexpected_message", ...; "alert 200" for an unknown number.
std::string alert_name(std::uint8_t description);
/// An alert that ends the connection in error: not close_notify, user_canceled, nor below TLS 1.3, which knows neither,
/// no_renegotiation and level warning (RFC 8446 6).
bool is_error(const Alert& alert, Version version);

/// IANA name of a cipher suite ("TLS_DHE_RSA_WITH_AES_256_CBC_SHA"), or "0x1234".
std::string suite_name(std::uint16_t suite);

using Body =
    std::variant<std::monostate, ClientHello, ServerHello, EncryptedExtensions, NewSessionTicket, Finished, Alert>;

enum class Protection : std::uint8_t { none, opened, sealed };

/// Message is one thing that passed, in the order of the transcript.
struct Message {
  Side from = Side::client;
  MessageType type = MessageType::encrypted;
  Instant at{};            ///< when its last byte was seen
  std::size_t offset = 0;  ///< of its first record in that side's byte stream
  std::size_t bytes = 0;   ///< with its own header, without the record's
  std::uint16_t record_version = 0;
  ContentType content = ContentType::handshake;
  Protection protection = Protection::none;
  bool receiver_has_key = false;  ///< opened: its receiver is seen to hold the secret, and does not only hear of it
  Body body;
  Bytes raw;  ///< the message with its header; the sealed record's payload for `encrypted`

  template <class T>
  const T* as() const {
    return std::get_if<T>(&body);
  }
};

/// Reads the body of one handshake message (header included in `raw`). `version` decides how a NewSessionTicket reads.
/// A body that does not parse gives monostate and says why in `problem`.
Body parse_handshake_body(ByteView raw, Version version, std::string* problem);

}  // namespace ti
