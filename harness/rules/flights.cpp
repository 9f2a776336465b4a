#include "rules/flights.hpp"

namespace ti {

namespace {

struct Rank {
  MessageType type;
  int rank;
};

using enum MessageType;

// The order in which a side's messages stand: ranks rise. NewSessionTickets have rules of their own (RFC 5077 3.3).
constexpr int server_greeted = 2;
constexpr int server_changed = 9;
constexpr int client_changed = 6;
constexpr Rank server_order[] = {{server_hello, server_greeted},
                                 {certificate, 4},
                                 {certificate_status, 5},
                                 {server_key_exchange, 6},
                                 {certificate_request, 7},
                                 {server_hello_done, 8},
                                 {change_cipher_spec, server_changed},
                                 {finished, 10}};
constexpr Rank client_order[] = {{client_hello, 1},
                                 {certificate, 3},
                                 {client_key_exchange, 4},
                                 {certificate_verify, 5},
                                 {change_cipher_spec, client_changed},
                                 {finished, 9}};
constexpr Rank server_order_13[] = {
    {hello_retry_request, 1}, {server_hello, server_greeted}, {encrypted_extensions, 3}, {certificate_request, 4},
    {certificate, 5},         {compressed_certificate, 5},    {certificate_verify, 6},   {finished, 7}};
constexpr Rank client_order_13[] = {{client_hello, 1},           {end_of_early_data, 2},  {certificate, 3},
                                    {compressed_certificate, 3}, {certificate_verify, 4}, {finished, 5}};

std::span<const Rank> order(Side side, bool tls13) {
  if (side == Side::client) return tls13 ? std::span<const Rank>(client_order_13) : client_order;
  return tls13 ? std::span<const Rank>(server_order_13) : server_order;
}

/// Whether a side's Certificate stands there, and is not known to be empty.
bool shows_certificate(const HandshakeView& view, Side side) {
  const auto shown = certificate_of(view, side);
  return shown && is_empty_certificate(view, *shown) != true;
}

/// A message that what has passed before it makes necessary was left out.
std::string lacking_below_13(const HandshakeView& view, Side side, const Message& message, std::size_t at) {
  const auto sent = [&](Side who, MessageType type) {
    const auto found = view.find(who, type);
    return found && *found < at;
  };
  KeyExchange exchanged;
  if (view.server_hello != nullptr) exchanged = key_exchange_of(view.server_hello->suite).value_or(exchanged);
  const bool full = sent(Side::server, server_hello_done);
  if (side == Side::server && message.type == server_hello_done) {
    if (exchanged.proof != KeyExchange::Proof::none && exchanged.proof != KeyExchange::Proof::other && !exchanged.psk &&
        !sent(side, certificate))
      return "its Certificate";
    if (exchanged.ephemeral && !sent(side, server_key_exchange)) return "its ServerKeyExchange";
  }
  const bool short_flight = side == Side::client && view.handshake.server_hello && !full &&
                            !sent(Side::server, certificate) && !sent(Side::server, server_key_exchange);
  if (short_flight && message.type != client_hello && !sent(Side::server, change_cipher_spec))
    return "waiting for the server's flight";
  if (short_flight && (message.type == certificate || message.type == client_key_exchange)) return "a full handshake";
  if (side == Side::client && message.type == certificate && full && !sent(Side::server, certificate_request))
    return "being asked for it";
  if (side == Side::client && message.type == certificate_verify && !shows_certificate(view, side))
    return "a certificate";
  if (side == Side::client && message.type == change_cipher_spec && full) {
    if (sent(Side::server, certificate_request) && !sent(side, certificate)) return "its Certificate";
    if (!sent(side, client_key_exchange)) return "its ClientKeyExchange";
    const auto shown = view.find(side, certificate);
    if (shown && is_empty_certificate(view, *shown) == false && !sent(side, certificate_verify))
      return "its CertificateVerify";
  }
  if (side == Side::server && message.type == change_cipher_spec && !full &&
      (sent(side, certificate) || sent(side, server_key_exchange)))
    return "its ServerHelloDone";
  if (message.type == finished && !sent(side, change_cipher_spec)) return "its ChangeCipherSpec";
  if (message.type == certificate_status && view.server_hello != nullptr &&
      find(view.server_hello->extensions, ext::status_request) == nullptr)
    return "status_request in its ServerHello";
  return "";
}

std::string lacking_13(const HandshakeView& view, Side side, const Message& message, std::size_t at) {
  const auto sent = [&](Side who, MessageType type) {
    const auto found = view.find(who, type);
    return found && *found < at;
  };
  if (side == Side::client && message.from == side && certificate_of(view, side) == at &&
      !sent(Side::server, certificate_request))
    return "being asked for it";
  if (message.type == certificate_verify && !shows_certificate(view, side)) return "a certificate";
  if (message.type != finished) return "";
  const auto shown = certificate_of(view, side);
  if (side == Side::server) {
    if (!sent(side, encrypted_extensions)) return "its EncryptedExtensions";
    if (view.handshake.abbreviated) return "";
    if (!shown) return "its Certificate";
  } else if (sent(Side::server, certificate_request) && !shown) {
    return "its Certificate";
  }
  if (shown && is_empty_certificate(view, *shown) == false && !sent(side, certificate_verify))
    return "its CertificateVerify";
  return "";
}

/// Whether an extension was agreed on that is not known here: then messages may come that are not known either.
bool agreed_on_unknown(const HandshakeView& view) {
  const auto unknown = [](const std::vector<Extension>& extensions) {
    return std::any_of(extensions.begin(), extensions.end(),
                       [](const Extension& each) { return !may_stand_in(each.type, Carrier::client_hello); });
  };
  const auto found = view.find(Side::server, encrypted_extensions);
  const auto* encrypted = found ? view.messages()[*found].as<EncryptedExtensions>() : nullptr;
  return (view.server_hello != nullptr && unknown(view.server_hello->extensions)) ||
         (encrypted != nullptr && unknown(encrypted->extensions));
}

/// Messages that may stand anywhere among the others, or that other rules speak of. Where the handshake renegotiates,
/// data of the session before it may still pass. `last` is the rank of the sender's last message.
bool free_of_order(const HandshakeView& view, const Message& message, int last) {
  switch (message.type) {
    case MessageType::alert:
    case heartbeat:
      return true;
    case new_session_ticket:
      return message.from == Side::server;
    case hello_request:
      return message.from == Side::server && !view.tls13();
    case unknown_handshake:
      return agreed_on_unknown(view);
    case application_data:
      if (view.tls13() && message.from == Side::server) return last >= server_greeted;
      if (view.tls13() || (view.client_hello != nullptr && view.client_hello->early_data)) return true;
      return message.protection == Protection::opened && &view.handshake != first_handshake(view.connection);
    default:
      return view.tls13() && message.content == ContentType::change_cipher_spec;
  }
}

}  // namespace

std::optional<Certificates> read_certificates(const HandshakeView& view, std::size_t at, Bytes& store) {
  const Message& message = view.messages()[at];
  store = message.raw;
  if (message.type == compressed_certificate) {
    auto decompressed = decompressed_certificate(message.raw);
    if (!decompressed || !decompressed->raw) return std::nullopt;
    store = std::move(*decompressed->raw);
  }
  return certificates_of(store, view.version);
}

std::optional<bool> is_empty_certificate(const HandshakeView& view, std::size_t message) {
  Bytes store;
  if (const auto certificates = read_certificates(view, message, store)) return certificates->entries.empty();
  // An empty one is not worth compressing: what announces more holds some.
  if (const auto decompressed = decompressed_certificate(view.messages()[message].raw);
      view.messages()[message].type == compressed_certificate && decompressed)
    return decompressed->length <= 4;
  return std::nullopt;
}

std::optional<std::size_t> certificate_of(const HandshakeView& view, Side side) {
  const auto& finish = side == Side::client ? view.handshake.client_finished : view.handshake.server_finished;
  for (std::size_t i = view.begin(); i < finish.value_or(view.handshake.end); ++i)
    if (const Message& message = view.messages()[i];
        message.from == side && (message.type == certificate || message.type == compressed_certificate))
      return i;
  return std::nullopt;
}

namespace {

/// Whether the server may have asked for a certificate behind its Finished (RFC 8446 4.6.2).
bool may_be_asked_late(const HandshakeView& view, std::size_t before) {
  const auto& finished = view.handshake.server_finished;
  for (std::size_t i = finished.value_or(before); i < before; ++i)
    if (const Message& message = view.messages()[i];
        message.from == Side::server && (message.type == certificate_request || message.type == encrypted))
      return true;
  return false;
}

/// Whether a handshake message may come behind its sender's Finished (RFC 5246 7.4.1.1, RFC 8446 4.6).
bool may_follow_finished(const HandshakeView& view, std::size_t at) {
  const Message& message = view.messages()[at];
  const bool tls13 = view.tls13();
  if (message.type == new_session_ticket) return message.from == Side::server;
  if (message.type == hello_request) return message.from == Side::server && !tls13;
  if (!tls13) return false;
  if (message.type == key_update) return true;
  if (message.from == Side::server) return message.type == certificate_request;
  const bool authenticates = message.type == certificate || message.type == compressed_certificate ||
                             message.type == certificate_verify || message.type == finished;
  return authenticates && may_be_asked_late(view, at);
}

/// Further flights have rules of their own: hellos, and below TLS 1.3 a server's tickets and ChangeCipherSpecs.
bool begins_flight(const Message& message, bool tls13) {
  if (message.type == client_hello) return message.from == Side::client;
  if (message.type == new_session_ticket) return !tls13 && message.from == Side::server;
  return !tls13 && message.type == change_cipher_spec;
}

std::optional<Disorder> disorder_after(const HandshakeView& view, std::size_t finish) {
  const Side side = view.messages()[finish].from;
  for (std::size_t i = finish + 1; i < view.handshake.end; ++i) {
    const Message& message = view.messages()[i];
    if (message.from != side) continue;
    if (message.type == encrypted || begins_flight(message, view.tls13())) return std::nullopt;
    if (message.content == ContentType::handshake && !may_follow_finished(view, i))
      return Disorder{i, "sent " + std::string(name(message.type)) + " after its Finished"};
  }
  return std::nullopt;
}

/// Whether a HelloRetryRequest stands before that message, and no second ClientHello yet, which is all that a client
/// may answer (RFC 8446 4.1.4).
bool owes_second_hello(const HandshakeView& view, std::size_t message) {
  const auto retry = view.find(Side::server, hello_retry_request);
  const bool answered = view.handshake.first_client_hello && view.handshake.client_hello <= message;
  return retry && *retry < message && !answered;
}

/// RFC 5246 7.4.9: the Finished comes right behind the ChangeCipherSpec. An alert that ends the connection may come in
/// its place.
bool delays_finished(const HandshakeView& view, const Message& message, int last) {
  const auto* alert = message.as<Alert>();
  return !view.tls13() && alert != nullptr && !is_error(*alert, view.version) &&
         last == (message.from == Side::client ? client_changed : server_changed);
}

}  // namespace

std::optional<Disorder> disorder_of(const HandshakeView& view, Side side) {
  const bool tls13 = view.tls13();
  int last = 0;
  for (std::size_t i = view.begin(); i < view.handshake.end; ++i) {
    const Message& message = view.messages()[i];
    if (message.from != side) continue;
    if (message.type == encrypted) return std::nullopt;
    const std::string kind(name(message.type));
    if (delays_finished(view, message, last)) return Disorder{i, "sent " + kind + " in place of its Finished"};
    if (free_of_order(view, message, last)) continue;
    if (side == Side::client && owes_second_hello(view, i))
      return Disorder{i, "sent " + kind + " in answer to a HelloRetryRequest"};
    if (side == Side::server && last < 1 && message.type != server_hello && message.type != hello_retry_request)
      return Disorder{i, "sent " + kind + " before its ServerHello"};
    const auto ranks = order(side, tls13);
    const auto found =
        std::find_if(ranks.begin(), ranks.end(), [&](const Rank& each) { return each.type == message.type; });
    if (found == ranks.end())
      return Disorder{i, "sent " + kind + " in the middle of the handshake, where it has no place"};
    const bool again = message.type == client_hello && view.handshake.first_client_hello;
    if (found->rank <= last && !again)
      return Disorder{i, "sent " + kind + (found->rank == last ? " twice" : " out of its order")};
    last = found->rank;
    const std::string lacking = tls13 ? lacking_13(view, side, message, i) : lacking_below_13(view, side, message, i);
    if (!lacking.empty()) return Disorder{i, std::string("sent ").append(kind).append(" without ").append(lacking)};
    if (message.type == finished) return disorder_after(view, i);
  }
  return std::nullopt;
}

}  // namespace ti
