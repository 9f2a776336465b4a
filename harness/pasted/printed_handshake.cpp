#include "pasted/printed_handshake.hpp"

#include <algorithm>
#include <iterator>

namespace ti {

namespace {

constexpr std::size_t random_bytes = 28;

void put(Bytes& out, std::size_t value, std::size_t size) {
  while (size-- > 0) out.push_back(static_cast<std::uint8_t>(value >> 8 * size));
}

void put(Bytes& out, ByteView bytes) { std::copy(bytes.begin(), bytes.end(), std::back_inserter(out)); }

/// A vector behind its length in `size` bytes.
void put_vector(Bytes& out, std::size_t size, ByteView bytes) {
  put(out, bytes.size(), size);
  put(out, bytes);
}

/// The data of an extension as it stood in the message, for those that the judge looks into; empty for others.
Bytes data_of(const PrintedExtension& extension, MessageType message) {
  Bytes data;
  switch (extension.type) {
    case ext::supported_versions:
      if (message == MessageType::client_hello) put(data, extension.numbers.size() * 2, 1);
      for (const std::uint32_t version : extension.numbers) put(data, version, 2);
      return data;
    case ext::psk_key_exchange_modes:
      put(data, extension.numbers.size(), 1);
      for (const std::uint32_t mode : extension.numbers) put(data, mode, 1);
      return data;
    case ext::renegotiation_info:
      put_vector(data, 1, extension.dump);
      return data;
    default:
      return extension.dump;
  }
}

bool is_looked_into(std::uint16_t type) {
  switch (type) {
    case ext::server_name:
    case ext::session_ticket:
    case ext::pre_shared_key:
    case ext::supported_versions:
    case ext::psk_key_exchange_modes:
    case ext::ticket_request:
    case ext::renegotiation_info:
      return true;
    default:
      return false;
  }
}

/// Assembly writes the message's bytes.
class Assembly {
 public:
  explicit Assembly(PrintedHandshake& printed) : printed_(printed) {}

  Bytes message(Version version, std::size_t length) {
    Bytes body;
    check_fields(version);
    switch (printed_.type) {
      case MessageType::client_hello:
        put_hello(body);
        put_suites(body);
        put_vector(body, 1, Bytes(printed_.compression_methods));
        put_extensions(body);
        break;
      case MessageType::server_hello:
        put_hello(body);
        put(body, printed_.suites.empty() ? 0 : printed_.suites.front(), 2);
        put(body, 0, 1);
        put_extensions(body);
        break;
      case MessageType::encrypted_extensions:
        put_extensions(body);
        break;
      case MessageType::new_session_ticket:
        put(body, printed_.lifetime.value_or(0), 4);
        if (version == Version::tls13) {
          put(body, printed_.age_add.value_or(0), 4);
          put_vector(body, 1, printed_.nonce);
        }
        put_vector(body, 2, printed_.ticket);
        if (version == Version::tls13) put_extensions(body);
        break;
      case MessageType::finished:
        put(body, printed_.verify_data);
        break;
      default:
        return {};
    }
    constexpr std::size_t empty_block = 2;
    const std::size_t printed = body.size() + unprinted_;
    const bool without_block = printed_.extensions.empty() && printed == length + empty_block;
    if (printed_.problems.empty() && printed != length && !without_block)
      printed_.problems.push_back("of a message of " + std::to_string(length) + " bytes " + std::to_string(printed) +
                                  " are printed");
    Bytes message;
    put(message, static_cast<std::size_t>(printed_.type), 1);
    put_vector(message, 3, body);
    return message;
  }

 private:
  /// Fields whose size tells nothing when they are left out.
  void check_fields(Version version) {
    const bool hello = printed_.type == MessageType::client_hello || printed_.type == MessageType::server_hello;
    const bool ticket = printed_.type == MessageType::new_session_ticket;
    if (hello && (printed_.legacy_version == 0 || printed_.random.size() != random_bytes || printed_.suites.empty()))
      printed_.problems.emplace_back("a field of a hello is not printed");
    if (ticket && (!printed_.lifetime || (version == Version::tls13 && !printed_.age_add)))
      printed_.problems.emplace_back("a field of a NewSessionTicket is not printed");
  }

  void put_hello(Bytes& body) const {
    put(body, printed_.legacy_version, 2);
    put(body, printed_.time, 4);
    Bytes random = printed_.random;
    random.resize(random_bytes);
    put(body, random);
    put_vector(body, 1, printed_.session_id);
  }

  void put_suites(Bytes& body) const {
    Bytes suites;
    for (const std::uint16_t suite : printed_.suites) put(suites, suite, 2);
    put_vector(body, 2, suites);
  }

  void put_extensions(Bytes& body) {
    Bytes extensions;
    for (const PrintedExtension& extension : printed_.extensions) {
      const Bytes data = data_of(extension, printed_.type);
      if (is_looked_into(extension.type) && data.size() != extension.length) {
        printed_.problems.push_back("extension " + std::to_string(extension.type) + " of " +
                                    std::to_string(extension.length) + " bytes is printed short");
        continue;
      }
      unprinted_ += extension.length - data.size();
      put(extensions, extension.type, 2);
      put_vector(extensions, 2, data);
    }
    put_vector(body, 2, extensions);
  }

  PrintedHandshake& printed_;
  std::size_t unprinted_ = 0;  ///< bytes of extensions that nobody looks into
};

}  // namespace

Bytes message_of(PrintedHandshake& printed, Version version, std::size_t length) {
  Bytes message = Assembly(printed).message(version, length);
  return printed.problems.empty() ? message : Bytes();
}

}  // namespace ti
