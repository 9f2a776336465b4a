#include "rules/hellos.hpp"

namespace ti {

bool as_it_passed(const ConnectionView& view) {
  return view.connection.transcript.vantage == Vantage::wire && !view.flipped_by_harness();
}

std::vector<Block> extension_blocks(const HandshakeView& view) {
  std::vector<Block> blocks;
  for (std::size_t i = view.begin(); i < view.handshake.end; ++i) {
    const Message& message = view.messages()[i];
    if (const auto* hello = message.as<ClientHello>())
      blocks.push_back({i, Carrier::client_hello, hello->extensions});
    else if (const auto* answer = message.as<ServerHello>())
      blocks.push_back({i,
                        message.type == MessageType::hello_retry_request ? Carrier::hello_retry_request
                        : answer->version == Version::tls13              ? Carrier::server_hello_13
                                                                         : Carrier::server_hello,
                        answer->extensions});
    else if (const auto* encrypted = message.as<EncryptedExtensions>())
      blocks.push_back({i, Carrier::encrypted_extensions, encrypted->extensions});
  }
  return blocks;
}

ClientHellos client_hellos(const HandshakeView& view) {
  const Handshake& handshake = view.handshake;
  if (!handshake.first_client_hello) return {view.client_hello, nullptr, handshake.client_hello, 0};
  return {view.messages()[*handshake.first_client_hello].as<ClientHello>(), view.client_hello,
          *handshake.first_client_hello, handshake.client_hello};
}

const ServerHello* retry_request(const HandshakeView& view, std::size_t& message) {
  const auto found = view.find(Side::server, MessageType::hello_retry_request);
  if (!found) return nullptr;
  message = *found;
  return view.messages()[message].as<ServerHello>();
}

bool offers_13(const ClientHello& hello) { return has(hello.versions, static_cast<std::uint16_t>(Version::tls13)); }

bool ask_alike(const ClientHello& a, const ClientHello& b) {
  const auto same = [&](std::uint16_t type) {
    const Bytes* of_a = find(a.extensions, type);
    const Bytes* of_b = find(b.extensions, type);
    return of_a == nullptr ? of_b == nullptr : of_b != nullptr && *of_a == *of_b;
  };
  return a.legacy_version == b.legacy_version && a.versions == b.versions && a.suites == b.suites &&
         a.server_name == b.server_name && same(ext::extended_master_secret) && same(ext::alpn);
}

bool has(const std::vector<std::uint16_t>& numbers, std::uint16_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

}  // namespace ti
