// What the answer to an extension may say: RFC 5746 (renegotiation_info), RFC 6066 4, RFC 7301 3 and RFC 7366 3.
#include "rules/hellos.hpp"
#include "rules/subjects.hpp"
#include "wire/suites.hpp"

namespace ti {

namespace {

bool hello_read(const HandshakeView& view) { return as_it_passed(view) && view.client_hello != nullptr; }
bool answered(const HandshakeView& view) { return hello_read(view) && view.server_hello != nullptr; }
bool answered_below_13(const HandshakeView& view) { return answered(view) && !view.tls13(); }

/// The verify_data of both sides in the handshake before this one, if that was seen.
struct VerifyData {
  Bytes client;
  Bytes server;
};
std::optional<VerifyData> verify_data_before(const HandshakeView& view) {
  const Handshake* before = nullptr;
  for (const Handshake& handshake : view.connection.handshakes)
    if (&handshake < &view.handshake) before = &handshake;
  if (before == nullptr || !before->client_finished || !before->server_finished) return std::nullopt;
  const auto* client = view.messages()[*before->client_finished].as<Finished>();
  const auto* server = view.messages()[*before->server_finished].as<Finished>();
  if (client == nullptr || server == nullptr) return std::nullopt;
  return VerifyData{client->verify_data, server->verify_data};
}

bool is_initial(const HandshakeView& view) { return &view.handshake == first_handshake(view.connection); }
bool renegotiates(const HandshakeView& view) {
  return answered_below_13(view) && !is_initial(view) && verify_data_before(view);
}

const Bytes* renegotiated(const std::vector<Extension>& extensions) {
  return find(extensions, ext::renegotiation_info);
}

void nothing_to_bind(const HandshakeView& view, Breaches& breaches) {
  if (!is_initial(view)) return;
  const Bytes nothing = {0};
  const Bytes* asked = renegotiated(view.client_hello->extensions);
  if (asked != nullptr && *asked != nothing)
    breaches.push_back(breach_by(Side::client, view.at(view.handshake.client_hello),
                                 "the client's renegotiation_info is not empty in its first handshake"));
  const Bytes* said = view.server_hello == nullptr ? nullptr : renegotiated(view.server_hello->extensions);
  if (said != nullptr && *said != nothing)
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 "the server's renegotiation_info is not empty in the first handshake"));
}

/// Binds those who agreed on the extension in the handshake before, which shows by the server's answer there.
void bound_to_before(const HandshakeView& view, Breaches& breaches) {
  const auto* first = view_of(view, *first_handshake(view.connection)).server_hello;
  if (first == nullptr || renegotiated(first->extensions) == nullptr) return;
  const VerifyData data = *verify_data_before(view);
  const auto framed = [](Bytes bytes) {
    bytes.insert(bytes.begin(), static_cast<std::uint8_t>(bytes.size()));
    return bytes;
  };
  Bytes both = data.client;
  both.insert(both.end(), data.server.begin(), data.server.end());
  const Bytes* asked = renegotiated(view.client_hello->extensions);
  const Bytes* said = renegotiated(view.server_hello->extensions);
  if (asked == nullptr || *asked != framed(data.client))
    breaches.push_back(breach_by(Side::client, view.at(view.handshake.client_hello),
                                 "the client renegotiates without the verify_data of the handshake before"));
  if (said == nullptr || *said != framed(both))
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 "the server renegotiates without the verify_data of the handshake before"));
}

/// Whether the server ever answers renegotiation_info in this cell: then it knows the document.
bool knows_renegotiation_info(const Observation& cell) {
  bool knows = false;
  each_handshake(cell, [&](const HandshakeView& view) {
    knows = knows || (view.server_hello != nullptr && renegotiated(view.server_hello->extensions) != nullptr);
  });
  return knows;
}

bool asks_below_13(const HandshakeView& view) {
  constexpr std::uint16_t signalling_suite = 0x00ff;
  return answered_below_13(view) && knows_renegotiation_info(view.cell) &&
         (renegotiated(view.client_hello->extensions) != nullptr || has(view.client_hello->suites, signalling_suite));
}

void answers_always(const HandshakeView& view, Breaches& breaches) {
  if (renegotiated(view.server_hello->extensions) == nullptr)
    breaches.push_back(
        breach_at(view.at(view.handshake.server_hello),
                  "the server left renegotiation_info out, which the client had asked for and the server "
                  "knows"));
}

const Bytes* server_says(const HandshakeView& view, std::uint16_t type, std::size_t& message) {
  for (const Block& block : extension_blocks(view))
    if (const Bytes* said = find(block.extensions, type); said != nullptr && block.carrier != Carrier::client_hello) {
      message = block.message;
      return said;
    }
  return nullptr;
}

void protocol_offered(const HandshakeView& view, Breaches& breaches) {
  std::size_t at = 0;
  const Bytes* said = server_says(view, ext::alpn, at);
  const Bytes* asked = find(view.client_hello->extensions, ext::alpn);
  if (said == nullptr || asked == nullptr) return;
  const auto chosen = protocols_of(said);
  const auto offered = protocols_of(asked);
  if (chosen.size() != 1)
    breaches.push_back(
        breach_at(view.at(at), "the server chose " + std::to_string(chosen.size()) + " protocols by ALPN"));
  else if (std::find(offered.begin(), offered.end(), chosen.front()) == offered.end())
    breaches.push_back(breach_at(view.at(at), "the server chose the protocol \"" + chosen.front() +
                                                  "\" by ALPN, which the client did not offer"));
}

void fragments_as_asked(const HandshakeView& view, Breaches& breaches) {
  std::size_t at = 0;
  const Bytes* said = server_says(view, ext::max_fragment_length, at);
  const Bytes* asked = find(view.client_hello->extensions, ext::max_fragment_length);
  if (said != nullptr && asked != nullptr && *said != *asked)
    breaches.push_back(breach_at(view.at(at), "the server's max_fragment_length is another than the client asked for"));
}

void encrypt_then_mac_with_mac(const HandshakeView& view, Breaches& breaches) {
  const auto suite = suite_of(view.server_hello->suite);
  if (suite && suite->mac_hash == nullptr && find(view.server_hello->extensions, ext::encrypt_then_mac) != nullptr)
    breaches.push_back(breach_at(view.at(view.handshake.server_hello), "the server agreed on encrypt_then_mac with " +
                                                                           suite_name(view.server_hello->suite) +
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
