#include "wire/sslv2_hello.hpp"

#include <algorithm>

namespace ti {

namespace {

constexpr std::size_t length_bytes = 2;
constexpr std::size_t suite_bytes = 3;

/// Sizes are what stands behind the version: of the list of suites, the session ID, the challenge.
struct Sizes {
  std::size_t suites, session_id, challenge;
};

std::optional<Sizes> sizes_of(Reader& message, std::uint16_t& version) {
  constexpr std::uint8_t client_hello = 1;
  const std::uint8_t type = message.u8();
  version = message.u16();
  const Sizes sizes{message.u16(), message.u16(), message.u16()};
  if (!message.ok() || type != client_hello || version >> 8 != 3 || sizes.suites == 0 ||
      sizes.suites % suite_bytes != 0 || (sizes.session_id != 0 && sizes.session_id != 16) || sizes.challenge < 16 ||
      sizes.challenge > 32)
    return std::nullopt;
  return sizes;
}

}  // namespace

std::optional<std::size_t> sslv2_hello_bytes(ByteView stream) {
  constexpr std::uint16_t no_padding = 0x8000;
  constexpr std::size_t fixed_bytes = 9;
  Reader reader(stream);
  const std::uint16_t length = reader.u16();
  std::uint16_t version = 0;
  const auto sizes = sizes_of(reader, version);
  if (!sizes || (length & no_padding) == 0) return std::nullopt;
  const std::size_t message = length & ~no_padding;
  if (message != fixed_bytes + sizes->suites + sizes->session_id + sizes->challenge) return std::nullopt;
  return message + length_bytes;
}

std::optional<ClientHello> parse_sslv2_hello(ByteView message) {
  Reader reader(message);
  ClientHello hello;
  const auto sizes = sizes_of(reader, hello.legacy_version);
  if (!sizes) return std::nullopt;
  for (std::size_t i = 0; i < sizes->suites; i += suite_bytes)
    if (const std::uint32_t suite = reader.u24(); suite <= 0xffff)
      hello.suites.push_back(static_cast<std::uint16_t>(suite));
  hello.session_id = copy(reader.take(sizes->session_id));
  const ByteView challenge = reader.take(sizes->challenge);
  if (!reader.done()) return std::nullopt;
  std::copy(challenge.begin(), challenge.end(), hello.random.end() - static_cast<std::ptrdiff_t>(challenge.size()));
  return hello;
}

}  // namespace ti
