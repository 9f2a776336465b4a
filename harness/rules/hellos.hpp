#pragma once
// Hellos as the rules of negotiation look at them: byte for byte, each with the message that carries it.
#include "rules/view.hpp"
#include "wire/extensions.hpp"

namespace ti {

/// Whether messages of a connection are there as they passed: not printed by a client, not changed by the harness.
bool as_it_passed(const ConnectionView& view);

/// Block is the extensions of one message.
struct Block {
  std::size_t message;
  Carrier carrier;
  const std::vector<Extension>& extensions;
};
/// Those of the handshake's hellos and EncryptedExtensions, in order.
std::vector<Block> extension_blocks(const HandshakeView& view);

/// The ClientHellos: the first one, and that which answers a HelloRetryRequest.
struct ClientHellos {
  const ClientHello* first = nullptr;
  const ClientHello* second = nullptr;
  std::size_t first_at = 0;
  std::size_t second_at = 0;
};
ClientHellos client_hellos(const HandshakeView& view);

/// The HelloRetryRequest, and where it stands.
const ServerHello* retry_request(const HandshakeView& view, std::size_t& message);

/// Whether the client offers TLS 1.3 in that hello.
bool offers_13(const ClientHello& hello);

/// Whether two hellos leave a server the same choice of what makes a session: RFC 5246 7.4.1.2, RFC 7627 5.3, RFC 8446
/// 4.2.11, RFC 6066 3.
bool ask_alike(const ClientHello& a, const ClientHello& b);

bool has(const std::vector<std::uint16_t>& numbers, std::uint16_t number);

}  // namespace ti
