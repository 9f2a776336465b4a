// What the answer to an extension may say: RFC 5746 (renegotiation_info), RFC 6066 4, RFC 7301 3 and RFC 7366 3.
#include "rules/hellos.hpp"
#include "rules/subjects.hpp"
#include "wire/suites.hpp"

namespace ti {

namespace {

bool hello_read(const Exchange& exchange) { return as_it_passed(exchange) && exchange.client_hello != nullptr; }
bool answered(const Exchange& exchange) { return hello_read(exchange) && exchange.server_hello != nullptr; }
bool answered_below_13(const Exchange& exchange) { return answered(exchange) && !exchange.tls13(); }

/// The verify_data of both sides in the handshake before this one, if that was seen.
struct VerifyData {
  Bytes client;
  Bytes server;
};
std::optional<VerifyData> verify_data_before(const Exchange& exchange) {
  const Handshake* before = nullptr;
  for (const Handshake& handshake : exchange.connection.handshakes)
    if (&handshake < &exchange.handshake) before = &handshake;
  if (before == nullptr || !before->client_finished || !before->server_finished) return std::nullopt;
  const auto* client = exchange.messages()[*before->client_finished].as<Finished>();
  const auto* server = exchange.messages()[*before->server_finished].as<Finished>();
  if (client == nullptr || server == nullptr) return std::nullopt;
  return VerifyData{client->verify_data, server->verify_data};
}

bool is_initial(const Exchange& exchange) { return &exchange.handshake == first_handshake(exchange.connection); }
bool renegotiates(const Exchange& exchange) {
  return answered_below_13(exchange) && !is_initial(exchange) && verify_data_before(exchange);
}

const Bytes* renegotiated(const std::vector<Extension>& extensions) {
  return find(extensions, ext::renegotiation_info);
}

void nothing_to_bind(const Exchange& exchange, Findings& findings) {
  if (!is_initial(exchange)) return;
  const Bytes nothing = {0};
  const Bytes* asked = renegotiated(exchange.client_hello->extensions);
  if (asked != nullptr && *asked != nothing)
    findings.push_back(breach_by(Side::client, exchange.at(exchange.handshake.client_hello),
                                 "the client's renegotiation_info is not empty in its first handshake"));
  const Bytes* said = exchange.server_hello == nullptr ? nullptr : renegotiated(exchange.server_hello->extensions);
  if (said != nullptr && *said != nothing)
    findings.push_back(breach(exchange.at(exchange.handshake.server_hello),
                              "the server's renegotiation_info is not empty in the first handshake"));
}

/// Binds those who agreed on the extension in the handshake before, which shows by the server's answer there.
void bound_to_before(const Exchange& exchange, Findings& findings) {
  const auto* first = exchange_of(exchange, *first_handshake(exchange.connection)).server_hello;
  if (first == nullptr || renegotiated(first->extensions) == nullptr) return;
  const VerifyData data = *verify_data_before(exchange);
  const auto framed = [](Bytes bytes) {
    bytes.insert(bytes.begin(), static_cast<std::uint8_t>(bytes.size()));
    return bytes;
  };
  Bytes both = data.client;
  both.insert(both.end(), data.server.begin(), data.server.end());
  const Bytes* asked = renegotiated(exchange.client_hello->extensions);
  const Bytes* said = renegotiated(exchange.server_hello->extensions);
  if (asked == nullptr || *asked != framed(data.client))
    findings.push_back(breach_by(Side::client, exchange.at(exchange.handshake.client_hello),
                                 "the client renegotiates without the verify_data of the handshake before"));
  if (said == nullptr || *said != framed(both))
    findings.push_back(breach(exchange.at(exchange.handshake.server_hello),
                              "the server renegotiates without the verify_data of the handshake before"));
}

/// Whether the server ever answers renegotiation_info in this cell: then it knows the document.
bool knows_renegotiation_info(const Observation& cell) {
  bool knows = false;
  each_exchange(cell, [&](const Exchange& exchange) {
    knows = knows || (exchange.server_hello != nullptr && renegotiated(exchange.server_hello->extensions) != nullptr);
  });
  return knows;
}

bool asks_below_13(const Exchange& exchange) {
  constexpr std::uint16_t signalling_suite = 0x00ff;
  return answered_below_13(exchange) && knows_renegotiation_info(exchange.cell) &&
         (renegotiated(exchange.client_hello->extensions) != nullptr ||
          has(exchange.client_hello->suites, signalling_suite));
}

void answers_always(const Exchange& exchange, Findings& findings) {
  if (renegotiated(exchange.server_hello->extensions) == nullptr)
    findings.push_back(breach(exchange.at(exchange.handshake.server_hello),
                              "the server left renegotiation_info out, which the client had asked for and the server "
                              "knows"));
}

const Bytes* server_says(const Exchange& exchange, std::uint16_t type, std::size_t& message) {
  for (const Block& block : extension_blocks(exchange))
    if (const Bytes* said = find(block.extensions, type); said != nullptr && block.carrier != Carrier::client_hello) {
      message = block.message;
      return said;
    }
  return nullptr;
}

void protocol_offered(const Exchange& exchange, Findings& findings) {
  std::size_t at = 0;
  const Bytes* said = server_says(exchange, ext::alpn, at);
  const Bytes* asked = find(exchange.client_hello->extensions, ext::alpn);
  if (said == nullptr || asked == nullptr) return;
  const auto chosen = protocols_of(said);
  const auto offered = protocols_of(asked);
  if (chosen.size() != 1)
    findings.push_back(
        breach(exchange.at(at), "the server chose " + std::to_string(chosen.size()) + " protocols by ALPN"));
  else if (std::find(offered.begin(), offered.end(), chosen.front()) == offered.end())
    findings.push_back(breach(exchange.at(at), "the server chose the protocol \"" + chosen.front() +
                                                   "\" by ALPN, which the client did not offer"));
}

void fragments_as_asked(const Exchange& exchange, Findings& findings) {
  std::size_t at = 0;
  const Bytes* said = server_says(exchange, ext::max_fragment_length, at);
  const Bytes* asked = find(exchange.client_hello->extensions, ext::max_fragment_length);
  if (said != nullptr && asked != nullptr && *said != *asked)
    findings.push_back(
        breach(exchange.at(at), "the server's max_fragment_length is another than the client asked for"));
}

void encrypt_then_mac_with_mac(const Exchange& exchange, Findings& findings) {
  const auto suite = suite_of(exchange.server_hello->suite);
  if (suite && suite->mac_hash == nullptr && find(exchange.server_hello->extensions, ext::encrypt_then_mac) != nullptr)
    findings.push_back(breach(exchange.at(exchange.handshake.server_hello),
                              "the server agreed on encrypt_then_mac with " + suite_name(exchange.server_hello->suite) +
                                  ", which has no MAC of its own"));
}

constexpr Rule rules[] = {
    rule_about<hello_read, nothing_to_bind>("rfc5746-3.4-first-empty", Actor::either, "RFC 5746 3.4, 3.6",
                                            Severity::must,
                                            "In a connection's first handshake renegotiation_info is empty."),
    rule_about<renegotiates, bound_to_before>(
        "rfc5746-3.5-bound", Actor::either, "RFC 5746 3.5, 3.7", Severity::must,
        "Who agreed on renegotiation_info renegotiates with the verify_data of the handshake before."),
    rule_about<asks_below_13, answers_always>("rfc5746-3.6-answered", Actor::server, "RFC 5746 3.6", Severity::must,
                                              "A server that knows renegotiation_info answers a client that does."),
    rule_about<answered, protocol_offered>("rfc7301-3.1-one-offered", Actor::server, "RFC 7301 3.1, 3.2",
                                           Severity::must, "A server chooses one protocol, of those offered."),
    rule_about<answered, fragments_as_asked>("rfc6066-4-as-asked", Actor::server, "RFC 6066 4", Severity::must,
                                             "A server repeats the client's max_fragment_length, or leaves it out."),
    rule_about<answered_below_13, encrypt_then_mac_with_mac>(
        "rfc7366-3-only-with-mac", Actor::server, "RFC 7366 3", Severity::must,
        "A server agrees on encrypt_then_mac only with a suite that has a MAC of its own."),
};

}  // namespace

std::span<const Rule> agreed_extension_rules() { return rules; }

}  // namespace ti
