#include "pairs.hpp"

namespace ti::made {

namespace {

/// A full handshake that brings `count` tickets to a client that asks for two, with the server's answer.
Observation asked(bool asks, std::size_t count) {
  Wire full = wire_13().full_13(a);
  if (asks) full.body<ClientHello>(0).ticket_request = TicketRequest{2, 1};
  full.body<EncryptedExtensions>(2).ticket_request = std::uint8_t{2};
  for (std::size_t i = 1; i < count; ++i) {
    Bytes next = a;
    next.front() = static_cast<std::uint8_t>(i);
    next[1] = static_cast<std::uint8_t>(i >> 8);
    full.new_ticket(next);
    full.body<NewSessionTicket>(full.size() - 1).age_add = 0x20000U + static_cast<std::uint32_t>(i);
    full.body<NewSessionTicket>(full.size() - 1).nonce = {next[0], next[1]};
  }
  return cell({full.data()});
}

Observation answered_in_hello() {
  Wire full = first_13();
  full.body<ServerHello>(1).extensions.push_back({ext::ticket_request, {2}});
  return cell({full});
}

Observation retried(std::uint8_t second_count) {
  Wire full = wire_13().client_hello();
  full.body<ClientHello>(0).ticket_request = TicketRequest{2, 1};
  ServerHello retry;
  retry.legacy_version = 0x0303;
  retry.version = Version::tls13;
  retry.suite = aes_128_sha256;
  retry.extensions = {{ext::supported_versions, {3, 4}}, {ext::cookie, {0, 1, 7}}};
  full.server(MessageType::hello_retry_request, retry).full_13(a).data();
  full.body<ClientHello>(2).ticket_request = TicketRequest{second_count, 1};
  full.body<ClientHello>(2).extensions.push_back({ext::cookie, {0, 1, 7}});
  return cell({full});
}

/// A and B came together, A was refused; then `next` is offered by a client that asks for tickets by number.
Observation refused_then(const Bytes& next) {
  Wire third = wire_13().resumed_13(next, aged(next, next == b ? 16000 : 1000), ticket('n', 'd')).data();
  third.body<ClientHello>(0).ticket_request = TicketRequest{2, 1};
  return cell({wire_13().full_13(a).new_ticket(b).data(),
               wire_13().full_13(c, a, aged(a, 15000)).data().at(seconds(15)), third.at(seconds(16))});
}

}  // namespace

std::vector<Pair> pairs_rfc9149() {
  return {
      {"rfc9149-3-encrypted-extensions-only", Side::server, {1, 1}, answered_in_hello(), asked(true, 2)},
      {"rfc9149-3-answered-only-if-asked", Side::server, {1, 2}, asked(false, 2), asked(true, 2)},
      {"rfc9149-3-answer-checked",
       Side::client,
       {1, 6},
       answered_in_hello(),
       asked(true, 2),
       "rfc9149-3-encrypted-extensions-only"},
      {"rfc9149-3-at-most-255", Side::server, {1, 7 + 255}, asked(true, 256), asked(true, 2)},
      {"rfc9149-3-not-more-than-asked", Side::server, {1, 9}, asked(true, 3), asked(true, 2)},
      {"rfc9149-3-same-after-retry", Side::client, {1, 2}, retried(3), retried(2)},
      {"rfc9149-3-siblings-dropped", Side::client, {3, 0}, refused_then(b), refused_then(c)},
  };
}

}  // namespace ti::made
