#pragma once
// One handshake message as a text prints its fields, put together again.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/messages.hpp"

namespace ti {

/// PrintedExtension is what is printed of one extension.
struct PrintedExtension {
  std::uint16_t type = 0;
  std::size_t length = 0;
  Bytes dump;                          ///< bytes, however they are printed
  std::vector<std::uint32_t> numbers;  ///< registry numbers, where names are printed
};

/// PrintedHandshake is what is printed of one message.
struct PrintedHandshake {
  MessageType type = MessageType::unknown_handshake;
  std::uint32_t legacy_version = 0;
  std::uint32_t time = 0;  ///< the first four bytes of the random
  Bytes random;            ///< the others
  Bytes session_id;
  std::vector<std::uint16_t> suites;
  std::size_t compression_methods = 1;
  std::vector<PrintedExtension> extensions;
  std::optional<std::uint32_t> lifetime;
  std::optional<std::uint32_t> age_add;
  Bytes nonce;
  Bytes ticket;
  Bytes verify_data;
  std::vector<std::string> problems;  ///< fields that are printed short
};

/// The message that parse_handshake_body gives to the judge, put together from its fields without extensions of which
/// the content is neither printed nor needed. `length` is that of the body, as printed. Empty for types that have no
/// body there, and where a field is missing: the problems then tell it.
Bytes message_of(PrintedHandshake& printed, Version version, std::size_t length);

}  // namespace ti
