// RFC 8446 4.1, 4.2 and 9.2: hellos of TLS 1.3, HelloRetryRequest, key shares, and how a downgrade shows.
#include <array>

#include "rules/hellos.hpp"
#include "rules/subjects.hpp"
#include "wire/proof.hpp"

namespace ti {

namespace {

constexpr std::uint16_t legacy_version_13 = 0x0303;

bool answered_13(const HandshakeView& view) {
  return as_it_passed(view) && view.tls13() && view.client_hello != nullptr && view.server_hello != nullptr;
}

bool offered_13(const HandshakeView& view) {
  return as_it_passed(view) && view.client_hello != nullptr && offers_13(*view.client_hello);
}

bool retried(const HandshakeView& view) {
  std::size_t at = 0;
  return as_it_passed(view) && client_hellos(view).first != nullptr && retry_request(view, at) != nullptr;
}

bool answers_retry(const HandshakeView& view) { return retried(view) && client_hellos(view).second != nullptr; }

bool chose_old(const HandshakeView& view) {
  return as_it_passed(view) && !view.tls13() && view.client_hello != nullptr && view.server_hello != nullptr &&
         view.server_hello->version <= Version::tls12;
}

Place answer(const HandshakeView& view) { return view.at(view.handshake.server_hello); }

void session_id_echoed(const HandshakeView& view, Breaches& breaches) {
  if (view.server_hello->session_id != view.client_hello->session_id)
    breaches.push_back(breach_at(answer(view), "legacy_session_id_echo is " + to_hex(view.server_hello->session_id) +
                                                   ", the ClientHello's session ID is " +
                                                   to_hex(view.client_hello->session_id)));
}

void legacy_version(const HandshakeView& view, Breaches& breaches) {
  if (view.server_hello->legacy_version != legacy_version_13)
    breaches.push_back(breach_at(answer(view), "legacy_version of the TLS 1.3 ServerHello is " +
                                                   hex16(view.server_hello->legacy_version) + ", not 0x0303"));
}

/// What a ClientHello that offers TLS 1.3 must have beside, with a PSK or without.
const char* lacking(const ClientHello& hello) {
  const auto lacks = [&](std::uint16_t type) { return find(hello.extensions, type) == nullptr; };
  const bool psk = !hello.psks.empty();
  if (lacks(ext::supported_groups) && (!psk || hello.key_share)) return "supported_groups";
  if (lacks(ext::key_share) && (!psk || !lacks(ext::supported_groups))) return "key_share";
  if (lacks(ext::signature_algorithms) && !psk) return "signature_algorithms";
  return nullptr;
}

void hello_complete(const HandshakeView& view, Breaches& breaches) {
  const ClientHellos hellos = client_hellos(view);
  if (hellos.first == nullptr) return;
  if (const char* what = lacking(*hellos.first))
    breaches.push_back(breach_by(Side::client, view.at(hellos.first_at),
                                 std::string("the ClientHello offers TLS 1.3 without ") + what));
}

void shares_of_groups(const HandshakeView& view, Breaches& breaches) {
  const ClientHello& hello = *view.client_hello;
  const auto groups = numbers_of(find(hello.extensions, ext::supported_groups));
  std::vector<std::uint16_t> seen;
  for (const KeyShare& share : key_shares(hello)) {
    const char* wrong = has(seen, share.group)      ? "twice"
                        : !has(groups, share.group) ? "which is not among its supported_groups"
                                                    : nullptr;
    if (wrong != nullptr)
      breaches.push_back(breach_by(Side::client, view.at(view.handshake.client_hello),
                                   "the client sent a key share of group " + hex16(share.group) + ", " + wrong));
    seen.push_back(share.group);
  }
}

void client_shares_right(const HandshakeView& view, Breaches& breaches) {
  for (const KeyShare& share : key_shares(*view.client_hello))
    if (const Checked checked = check_key(share.group, share.key, Side::client); !checked.fault.empty())
      breaches.push_back(breach_by(Side::client, view.at(view.handshake.client_hello),
                                   "the client's key share of group " + hex16(share.group) + " " + checked.fault));
}

bool sends_share(const HandshakeView& view) { return answered_13(view) && key_share(*view.server_hello); }

void share_offered(const HandshakeView& view, Breaches& breaches) {
  const auto share = key_share(*view.server_hello);
  const auto offered = key_shares(*view.client_hello);
  if (std::none_of(offered.begin(), offered.end(), [&](const KeyShare& each) { return each.group == share->group; }))
    breaches.push_back(breach_at(
        answer(view), "the server's key share is of group " + hex16(share->group) + ", of which the client sent none"));
}

void server_share_right(const HandshakeView& view, Breaches& breaches) {
  const auto share = key_share(*view.server_hello);
  if (const Checked checked = check_key(share->group, share->key, Side::server); !checked.fault.empty())
    breaches.push_back(
        breach_at(answer(view), "the server's key share of group " + hex16(share->group) + " " + checked.fault));
}

void share_there(const HandshakeView& view, Breaches& breaches) {
  if (!view.server_hello->selected_psk && find(view.server_hello->extensions, ext::key_share) == nullptr)
    breaches.push_back(breach_at(answer(view), "the ServerHello of TLS 1.3 has neither a key share nor a PSK"));
}

void retry_well_founded(const HandshakeView& view, Breaches& breaches) {
  std::size_t at = 0;
  const ServerHello& retry = *retry_request(view, at);
  const ClientHello& hello = *client_hellos(view).first;
  const auto group = retry_group(retry);
  const auto shares = key_shares(hello);
  const auto report = [&](const std::string& what) {
    breaches.push_back(breach_at(view.at(at), "the HelloRetryRequest " + what));
  };
  if (!offers_13(hello)) return report("answers a client that does not offer TLS 1.3");
  if (retry.version != Version::tls13) return report("does not choose TLS 1.3");
  if (retry.legacy_version != legacy_version_13) return report("has legacy_version " + hex16(retry.legacy_version));
  if (retry.session_id != hello.session_id) return report("does not echo the ClientHello's session ID");
  if (retry.compression != 0) return report("has compression method " + std::to_string(retry.compression));
  if (!has(hello.suites, retry.suite)) return report("chooses " + suite_name(retry.suite) + ", which was not offered");
  if (!group && find(retry.extensions, ext::cookie) == nullptr) return report("asks for no change of the ClientHello");
  if (!group) return;
  if (!has(numbers_of(find(hello.extensions, ext::supported_groups)), *group))
    return report("asks for group " + hex16(*group) + ", which the client does not support");
  if (std::any_of(shares.begin(), shares.end(), [&](const KeyShare& share) { return share.group == *group; }))
    report("asks for group " + hex16(*group) + ", of which the client has sent its share");
}

void one_retry(const HandshakeView& view, Breaches& breaches) {
  std::size_t at = 0;
  retry_request(view, at);
  if (const auto again = view.find(Side::server, MessageType::hello_retry_request, at + 1))
    breaches.push_back(breach_at(view.at(again), "the server sent a second HelloRetryRequest"));
}

void retry_kept(const HandshakeView& view, Breaches& breaches) {
  std::size_t at = 0;
  const ServerHello& retry = *retry_request(view, at);
  if (view.server_hello == nullptr) return;
  const auto group = retry_group(retry);
  const auto share = key_share(*view.server_hello);
  if (view.server_hello->suite != retry.suite)
    breaches.push_back(breach_at(answer(view), "the ServerHello's cipher suite is not that of the HelloRetryRequest"));
  else if (view.server_hello->version != retry.version)
    breaches.push_back(breach_at(answer(view), "the ServerHello's version is not that of the HelloRetryRequest"));
  else if (group && share && share->group != *group)
    breaches.push_back(breach_at(answer(view), "the ServerHello's key share is of group " + hex16(share->group) +
                                                   ", the HelloRetryRequest had asked for " + hex16(*group)));
}

/// The extensions that a client may change when it answers a HelloRetryRequest (RFC 8446 4.1.2). An encrypted hello is
/// sealed anew; whether it was one, or grease, which stays, does not show.
bool may_change(std::uint16_t extension) {
  constexpr std::uint16_t changing[] = {ext::key_share,      ext::early_data, ext::cookie,
                                        ext::pre_shared_key, ext::padding,    ext::encrypted_client_hello};
  return std::find(std::begin(changing), std::end(changing), extension) != std::end(changing);
}

std::string changed(const ClientHello& first, const ClientHello& second) {
  if (first.legacy_version != second.legacy_version) return "has another version";
  if (first.random != second.random) return "has another random";
  if (first.session_id != second.session_id) return "has another session ID";
  if (first.suites != second.suites) return "offers other cipher suites";
  for (const Extension& extension : first.extensions) {
    const Bytes* now = find(second.extensions, extension.type);
    if (!may_change(extension.type) && (now == nullptr || *now != extension.data))
      return "has extension " + std::to_string(extension.type) +
             (now == nullptr ? " no longer" : " with other content");
  }
  for (const Extension& extension : second.extensions)
    if (!may_change(extension.type) && find(first.extensions, extension.type) == nullptr)
      return "has extension " + std::to_string(extension.type) + ", which was not there before";
  return "";
}

void hello_kept(const HandshakeView& view, Breaches& breaches) {
  std::size_t at = 0;
  const ServerHello& retry = *retry_request(view, at);
  const ClientHellos hellos = client_hellos(view);
  const auto report = [&](const std::string& what) {
    breaches.push_back(breach_by(Side::client, view.at(hellos.second_at),
                                 "the ClientHello that answers the HelloRetryRequest " + what));
  };
  if (const std::string what = changed(*hellos.first, *hellos.second); !what.empty()) return report(what);
  if (hellos.second->early_data) return report("announces early data");
  const Bytes* cookie = find(retry.extensions, ext::cookie);
  const Bytes* returned = find(hellos.second->extensions, ext::cookie);
  if ((cookie == nullptr) != (returned == nullptr) || (cookie != nullptr && *cookie != *returned))
    return report("does not return the cookie as it came");
  const auto shares = key_shares(*hellos.second);
  if (const auto group = retry_group(retry); group && (shares.size() != 1 || shares.front().group != *group))
    report("does not have the one key share that was asked for, of group " + hex16(*group));
}

/// RFC 8446 4.1.3: what a server of TLS 1.3, or 1.2, puts at the end of its random when it agrees on less.
void no_downgrade(const HandshakeView& view, Breaches& breaches) {
  constexpr std::array<std::uint8_t, 7> mark = {'D', 'O', 'W', 'N', 'G', 'R', 'D'};
  const auto& random = view.server_hello->random;
  const ClientHello& hello = *view.client_hello;
  if (!std::equal(mark.begin(), mark.end(), random.end() - 8)) return;
  const bool below_12 = view.version < Version::tls12;
  const bool offered_12 =
      offers_13(hello) || has(hello.versions, 0x0303) || (hello.versions.empty() && hello.legacy_version >= 0x0303);
  if ((random.back() == 1 && !below_12 && offers_13(hello)) || (random.back() <= 1 && below_12 && offered_12))
    breaches.push_back(
        breach_at(answer(view), "the server chose TLS " + std::string(name(view.version)) +
                                    ", and by the end of its random it has a higher version that the client offered"));
}

constexpr Rule rules[] = {
    rule_about<answered_13, session_id_echoed>("rfc8446-4.1.3-session-id-echo", Actor::server, "RFC 8446 4.1.3",
                                               Severity::must,
                                               "A server of TLS 1.3 repeats the ClientHello's legacy_session_id."),
    rule_about<answered_13, legacy_version>("rfc8446-4.1.3-legacy-version", Actor::server, "RFC 8446 4.1.3",
                                            Severity::must, "legacy_version of a ServerHello of TLS 1.3 is 0x0303."),
    rule_about<offered_13, hello_complete>("rfc8446-9.2-hello-complete", Actor::client, "RFC 8446 9.2", Severity::must,
                                           "A ClientHello that offers TLS 1.3 has the extensions it must have.",
                                           Rests::on_message),
    rule_about<offered_13, shares_of_groups>(
        "rfc8446-4.2.8-shares-of-groups", Actor::client, "RFC 8446 4.2.8", Severity::must,
        "A client sends one share a group, of groups that it supports.", Rests::on_message),
    rule_about<offered_13, client_shares_right>(
        "rfc8446-4.2.8-client-share", Actor::client, "RFC 8446 4.2.8.1, 4.2.8.2, 7.4", Severity::must,
        "Each of the client's key shares is a public key of its group.", Rests::on_message),
    rule_about<sends_share, share_offered>("rfc8446-4.2.8-share-offered", Actor::server, "RFC 8446 4.2.8",
                                           Severity::must,
                                           "The server's key share is of a group of which the client sent one."),
    rule_about<sends_share, server_share_right>("rfc8446-4.2.8-server-share", Actor::server,
                                                "RFC 8446 4.2.8.1, 4.2.8.2, 7.4", Severity::must,
                                                "The server's key share is a public key of its group."),
    rule_about<answered_13, share_there>("rfc8446-4.1.3-share-there", Actor::server, "RFC 8446 4.1.3, 9.2",
                                         Severity::must, "A ServerHello of TLS 1.3 has a key share, a PSK or both."),
    rule_about<retried, retry_well_founded>("rfc8446-4.1.4-retry-founded", Actor::server,
                                            "RFC 8446 4.1.3, 4.1.4, 4.2.8", Severity::must,
                                            "A HelloRetryRequest asks for a change, of what the client offers, and has "
                                            "the fixed fields of a ServerHello."),
    rule_about<retried, one_retry>("rfc8446-4.1.4-one-retry", Actor::server, "RFC 8446 4.1.4", Severity::must,
                                   "A server sends no second HelloRetryRequest."),
    rule_about<retried, retry_kept>("rfc8446-4.1.4-retry-kept", Actor::server, "RFC 8446 4.1.4, 4.2.8", Severity::must,
                                    "The ServerHello keeps what the HelloRetryRequest chose."),
    rule_about<answers_retry, hello_kept>(
        "rfc8446-4.1.2-hello-kept", Actor::client, "RFC 8446 4.1.2, 4.2.2, 4.2.8, 4.2.10", Severity::must,
        "The ClientHello that answers a HelloRetryRequest differs only in what that asks for."),
    rule_about<chose_old, no_downgrade>("rfc8446-4.1.3-no-downgrade", Actor::server, "RFC 8446 4.1.3", Severity::must,
                                        "A server that has a higher version which the client offers chooses it."),
};

}  // namespace

std::span<const Rule> rfc8446_hello_rules() { return rules; }

}  // namespace ti
