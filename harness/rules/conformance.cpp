#include "rules/conformance.hpp"

#include <iterator>

#include "rules/hellos.hpp"
#include "rules/proofs.hpp"
#include "wire/suites.hpp"

namespace ti {

namespace {

// What an alert may complain of. Each is checked by rules; here stands only whether those checks could be made.
constexpr unsigned kinds = 1;        ///< which messages came, and in which order
constexpr unsigned content = 2;      ///< what stands in them: form, extensions, what is negotiated
constexpr unsigned keys = 4;         ///< public keys
constexpr unsigned signatures = 8;   ///< signatures, and whose key they are by
constexpr unsigned path = 16;        ///< whether a certificate is to be trusted
constexpr unsigned protection = 32;  ///< MACs, padding, Finished
constexpr unsigned secret = 64;      ///< that of a resumed session: ticket, PSK binder
constexpr unsigned beyond = 128;     ///< what no wire shows: policy, configuration, revocation
constexpr unsigned messages = kinds | content | keys;

struct Charge {
  std::uint8_t alert;
  unsigned bears_on_it;
};

/// RFC 5246 7.2.2, RFC 8446 6.2. What is not listed is for reasons beyond the wire.
constexpr Charge charges[] = {
    {alert_unexpected_message, kinds},
    {alert_bad_record_mac, kinds | protection | secret},
    {alert_decryption_failed, kinds | protection | secret},
    {alert_record_overflow, kinds},
    {alert_decompression_failure, kinds | content},
    {alert_illegal_parameter, messages | signatures | secret},
    {alert_decode_error, messages},
    {alert_decrypt_error, kinds | signatures | path | protection | secret},
    {alert_internal_error, messages},
    {alert_missing_extension, kinds | content},
    {alert_unsupported_extension, kinds | content},
    {42 /* bad_certificate */, messages | signatures | path},
    {43 /* unsupported_certificate */, messages | signatures | path},
    {45 /* certificate_expired */, path},
    {46 /* certificate_unknown */, messages | signatures | path},
    {48 /* unknown_ca */, path},
};

unsigned bearing_on(std::uint8_t alert) {
  const auto* found =
      std::find_if(std::begin(charges), std::end(charges), [&](const Charge& each) { return each.alert == alert; });
  return found == std::end(charges) ? beyond : found->bears_on_it;
}

std::string of(Side side, const std::string& what) { return what + " of the " + std::string(name(side)); }

bool is_whole(const Message& message) {
  return message.raw.size() == message.bytes && !message.raw.empty() &&
         message.raw.front() ==
             (message.type == MessageType::hello_retry_request ? 2 : static_cast<std::uint8_t>(message.type));
}

bool has_body(const Message& message) { return !std::holds_alternative<std::monostate>(message.body); }

/// A Finished below TLS 1.3 shows by its place.
bool is_sealed_finished(const HandshakeView& view, std::size_t message) {
  return !view.tls13() && (message == view.handshake.server_finished || message == view.handshake.client_finished);
}

/// RFC 8446 5 has a ChangeCipherSpec dropped from the ClientHello on, D.4 has a server send it behind its first
/// message: before that a client may not know yet that it speaks TLS 1.3.
bool changes_before_hello(const HandshakeView& view, const Stretch& stretch) {
  const auto change = view.find(Side::server, MessageType::change_cipher_spec);
  if (stretch.peer == Side::client || !view.tls13() || !change || *change >= stretch.end) return false;
  const auto hello = view.find(Side::server, MessageType::hello_retry_request);
  return *change < hello.value_or(view.handshake.server_hello.value_or(stretch.end));
}

std::string missing_kinds(const HandshakeView& view, const Stretch& stretch) {
  if (changes_before_hello(view, stretch)) return "whether a ChangeCipherSpec may come before the ServerHello";
  for (std::size_t i = stretch.begin; i < stretch.end; ++i)
    if (const Message& message = view.messages()[i];
        message.from == stretch.peer && message.type == MessageType::encrypted && !is_sealed_finished(view, i))
      return of(stretch.peer, "the protected messages");
  return "";
}

/// RFC 5246 7.4: a HelloRequest may come at any time, and in the middle of a handshake a client SHOULD ignore it.
std::string missing_need_to_ignore(const HandshakeView& view, const Stretch& stretch) {
  for (std::size_t i = stretch.begin; i < stretch.end; ++i)
    if (view.messages()[i].from == stretch.peer && view.messages()[i].type == MessageType::hello_request)
      return "whether a HelloRequest in the middle of a handshake had to be ignored";
  return "";
}

/// What of the peer's could not be read, or is read by some and not by others. What was cut off stands behind all
/// messages, and may have come before the alert.
std::string missing_reading(const HandshakeView& view, const Stretch& stretch) {
  for (const Problem& problem : view.connection.transcript.problems) {
    const bool in_place = problem.before_message >= stretch.begin && problem.before_message <= stretch.end;
    const bool cut_off = problem.before_message == view.messages().size();
    if (problem.from == stretch.peer && !problem.malformed && (in_place || cut_off))
      return "whether this is in order: " + problem.what;
  }
  return "";
}

/// RFC 5246 7.2.2: who does not care to go on after a warning may end the connection by an alert.
std::string missing_reason_to_warn(const HandshakeView& view, const Stretch& stretch) {
  for (std::size_t i = stretch.begin; i < stretch.end; ++i)
    if (const auto* alert = view.messages()[i].as<Alert>();
        view.messages()[i].from == stretch.peer && alert != nullptr && alert->description != alert_close_notify)
      return of(stretch.peer, "the reason of the alert " + alert_name(alert->description));
  return "";
}

std::string missing_content(const HandshakeView& view, const Stretch& stretch) {
  const std::uint16_t suite = view.server_hello == nullptr ? 0 : view.server_hello->suite;
  for (std::size_t i = stretch.begin; i < stretch.end; ++i) {
    const Message& message = view.messages()[i];
    if (message.from != stretch.peer || message.content != ContentType::handshake || has_body(message) ||
        message.type == MessageType::encrypted || message.type == MessageType::client_key_exchange)
      continue;
    const bool lies_open = is_whole(message) && view.connection.transcript.vantage == Vantage::wire;
    if (!lies_open || !reads_well(message.type, message.raw, view.version, suite))
      return of(stretch.peer, "the content of the " + std::string(name(message.type)));
  }
  for (const Block& block : extension_blocks(view))
    for (const Extension& extension : block.extensions)
      if (view.messages()[block.message].from == stretch.peer && block.message >= stretch.begin &&
          block.message < stretch.end && !is_grease(extension.type) && !reads_well(extension, block.carrier))
        return of(stretch.peer, "the content of extension " + std::to_string(extension.type));
  return "";
}

std::string missing_keys(const HandshakeView& view, const Stretch& stretch) {
  for (std::size_t i = stretch.begin; i < stretch.end; ++i) {
    const Message& message = view.messages()[i];
    if (message.from != stretch.peer) continue;
    std::vector<KeyShare> shares;
    if (const auto* hello = message.as<ClientHello>()) shares = key_shares(*hello);
    if (const auto* hello = message.as<ServerHello>(); hello != nullptr && message.type == MessageType::server_hello)
      if (const auto share = key_share(*hello)) shares = {*share};
    for (const KeyShare& share : shares)
      if (const Checked checked = check_key(share.group, share.key, stretch.peer);
          !checked.missing.empty() && !is_grease(share.group))
        return checked.missing;
  }
  return "";
}

bool within(const Stretch& stretch, std::size_t message) { return message >= stretch.begin && message < stretch.end; }

std::string missing_in(const std::optional<Examined>& examined, const Stretch& stretch) {
  return examined && within(stretch, examined->message) ? examined->checked.missing : "";
}

std::string missing_public_key(const HandshakeView& view, const Stretch& stretch) {
  return missing_in(stretch.peer == Side::server ? server_public_key(view) : client_public_key(view), stretch);
}

std::string missing_signature(const HandshakeView& view, const Stretch& stretch) {
  if (std::string missing = missing_in(verify_signature(view, stretch.peer), stretch); !missing.empty()) return missing;
  if (stretch.peer == Side::client) return "";
  if (std::string missing = missing_in(server_key_signature(view), stretch); !missing.empty()) return missing;
  return missing_in(certificate_fits(view), stretch);
}

/// Whether the last protected thing that the peer sent was found right by keys that its receiver has, if it sent any:
/// that a side's own word opens its records proves nothing of what the other could do with them. Who answers by an
/// alert that opens has the keys.
bool protection_checked(const ConnectionView& view, const Stretch& stretch) {
  const bool answers_sealed = view.messages()[stretch.end].protection == Protection::opened;
  for (std::size_t i = stretch.end; i-- > stretch.begin;) {
    const Message& sent = view.messages()[i];
    if (sent.from != stretch.peer || sent.protection == Protection::none) continue;
    if (!answers_sealed && !sent.receiver_has_key) return false;
    if (const auto* finished = sent.as<Finished>()) return finished->verified.has_value();
    return sent.protection == Protection::opened;
  }
  return true;
}

/// Whether a client that rejects the server's Finished in a resumption below TLS 1.3 may have the right secret, and the
/// server the wrong one: the server's key log only proves that the server agrees with itself.
bool secret_in_doubt(const HandshakeView& view, Side sender, std::size_t message) {
  const auto& finished = view.handshake.client_finished;
  return sender == Side::client && !view.tls13() && view.handshake.abbreviated && !(finished && *finished < message) &&
         !same_master_secret(view).value_or(false);
}

bool sent_between(const ConnectionView& view, Side side, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i)
    if (view.messages()[i].from == side) return true;
  return false;
}

/// Whether the server may have found a binder wrong, which it must abort for (RFC 8446 4.2.11) and nobody else can
/// check: no key log tells a resumption's secret.
bool may_answer_binder(const HandshakeView& view, std::size_t message) {
  return view.client_hello != nullptr && !view.client_hello->psks.empty() && !view.handshake.server_hello &&
         !sent_between(view, Side::client, view.handshake.client_hello + 1, message);
}

std::string missing_path(const HandshakeView& view, const Stretch& stretch) {
  return missing_in(certificate_path(view, stretch.peer), stretch);
}

std::string missing_protection(const HandshakeView& view, const Stretch& stretch) {
  return protection_checked(view, stretch) ? "" : of(stretch.peer, "the protection of the last record");
}

std::string missing_secret(const HandshakeView& view, const Stretch& stretch) {
  if (secret_in_doubt(view, other(stretch.peer), stretch.end)) return "the secret of the resumed session";
  return stretch.peer == Side::client && may_answer_binder(view, stretch.end) ? "the PSK's binder" : "";
}

/// The first of these checks that could not be made of what the alert complains of.
std::string missing_of(const HandshakeView& view, std::size_t alert, unsigned bears) {
  const Stretch stretch = complained_of(view, alert);
  std::string missing = unread_before(view, alert + 1).value_or("");
  const auto make = [&](unsigned what, auto check) {
    if (missing.empty() && (bears & what) != 0) missing = check(view, stretch);
  };
  if ((bears & beyond) != 0) missing = "why it was sent: it claims no fault in the peer's protocol";
  make(messages, missing_reading);
  make(messages, missing_reason_to_warn);
  make(kinds, missing_need_to_ignore);
  make(kinds, missing_kinds);
  make(content, missing_content);
  make(keys, missing_keys);
  make(keys, missing_public_key);
  make(signatures, missing_signature);
  make(path, missing_path);
  make(protection, missing_protection);
  make(secret, missing_secret);
  return missing;
}

// --- acts ------------------------------------------------------------------------------------------------------------

bool offers_version(const ClientHello& hello, Version version) {
  const auto number = static_cast<std::uint16_t>(version);
  return hello.versions.empty() ? hello.legacy_version >= number : has(hello.versions, number);
}

/// Whether a suite protects anything and proves somebody, as far as is known here.
bool is_sound(std::uint16_t suite) {
  const std::string_view called = iana_suite_name(suite);
  const auto worthless = [&](std::string_view part) { return called.find(part) != called.npos; };
  return suite_of(suite) && !worthless("NULL") && !worthless("anon") && !worthless("EXPORT");
}

/// Suites that every server of the version can be expected to have, in TLS 1.3 and below.
bool is_common(std::uint16_t suite) {
  constexpr std::uint16_t common[] = {0x1301, 0x1302, 0x1303, 0xc009, 0xc00a, 0xc013, 0xc014,
                                      0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9};
  return std::find(std::begin(common), std::end(common), suite) != std::end(common);
}

/// Whether nothing in a hello stands in the way of a server that does as it is told: a common suite of the version, and
/// a common group.
bool is_ordinary(const ClientHello& hello, Version version) {
  const bool tls13 = version == Version::tls13;
  const bool suite = std::any_of(hello.suites.begin(), hello.suites.end(), [&](std::uint16_t each) {
    return is_common(each) && (each >> 8 == 0x13) == tls13 &&
           (version == Version::tls12 || tls13 || iana_suite_name(each).ends_with("_CBC_SHA"));
  });
  const auto groups = numbers_of(find(hello.extensions, ext::supported_groups));
  return version != Version::none && suite && offers_version(hello, version) && (has(groups, 23) || has(groups, 29));
}

std::optional<Side> about_version(const HandshakeView& view, std::size_t alert) {
  const Side sender = view.messages()[alert].from;
  const Version told = view.cell.tls;
  if (told == Version::none || view.client_hello == nullptr) return std::nullopt;
  if (sender == Side::server) return offers_version(*view.client_hello, told) ? Side::server : Side::client;
  if (view.server_hello == nullptr) return std::nullopt;
  if (view.version != told) return Side::server;
  return missing_of(view, alert, kinds).empty() ? std::optional(Side::client) : std::nullopt;
}

std::optional<Side> about_name(const HandshakeView& view, Side sender) {
  if (view.client_hello == nullptr || sender == Side::client) return sender;
  const auto& asked = view.client_hello->server_name;
  const auto& trust = view.cell.trust;
  return !asked || (trust && *asked == trust->server_name) ? std::optional(Side::server) : std::nullopt;
}

/// certificate_required: who shows none when asked has cause it, if it has one to show.
std::optional<Side> about_client_certificate(const HandshakeView& view, Side sender) {
  const auto shown = certificate_of(view, Side::client);
  if (sender == Side::client || !view.find(Side::server, MessageType::certificate_request)) return sender;
  const auto empty = shown ? is_empty_certificate(view, *shown) : std::nullopt;
  if (!empty) return std::nullopt;
  if (!*empty) return Side::server;
  return view.connection.connect.certificate ? std::optional(Side::client) : std::nullopt;
}

constexpr std::size_t least_dh_bytes = 2048 / 8;

/// What of a server's flight a client may find too weak, or too old, for its own taste.
bool has_weak_answer(const HandshakeView& view) {
  if (view.server_hello == nullptr || view.client_hello == nullptr || view.tls13()) return false;
  constexpr std::uint16_t signalling_suite = 0x00ff;
  const bool asked = find(view.client_hello->extensions, ext::renegotiation_info) != nullptr ||
                     has(view.client_hello->suites, signalling_suite);
  if (asked && find(view.server_hello->extensions, ext::renegotiation_info) == nullptr) return true;
  const auto exchanged = key_exchange_of(view.server_hello->suite);
  const auto at = view.find(Side::server, MessageType::server_key_exchange);
  const auto key = at && exchanged ? server_key_of(view.messages()[*at].raw, view.version, *exchanged) : std::nullopt;
  return key && !key->prime.empty() && key->prime.size() < least_dh_bytes;
}

/// A server that breaks off behind its own ServerHello: what the client sent since may lack the certificate that was
/// asked for.
std::optional<Side> about_client_flight(const HandshakeView& view, std::size_t alert) {
  const auto shown = certificate_of(view, Side::client);
  if (shown && is_empty_certificate(view, *shown) != false)
    return view.connection.connect.certificate && is_empty_certificate(view, *shown) == true
               ? std::optional(Side::client)
               : std::nullopt;
  return missing_of(view, alert, messages | signatures | path | protection).empty() ? std::optional(Side::server)
                                                                                    : std::nullopt;
}

/// handshake_failure and insufficient_security: no common ground; and a farewell instead of one. A client that refuses
/// what it offered itself, all of it sound, and a server that refuses an ordinary hello, have no reason on the wire.
std::optional<Side> about_parameters(const HandshakeView& view, std::size_t alert) {
  if (view.client_hello == nullptr) return std::nullopt;
  if (view.messages()[alert].from == Side::client) {
    if (has_weak_answer(view)) return Side::server;
    const bool sound = view.server_hello != nullptr && is_sound(view.server_hello->suite);
    return sound && missing_of(view, alert, messages | signatures | path).empty() ? std::optional(Side::client)
                                                                                  : std::nullopt;
  }
  if (view.handshake.server_hello) return about_client_flight(view, alert);
  if (accepted_without_ticket(view) || is_ordinary(*view.client_hello, view.cell.tls)) return Side::server;
  const auto& suites = view.client_hello->suites;
  return std::none_of(suites.begin(), suites.end(), is_sound) ? std::optional(Side::client) : std::nullopt;
}

}  // namespace

Stretch complained_of(const HandshakeView& view, std::size_t alert) {
  const Side peer = other(view.messages()[alert].from);
  std::size_t begin = alert;
  bool any = false;
  for (; begin > view.begin(); --begin) {
    const Message& before = view.messages()[begin - 1];
    if (before.from == peer) any = true;
    if (any && before.from != peer && before.content == ContentType::handshake) break;
  }
  return {peer, begin, alert};
}

std::string missing_check(const HandshakeView& view, std::size_t alert) {
  return missing_of(view, alert, bearing_on(view.messages()[alert].as<Alert>()->description));
}

std::optional<Side> whose_act(const HandshakeView& view, std::size_t alert) {
  constexpr std::uint16_t fallback_scsv = 0x5600;
  const Side sender = view.messages()[alert].from;
  const ClientHello* hello = view.client_hello;
  switch (view.messages()[alert].as<Alert>()->description) {
    case 40:  // handshake_failure
    case 71:  // insufficient_security
    case alert_close_notify:
    case alert_user_canceled:
      return about_parameters(view, alert);
    case 70:  // protocol_version
      return about_version(view, alert);
    case 86:  // inappropriate_fallback
      return hello != nullptr && has(hello->suites, fallback_scsv) ? Side::client : sender;
    case 112:  // unrecognized_name
      return about_name(view, sender);
    case 116:  // certificate_required
      return about_client_certificate(view, sender);
    case 120:  // no_application_protocol
      if (hello != nullptr && find(hello->extensions, ext::alpn) == nullptr) return sender;
      return std::nullopt;
    default:
      return missing_check(view, alert).empty() ? std::optional(sender) : std::nullopt;
  }
}

bool accepted_without_ticket(const HandshakeView& view) {
  bool accepted = false;
  each_handshake(view.cell, [&](const HandshakeView& before) {
    accepted =
        accepted || (before.number < view.number && before.completed() && before.client_hello != nullptr &&
                     offers(*before.client_hello).empty() && ask_alike(*before.client_hello, *view.client_hello));
  });
  return accepted;
}

}  // namespace ti
