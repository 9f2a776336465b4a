#include <algorithm>

#include "pairs.hpp"

namespace ti::made {

namespace {

using enum MessageType;

/// The generator of P-256 (SP 800-186 3.2.1.3): a point that is on its curve.
constexpr std::string_view p256_generator =
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

/// A message as it stands on the wire.
void put(Message& message, Bytes body) {
  const std::size_t size = body.size();
  message.raw = joined({{static_cast<std::uint8_t>(message.type), static_cast<std::uint8_t>(size >> 16),
                         static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)},
                        std::move(body)});
  message.bytes = message.raw.size();
}

template <class Change>
Observation below_13(Change change) {
  Wire full = wire().full(a);
  change(full);
  return cell({full.data()});
}

template <class Change>
Observation of_13(Change change) {
  Wire full = wire_13().full_13(a);
  change(full);
  return cell({full.data()});
}

void drop(Wire& wire, std::size_t message) {
  auto& all = wire.c.transcript.messages;
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(message));
}

Observation heartbeat_after(bool agreed) {
  Wire full = wire().full(a).client(heartbeat);
  full[10].raw = {1, 0, 0};
  full[10].content = ContentType::heartbeat;
  if (agreed) {
    full.body<ClientHello>(0).extensions.push_back({ext::heartbeat, {1}});
    full.body<ServerHello>(1).extensions.push_back({ext::heartbeat, {1}});
  }
  return cell({full.data()});
}

Observation data_before_finished(Side side) {
  Wire full = wire_13().client_hello().server_hello(false).server(encrypted_extensions, EncryptedExtensions{});
  full.server(certificate).server(certificate_verify);
  if (side == Side::server) full.server(application_data);
  full.finished(Side::server);
  if (side == Side::client) full.client(application_data);
  return cell({full.finished(Side::client).data()});
}

/// A message behind all of a full handshake below TLS 1.3.
Observation behind_finished(Side from, MessageType type) {
  Wire full = wire().full(a).send(from, type);
  return cell({full.alert(other(from), alert_unexpected_message).failed("read")});
}

/// A client that proves who it is behind a handshake of TLS 1.3.
Observation finishes_again(bool asked) {
  Wire full = wire_13().full_13(a);
  constexpr std::uint16_t post_handshake_auth = 49;
  full.body<ClientHello>(0).extensions.push_back({post_handshake_auth, {}});
  if (asked) full.server(certificate_request);
  full.client(certificate).client(certificate_verify).finished(Side::client);
  return cell({full.data()});
}

/// A server that warns where its Finished should stand.
Observation warns_before_finished() {
  Wire full = wire().client_hello().server_hello(false).server(certificate).server(server_hello_done);
  full.client(client_key_exchange).change(Side::client).finished(Side::client).change(Side::server);
  full.send(Side::server, MessageType::alert, Alert{.level = 1, .description = 112}, 2);
  return cell({full.finished(Side::server).data()});
}

ServerHello retry_request() {
  ServerHello retry;
  retry.legacy_version = 0x0303;
  retry.version = Version::tls13;
  retry.suite = aes_128_sha256;
  retry.extensions = {{ext::supported_versions, {3, 4}}, {ext::key_share, {0, 23}}};
  return retry;
}

/// A server whose flight lacks the ServerHello that should follow a HelloRetryRequest.
Observation goes_on_without_hello() {
  Wire torn = wire_13().client_hello().server(hello_retry_request, retry_request()).client_hello();
  for (Extension& each : torn.body<ClientHello>(2).extensions)
    if (each.type == ext::key_share) each.data = joined({{0, 69, 0, 23, 0, 65}, from_hex(p256_generator)});
  return cell({torn.server(application_data).alert(Side::client, alert_unexpected_message).failed()});
}

/// A client that answers a HelloRetryRequest by something else.
Observation answers_retry(MessageType type) {
  Wire torn = wire_13().client_hello().server(hello_retry_request, retry_request()).client(type);
  return cell({torn.alert(Side::server, alert_unexpected_message).failed()});
}

/// A client that shows a certificate in a resumption, or unasked.
Observation shows_certificate(bool resuming) {
  Wire seen = resuming ? wire().resumption_flight(a, {}) : wire().client_hello().server_hello(false);
  if (!resuming) seen.server(certificate).server(server_hello_done);
  return cell(
      {first(), seen.client(certificate).alert(Side::server, alert_unexpected_message).failed().at(seconds(5))});
}

/// A client that sends EndOfEarlyData where no early data was taken.
Observation ends_early_data() {
  Wire full = wire_13().client_hello().server_hello(false).server(encrypted_extensions, EncryptedExtensions{});
  full.server(certificate).server(certificate_verify).finished(Side::server).client(end_of_early_data);
  return cell({full.alert(Side::server, alert_unexpected_message).failed()});
}

/// A server's certificate, compressed by Brotli.
Observation compressed(bool listed) {
  return of_13([&](Wire& wire) {
    wire[3].type = compressed_certificate;
    put(wire[3], {0, 2, 0, 1, 0, 0, 0, 1, 7});
    if (listed) wire.body<ClientHello>(0).extensions.push_back({ext::compress_certificate, {2, 0, 2}});
  });
}

/// One entry, of one byte, with a signed certificate timestamp.
Observation with_timestamp(bool asked) {
  return of_13([&](Wire& wire) {
    put(wire[3], {0, 0, 0, 15, 0, 0, 1, 7, 0, 9, 0, 18, 0, 5, 0, 3, 0, 1, 7});
    if (asked) wire.body<ClientHello>(0).extensions.push_back({ext::signed_certificate_timestamp, {}});
  });
}

}  // namespace

std::vector<Pair> pairs_flights() {
  const Observation kept = cell({first()});
  const Observation kept_13 = cell({first_13()});
  return {
      {"rfc5246-7.3-in-order", Side::server, {1, 7}, below_13([](Wire& wire) { drop(wire, 3); }), kept},
      {"rfc5246-7.4-bodies-read",
       Side::server,
       {1, 3},
       below_13([](Wire& wire) { put(wire[3], {0}); }),
       below_13([](Wire& wire) { put(wire[3], {}); })},
      {"rfc5246-7.4.2-certificate-there",
       Side::server,
       {1, 2},
       below_13([](Wire& wire) {
         put(wire[2], {0, 0, 0});
       }),
       below_13([](Wire& wire) {
         put(wire[2], {0, 0, 4, 0, 0, 1, 7});
       })},
      {"rfc5246-6.2.1-record-version",
       Side::server,
       {1, 2},
       below_13([](Wire& wire) { wire[2].record_version = 0x0301; }),
       below_13([](Wire& wire) { wire[2].record_version = 0x0303; })},
      {"rfc5246-6.2.1-record-version",
       Side::client,
       {1, 6},
       of_13([](Wire& wire) { wire[6].record_version = 0x0304; }),
       of_13([](Wire& wire) { wire[6].record_version = 0x0303; })},
      {"rfc6520-3-heartbeat-agreed", Side::client, {1, 10}, heartbeat_after(false), heartbeat_after(true)},
      {"rfc8446-4-in-order", Side::server, {1, 4}, of_13([](Wire& wire) { drop(wire, 2); }), kept_13},
      {"rfc8446-2-protected",
       Side::server,
       {1, 2},
       of_13([](Wire& wire) { wire[2].protection = Protection::none; }),
       kept_13},
      {"rfc8446-5-change-cipher-spec",
       Side::client,
       {1, 8},
       of_13([](Wire& wire) { wire.change(Side::client); }),
       kept_13},
      {"rfc5246-7.3-in-order", Side::client, {1, 10}, behind_finished(Side::client, new_session_ticket), kept},
      {"rfc5246-7.3-in-order", Side::server, {1, 10}, behind_finished(Side::server, client_hello), kept},
      {"rfc5246-7.3-in-order", Side::server, {1, 8}, warns_before_finished(), kept},
      {"rfc8446-4-in-order", Side::server, {1, 3}, goes_on_without_hello(), kept_13},
      {"rfc5246-7.3-in-order", Side::client, {2, 4}, shows_certificate(true), kept},
      {"rfc5246-7.3-in-order", Side::client, {2, 4}, shows_certificate(false), kept},
      {"rfc8446-4-in-order", Side::client, {1, 2}, answers_retry(certificate), kept_13},
      {"rfc8446-4-in-order", Side::client, {1, 8}, finishes_again(false), finishes_again(true)},
      {"rfc8446-4.5-end-of-early-data", Side::client, {1, 6}, ends_early_data(), kept_13},
      {"rfc8446-2-protected",
       Side::server,
       {1, 2},
       of_13([](Wire& wire) {
         wire.server(MessageType::alert, Alert{.level = 1, .description = 0});
         auto& all = wire.c.transcript.messages;
         std::rotate(all.begin() + 2, all.end() - 1, all.end());
         all[2].protection = Protection::none;
       }),
       kept_13},
      {"rfc8446-4.4.4-data-in-time", Side::server, {1, 5}, data_before_finished(Side::server), kept_13},
      {"rfc8446-4.4.4-data-in-time", Side::client, {1, 6}, data_before_finished(Side::client), kept_13},
      {"rfc8446-4.4.2-certificate-extensions", Side::server, {1, 3}, with_timestamp(false), with_timestamp(true)},
      {"rfc8446-4.4.2-context-empty",
       Side::server,
       {1, 3},
       of_13([](Wire& wire) {
         put(wire[3], {1, 7, 0, 0, 6, 0, 0, 1, 7, 0, 0});
       }),
       of_13([](Wire& wire) {
         put(wire[3], {0, 0, 0, 6, 0, 0, 1, 7, 0, 0});
       })},
      {"rfc8879-4-algorithm-listed", Side::server, {1, 3}, compressed(false), compressed(true)},
  };
}

}  // namespace ti::made
