// RFC 5246 7.4.1: what a ServerHello may choose, and what hellos of any version must have.
#include "rules/hellos.hpp"
#include "rules/subjects.hpp"
#include "wire/suites.hpp"

namespace ti {

namespace {

constexpr std::uint16_t empty_renegotiation_info_scsv = 0x00ff;
constexpr std::uint16_t fallback_scsv = 0x5600;

bool both_hellos(const HandshakeView& view) {
  return as_it_passed(view) && view.client_hello != nullptr && view.server_hello != nullptr;
}

bool hello_read(const HandshakeView& view) { return as_it_passed(view) && view.client_hello != nullptr; }

Place answer(const HandshakeView& view) { return view.at(view.handshake.server_hello); }

std::string version_text(std::uint16_t version) {
  const std::string_view known = name(static_cast<Version>(version));
  return known.empty() ? "version " + hex16(version) : known == "ssl3" ? "SSL 3" : "TLS " + std::string(known);
}

void version_offered(const HandshakeView& view, Breaches& breaches) {
  const ClientHello& hello = *view.client_hello;
  const auto chosen = static_cast<std::uint16_t>(view.server_hello->version);
  const bool offered = hello.versions.empty() ? chosen <= hello.legacy_version && view.version != Version::tls13
                                              : has(hello.versions, chosen);
  if (!offered)
    breaches.push_back(
        breach_at(answer(view), "the server chose " + version_text(chosen) + ", which the client did not offer"));
}

void suite_offered(const HandshakeView& view, Breaches& breaches) {
  const std::uint16_t suite = view.server_hello->suite;
  const bool no_suite = suite == empty_renegotiation_info_scsv || suite == fallback_scsv || is_grease(suite);
  if (no_suite || !has(view.client_hello->suites, suite))
    breaches.push_back(
        breach_at(answer(view), "the server chose cipher suite " + suite_name(suite) +
                                    (no_suite ? ", which is none" : ", which the client did not offer")));
}

/// Suites of TLS 1.3 are for it alone; AEAD suites and those with SHA-256 or SHA-384 came with TLS 1.2, of which those
/// with PSK and CBC may be used before (RFC 5487 3, RFC 5489 3).
void suite_of_version(const HandshakeView& view, Breaches& breaches) {
  const std::uint16_t suite = view.server_hello->suite;
  const std::string_view called = iana_suite_name(suite);
  if (called.empty()) return;
  const bool of_13 = suite >> 8 == 0x13 || suite == 0xc0b4 || suite == 0xc0b5;
  const bool has_hash = called.ends_with("_SHA256") || called.ends_with("_SHA384");
  const bool old_psk = called.find("PSK") != called.npos && called.find("_CBC_") != called.npos;
  const bool of_12 = (has_hash && !old_psk) || called.find("_CCM") != called.npos;
  if (of_13 == view.tls13() && (of_13 || !of_12 || view.version >= Version::tls12)) return;
  breaches.push_back(breach_at(answer(view), "the server chose cipher suite " + std::string(called) + " in TLS " +
                                                 std::string(name(view.version)) + ", which does not have it"));
}

void compression_offered(const HandshakeView& view, Breaches& breaches) {
  const std::uint8_t method = view.server_hello->compression;
  const auto offered = compressions_of(view.messages()[view.handshake.client_hello].raw);
  const bool fits = !view.tls13() && offered && std::find(offered->begin(), offered->end(), method) != offered->end();
  if (method != 0 && !fits)
    breaches.push_back(breach_at(answer(view), "the server chose compression method " + std::to_string(method) +
                                                   ", which the client did not offer"));
}

void without_compression(const HandshakeView& view, Breaches& breaches) {
  const bool only_null = offers_13(*view.client_hello);
  const auto offered = compressions_of(view.messages()[view.handshake.client_hello].raw);
  if (!offered) return;
  if (only_null ? *offered != Bytes{0} : std::find(offered->begin(), offered->end(), 0) == offered->end())
    breaches.push_back(breach_by(Side::client, view.at(view.handshake.client_hello),
                                 "the client's list of compression methods is " + to_hex(*offered) +
                                     (only_null ? ", and TLS 1.3 has 00 alone" : ", without the null method")));
}

/// RFC 5746 3.6: a server may answer the signalling suite with an extension that is not in the hello.
bool was_asked_for(const ClientHello& hello, std::uint16_t extension) {
  return find(hello.extensions, extension) != nullptr ||
         (extension == ext::renegotiation_info && has(hello.suites, empty_renegotiation_info_scsv));
}

void extensions_asked_for(const HandshakeView& view, Breaches& breaches) {
  const ClientHello* asked = client_hellos(view).first;
  for (const Block& block : extension_blocks(view)) {
    if (block.carrier == Carrier::client_hello) {
      asked = view.messages()[block.message].as<ClientHello>();
      continue;
    }
    for (const Extension& extension : block.extensions) {
      const bool own = block.carrier == Carrier::hello_retry_request && extension.type == ext::cookie;
      // Extension 35 has a sentence of its own (RFC 5077 3.2).
      if (own || asked == nullptr || extension.type == ext::session_ticket || was_asked_for(*asked, extension.type))
        continue;
      breaches.push_back(breach_at(view.at(block.message), "the server's " +
                                                               std::string(name(view.messages()[block.message].type)) +
                                                               " has extension " + std::to_string(extension.type) +
                                                               ", which the client did not send"));
    }
  }
}

const char* side_of(Carrier carrier) { return carrier == Carrier::client_hello ? "client" : "server"; }
Side sender_of(Carrier carrier) { return carrier == Carrier::client_hello ? Side::client : Side::server; }

void extensions_in_place(const HandshakeView& view, Breaches& breaches) {
  for (const Block& block : extension_blocks(view))
    for (const Extension& extension : block.extensions)
      if (!may_stand_in(extension.type, block.carrier).value_or(true))
        breaches.push_back(breach_by(sender_of(block.carrier), view.at(block.message),
                                     std::string("the ") + side_of(block.carrier) + "'s " +
                                         std::string(name(view.messages()[block.message].type)) + " has extension " +
                                         std::to_string(extension.type) +
                                         ", whose place is in other messages or versions"));
}

void extensions_read(const HandshakeView& view, Breaches& breaches) {
  for (const Block& block : extension_blocks(view))
    for (const Extension& extension : block.extensions)
      if (may_stand_in(extension.type, block.carrier).value_or(false) &&
          !reads_well(extension, block.carrier).value_or(true))
        breaches.push_back(breach_by(sender_of(block.carrier), view.at(block.message),
                                     std::string("the ") + side_of(block.carrier) + "'s " +
                                         std::string(name(view.messages()[block.message].type)) + " has an extension " +
                                         std::to_string(extension.type) + " whose " +
                                         std::to_string(extension.data.size()) + " bytes are not what belongs there"));
}

/// A ClientHello begins each further handshake; one that comes before the client's part of the handshake before is
/// none.
void one_hello(const ConnectionView& view, Breaches& breaches) {
  const auto& handshakes = view.connection.handshakes;
  for (std::size_t i = 1; i < handshakes.size(); ++i) {
    const Handshake& before = handshakes[i - 1];
    if (before.kind != HandshakeKind::failed || before.client_finished || before.server_finished) continue;
    const std::size_t again = handshakes[i].first_client_hello.value_or(handshakes[i].client_hello);
    breaches.push_back(
        breach_by(Side::client, view.at(again), "the client sent a second ClientHello in the middle of the handshake"));
    return;
  }
}

constexpr Rule rules[] = {
    rule_about<as_it_passed, one_hello>("rfc5246-7.4.1.2-one-hello", Actor::client, "RFC 5246 7.3, 7.4.1.2",
                                        Severity::must, "A client begins no handshake in the middle of another.",
                                        Rests::on_order),
    rule_about<both_hellos, version_offered>("rfc5246-7.4.1.3-version-offered", Actor::server,
                                             "RFC 5246 7.4.1.3, RFC 8446 4.2.1", Severity::must,
                                             "A server chooses a version that the client offers."),
    rule_about<both_hellos, suite_offered>("rfc5246-7.4.1.3-suite-offered", Actor::server,
                                           "RFC 5246 7.4.1.3, RFC 8446 4.1.3", Severity::must,
                                           "A server chooses a cipher suite that the client offers."),
    rule_about<both_hellos, suite_of_version>("rfc5246-7.4.1.3-suite-of-version", Actor::server,
                                              "RFC 5246 1.2, RFC 8446 4.1.3, B.4", Severity::must,
                                              "A server chooses a cipher suite that the version has."),
    rule_about<both_hellos, compression_offered>("rfc5246-7.4.1.3-compression-offered", Actor::server,
                                                 "RFC 5246 7.4.1.3, RFC 8446 4.1.3", Severity::must,
                                                 "A server chooses a compression method that the client offers; in "
                                                 "TLS 1.3, none."),
    rule_about<hello_read, without_compression>(
        "rfc5246-7.4.1.2-null-compression", Actor::client, "RFC 5246 7.4.1.2, RFC 8446 4.1.2", Severity::must,
        "A client offers to go without compression; in TLS 1.3, nothing else.", Rests::on_message),
    rule_about<hello_read, extensions_asked_for>("rfc5246-7.4.1.4-extension-asked-for", Actor::server,
                                                 "RFC 5246 7.4.1.4, RFC 8446 4.2", Severity::must,
                                                 "A server sends no extension that the client did not."),
    rule_about<hello_read, extensions_in_place>(
        "rfc8446-4.2-extension-in-place", Actor::either, "RFC 8446 4.2, RFC 5246 7.4.1.4.1", Severity::must,
        "An extension stands only in messages that it is specified for.", Rests::on_message),
    rule_about<hello_read, extensions_read>("rfc5246-7.4.1.4-extension-reads", Actor::either,
                                            "RFC 5246 7.4.1.4, RFC 6066, RFC 7301, RFC 8422, RFC 8446 4.2",
                                            Severity::must, "The content of an extension is what its document says.",
                                            Rests::on_message),
};

}  // namespace

std::span<const Rule> rfc5246_hello_rules() { return rules; }

}  // namespace ti
