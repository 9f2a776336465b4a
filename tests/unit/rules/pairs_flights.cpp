#include "pairs.hpp"

namespace ti::made {

namespace {

using enum MessageType;

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

Observation data_before_finished() {
  Wire full = wire_13().client_hello().server_hello(false).server(encrypted_extensions, EncryptedExtensions{});
  full.server(application_data).server(certificate).server(certificate_verify).finished(Side::server);
  return cell({full.finished(Side::client).data()});
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
      {"rfc8446-4.4.4-data-in-time", Side::server, {1, 3}, data_before_finished(), kept_13},
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
