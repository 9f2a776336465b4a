// RFC 8446 2, 4 and 5: the order of a handshake of TLS 1.3, what is protected, and what stands in certificates.
#include "rules/flights.hpp"
#include "rules/hellos.hpp"
#include "rules/subjects.hpp"

namespace ti {

namespace {

bool of_13(const HandshakeView& view) { return view.tls13() && as_it_passed(view); }

bool agreed(const HandshakeView& view) { return of_13(view) && view.handshake.server_hello.has_value(); }

void in_order(const HandshakeView& view, Breaches& breaches) {
  for (const Side side : {Side::client, Side::server})
    if (const auto disorder = disorder_of(view, side))
      breaches.push_back(
          breach_by(side, view.at(disorder->message), "the " + std::string(name(side)) + " " + disorder->what));
}

/// Whether something may pass unprotected behind the ServerHello: compatible ChangeCipherSpecs, and alerts of a client,
/// which may have no keys yet.
bool may_be_plain(const Message& message) {
  return message.content == ContentType::change_cipher_spec ||
         (message.content == ContentType::alert && message.from == Side::client);
}

void protected_from_hello(const HandshakeView& view, Breaches& breaches) {
  for (std::size_t i = *view.handshake.server_hello + 1; i < view.handshake.end; ++i) {
    const Message& message = view.messages()[i];
    if (message.protection != Protection::none || may_be_plain(message) || message.type == MessageType::encrypted ||
        message.type == MessageType::client_hello || message.type == MessageType::server_hello)
      continue;
    breaches.push_back(breach_by(message.from, view.at(i),
                                 "the " + std::string(name(message.from)) + "'s " + std::string(name(message.type)) +
                                     " is not protected, and comes after the ServerHello"));
    return;
  }
}

/// RFC 8446 5: an unprotected ChangeCipherSpec may come until the sender's Finished.
void changes_in_time(const HandshakeView& view, Breaches& breaches) {
  for (std::size_t i = view.begin(); i < view.handshake.end; ++i) {
    const Message& message = view.messages()[i];
    if (message.content != ContentType::change_cipher_spec) continue;
    const auto& finished =
        message.from == Side::client ? view.handshake.client_finished : view.handshake.server_finished;
    const char* wrong = message.protection == Protection::opened                       ? "protected"
                        : view.handshake.finished_visible && finished && *finished < i ? "after its Finished"
                                                                                       : nullptr;
    if (wrong == nullptr) continue;
    breaches.push_back(breach_by(message.from, view.at(i),
                                 "the " + std::string(name(message.from)) + " sent a ChangeCipherSpec " + wrong));
    return;
  }
}

bool announces_early_data(const HandshakeView& view) {
  const auto* opening = view.messages()[view.begin()].as<ClientHello>();
  return opening == nullptr || view.client_hello == nullptr || opening->early_data || view.client_hello->early_data;
}

/// From which message on a side may send data only behind its Finished; early data have rules of their own (RFC 8446
/// 4.2.10), until their end.
std::size_t end_of_early_data(const HandshakeView& view, Side side) {
  if (side == Side::server || !announces_early_data(view)) return *view.handshake.server_hello;
  return view.find(side, MessageType::end_of_early_data).value_or(view.handshake.end);
}

void data_in_time(const HandshakeView& view, Breaches& breaches) {
  for (const Side side : {Side::client, Side::server}) {
    const auto& finished = side == Side::client ? view.handshake.client_finished : view.handshake.server_finished;
    const auto data = view.find(side, MessageType::application_data, end_of_early_data(view, side));
    if (data && *data < finished.value_or(view.handshake.end))
      breaches.push_back(
          breach_by(side, view.at(*data), "the " + std::string(name(side)) + " sent data before its Finished"));
  }
}

void certificate_extensions(const HandshakeView& view, Breaches& breaches) {
  const auto shown = certificate_of(view, Side::server);
  const ClientHello* hello = view.client_hello;
  Bytes store;
  const auto certificates = shown ? read_certificates(view, *shown, store) : std::nullopt;
  if (!certificates || hello == nullptr) return;
  for (const CertificateEntry& entry : certificates->entries)
    for (const Extension& extension : entry.extensions) {
      const bool misplaced = !may_stand_in(extension.type, Carrier::certificate).value_or(true);
      if (!misplaced && find(hello->extensions, extension.type) != nullptr) continue;
      breaches.push_back(breach_at(
          view.at(*shown), "the server's Certificate has extension " + std::to_string(extension.type) +
                               (misplaced ? ", which may not stand there" : ", which the client did not send")));
    }
}

/// RFC 8446 4.3.2, 4.4.2: the context is empty in a handshake, on both sides.
void context_empty(const HandshakeView& view, Breaches& breaches) {
  for (const Side side : {Side::client, Side::server}) {
    const auto shown = certificate_of(view, side);
    Bytes store;
    const auto certificates = shown ? read_certificates(view, *shown, store) : std::nullopt;
    if (certificates && !certificates->context.empty())
      breaches.push_back(breach_by(side, view.at(*shown), "certificate_request_context is not empty in the handshake"));
  }
}

bool compressed(const HandshakeView& view) {
  return agreed(view) && (view.find(Side::server, MessageType::compressed_certificate) ||
                          view.find(Side::client, MessageType::compressed_certificate));
}

/// The algorithms that a side listed: the client in its hello, the server in its CertificateRequest.
std::optional<std::vector<std::uint16_t>> algorithms_of(const HandshakeView& view, Side side) {
  const auto list = [](const Bytes* extension) {
    std::vector<std::uint16_t> numbers;
    if (extension == nullptr) return numbers;
    Reader reader(*extension);
    Reader items(reader.vec8());
    while (items.left() > 1) numbers.push_back(items.u16());
    return numbers;
  };
  if (side == Side::client)
    return view.client_hello == nullptr
               ? std::nullopt
               : std::optional(list(find(view.client_hello->extensions, ext::compress_certificate)));
  const auto asked = view.find(Side::server, MessageType::certificate_request);
  const auto request = asked ? certificate_request_of(view.messages()[*asked].raw, view.version) : std::nullopt;
  if (!request) return std::nullopt;
  return list(find(request->extensions, ext::compress_certificate));
}

void compression_asked_for(const HandshakeView& view, Breaches& breaches) {
  for (const Side side : {Side::client, Side::server}) {
    const auto at = view.find(side, MessageType::compressed_certificate);
    const auto message = at ? decompressed_certificate(view.messages()[*at].raw) : std::nullopt;
    const auto algorithms = algorithms_of(view, other(side));
    if (message && algorithms && !has(*algorithms, message->algorithm))
      breaches.push_back(breach_by(side, view.at(at),
                                   "the " + std::string(name(side)) + "'s certificate is compressed with algorithm " +
                                       std::to_string(message->algorithm) + ", which its peer did not list"));
  }
}

constexpr Rule rules[] = {
    rule_about<of_13, in_order>("rfc8446-4-in-order", Actor::either, "RFC 8446 2, 4, 4.4", Severity::must,
                                "The messages of a TLS 1.3 handshake are all there, each in its place.",
                                Rests::on_order),
    rule_about<agreed, protected_from_hello>("rfc8446-2-protected", Actor::either, "RFC 8446 2, 5.1", Severity::must,
                                             "All messages after the ServerHello of TLS 1.3 are protected."),
    rule_about<agreed, changes_in_time>("rfc8446-5-change-cipher-spec", Actor::either, "RFC 8446 5, D.4",
                                        Severity::must,
                                        "In TLS 1.3 a ChangeCipherSpec is not protected, and comes before the sender's "
                                        "Finished."),
    rule_about<agreed, data_in_time>("rfc8446-4.4.4-data-in-time", Actor::either, "RFC 8446 4.4.4", Severity::must,
                                     "Nobody sends data before its Finished, but for early data."),
    rule_about<agreed, certificate_extensions>(
        "rfc8446-4.4.2-certificate-extensions", Actor::server, "RFC 8446 4.2, 4.4.2", Severity::must,
        "A server's certificate comes with no extension but those that the client sent."),
    rule_about<agreed, context_empty>("rfc8446-4.4.2-context-empty", Actor::either, "RFC 8446 4.3.2, 4.4.2",
                                      Severity::must, "In the handshake certificate_request_context is empty."),
    rule_about<compressed, compression_asked_for>("rfc8879-4-algorithm-listed", Actor::either, "RFC 8879 3, 4",
                                                  Severity::must,
                                                  "A certificate is compressed only as its receiver listed."),
};

}  // namespace

std::span<const Rule> rfc8446_flight_rules() { return rules; }

}  // namespace ti
