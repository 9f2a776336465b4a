#include "rules/proofs.hpp"

#include "rules/hellos.hpp"
#include "wire/suites.hpp"

namespace ti {

namespace {

Checked unread(const char* what) { return {.fault = {}, .missing = what}; }

std::optional<KeyExchange> key_exchange(const HandshakeView& view) {
  return view.server_hello == nullptr ? std::nullopt : key_exchange_of(view.server_hello->suite);
}

/// The certificate that a side's signatures are by; empty where it cannot be read. `store` as for read_certificates().
ByteView leaf_of(const HandshakeView& view, Side side, Bytes& store) {
  const auto shown = certificate_of(view, side);
  const auto certificates = shown ? read_certificates(view, *shown, store) : std::nullopt;
  if (!certificates || certificates->entries.empty()) return {};
  const CertificateEntry& leaf = certificates->entries.front();
  return find(leaf.extensions, ext::delegated_credential) == nullptr ? leaf.der : ByteView();
}

/// RFC 7250: the extensions that make a Certificate hold something else than certificates.
bool certificate_type_agreed(const HandshakeView& view) {
  constexpr std::uint16_t types[] = {9, 19, 20};
  for (const Block& block : extension_blocks(view))
    for (const std::uint16_t type : types)
      if (block.carrier != Carrier::client_hello && find(block.extensions, type) != nullptr) return true;
  return false;
}

struct ServerKeyMessage {
  std::size_t message;
  std::optional<ServerKey> key;
};

std::optional<ServerKeyMessage> server_key(const HandshakeView& view) {
  const auto exchanged = key_exchange(view);
  const auto at = view.find(Side::server, MessageType::server_key_exchange);
  if (!at || view.tls13()) return std::nullopt;
  if (!exchanged || !exchanged->ephemeral) return ServerKeyMessage{*at, std::nullopt};
  return ServerKeyMessage{*at, server_key_of(view.messages()[*at].raw, view.version, *exchanged)};
}

constexpr const char* no_key = "the content of the ServerKeyExchange";

/// A premaster secret under the server's RSA key is as long as that key (RFC 5246 7.4.7.1); what is in it shows by the
/// Finished.
Checked encrypted_secret(const HandshakeView& view, ByteView body) {
  Bytes store;
  const ByteView leaf = leaf_of(view, Side::server, store);
  const auto key = leaf.empty() ? std::nullopt : certified_key(leaf);
  if (!key) return unread("the content of the ClientKeyExchange");
  Reader reader(body);
  const std::size_t length = reader.vec16().size();
  return reader.done() && length == (key->bits + 7) / 8 ? Checked{} : Checked{"is not as long as the server's key", {}};
}

}  // namespace

std::optional<Examined> server_public_key(const HandshakeView& view) {
  const auto found = server_key(view);
  if (!found) return std::nullopt;
  if (!found->key) return Examined{found->message, unread(no_key)};
  const ServerKey& key = *found->key;
  if (!key.prime.empty()) return Examined{found->message, check_dh(key.prime, key.point)};
  const Bytes* offered =
      view.client_hello == nullptr ? nullptr : find(view.client_hello->extensions, ext::supported_groups);
  if (offered != nullptr && !has(numbers_of(offered), key.group))
    return Examined{found->message, {"is of group " + hex16(key.group) + ", which the client did not offer", {}}};
  return Examined{found->message, check_key(key.group, key.point, Side::server)};
}

std::optional<Examined> client_public_key(const HandshakeView& view) {
  const auto exchanged = key_exchange(view);
  const auto at = view.find(Side::client, MessageType::client_key_exchange);
  const auto server = server_key(view);
  if (!at) return std::nullopt;
  const Bytes& raw = view.messages()[*at].raw;
  constexpr std::size_t header = 4;
  const bool whole = raw.size() > header && raw.size() == view.messages()[*at].bytes && raw.front() != 0;
  if (whole && exchanged && exchanged->kind == KeyExchange::Kind::rsa && !exchanged->psk)
    return Examined{*at, encrypted_secret(view, ByteView(raw).subspan(header))};
  if (!whole || !exchanged || !exchanged->ephemeral || exchanged->psk || !server || !server->key)
    return Examined{*at, unread("the content of the ClientKeyExchange")};
  Reader reader(ByteView(raw).subspan(header));
  const bool dh = !server->key->prime.empty();
  const ByteView key = dh ? reader.vec16() : reader.vec8();
  if (!reader.done()) return Examined{*at, {"does not read", {}}};
  return Examined{*at, dh ? check_dh(server->key->prime, key) : check_key(server->key->group, key, Side::client)};
}

std::optional<Examined> server_key_signature(const HandshakeView& view) {
  const auto found = server_key(view);
  if (!found) return std::nullopt;
  if (!found->key) return Examined{found->message, unread(no_key)};
  if (!found->key->proof) return std::nullopt;
  Bytes store;
  const ByteView leaf = leaf_of(view, Side::server, store);
  if (leaf.empty() || view.client_hello == nullptr || certificate_type_agreed(view))
    return Examined{found->message, unread("the signature of the ServerKeyExchange")};
  const auto& client = view.client_hello->random;
  const auto& server = view.server_hello->random;
  Bytes data(client.begin(), client.end());
  data.insert(data.end(), server.begin(), server.end());
  data.insert(data.end(), found->key->parameters.begin(), found->key->parameters.end());
  return Examined{found->message, check_signature(leaf, view.version, *found->key->proof, data)};
}

std::optional<Examined> verify_signature(const HandshakeView& view, Side side) {
  const auto at = view.find(side, MessageType::certificate_verify);
  if (!at) return std::nullopt;
  const auto proof = certificate_verify_of(view.messages()[*at].raw, view.version);
  Bytes store;
  const ByteView leaf = leaf_of(view, side, store);
  const std::uint16_t suite = view.server_hello == nullptr ? 0 : view.server_hello->suite;
  const auto data = signed_by_verify(view.messages(), view.begin(), *at, view.version, suite, side);
  if (!proof || leaf.empty() || !data || certificate_type_agreed(view))
    return Examined{*at, unread("the signature of the CertificateVerify")};
  return Examined{*at, check_signature(leaf, view.version, *proof, *data)};
}

std::optional<Examined> scheme_offered(const HandshakeView& view, Side side) {
  if (view.version < Version::tls12) return std::nullopt;
  const auto at = view.find(side, MessageType::certificate_verify);
  const auto key = side == Side::server ? server_key(view) : std::nullopt;
  std::optional<Signed> proof;
  if (at) proof = certificate_verify_of(view.messages()[*at].raw, view.version);
  if (key && key->key) proof = key->key->proof;
  if (!proof) return std::nullopt;
  const std::size_t message = at ? *at : key->message;
  std::vector<std::uint16_t> listed;
  if (side == Side::server && view.client_hello != nullptr)
    listed = numbers_of(find(view.client_hello->extensions, ext::signature_algorithms));
  const auto asked = view.find(Side::server, MessageType::certificate_request);
  if (side == Side::client && asked)
    if (const auto request = certificate_request_of(view.messages()[*asked].raw, view.version))
      listed = request->schemes;
  const std::string scheme = hex16(*proof->scheme);
  const bool old = view.tls13() && ((*proof->scheme & 0xff) == 1 || *proof->scheme >> 8 <= 2);
  if (old) return Examined{message, {"is by scheme " + scheme + ", which TLS 1.3 has not for this", {}}};
  if (listed.empty() || has(listed, *proof->scheme)) return Examined{message, {}};
  return Examined{message, {"is by scheme " + scheme + ", which its peer did not list", {}}};
}

std::optional<Examined> certificate_fits(const HandshakeView& view) {
  const auto exchanged = key_exchange(view);
  const auto shown = certificate_of(view, Side::server);
  if (!shown || view.tls13()) return std::nullopt;
  Bytes store;
  const ByteView leaf = leaf_of(view, Side::server, store);
  const auto key = leaf.empty() ? std::nullopt : certified_key(leaf);
  if (!exchanged || !key || certificate_type_agreed(view))
    return Examined{*shown, unread("the key in the server's certificate")};
  const auto rightly = exchanged->proof;
  if (rightly == KeyExchange::Proof::other || rightly == KeyExchange::Proof::none) return Examined{*shown, {}};
  if (key->kind != rightly)
    return Examined{*shown,
                    {"holds a key of another kind than " + suite_name(view.server_hello->suite) + " needs", {}}};
  if (exchanged->ephemeral ? !key->may_sign : !key->may_encrypt)
    return Examined{*shown, {"does not permit, by its keyUsage, what the cipher suite needs", {}}};
  return Examined{*shown, {}};
}

std::optional<Examined> certificate_path(const HandshakeView& view, Side side) {
  const auto shown = certificate_of(view, side);
  if (!shown) return std::nullopt;
  const auto& trust = view.cell.trust;
  if (!trust) return Examined{*shown, {{}, "whom the " + std::string(name(other(side))) + " trusts"}};
  Bytes store;
  const auto certificates = read_certificates(view, *shown, store);
  if (!certificates || certificate_type_agreed(view)) return Examined{*shown, unread("the content of the Certificate")};
  if (certificates->entries.empty()) return Examined{*shown, unread("whether its receiver can do without one")};
  const auto since = std::chrono::floor<std::chrono::seconds>(moment(view, *shown));
  return Examined{*shown, check_chain(*certificates, {.ca = trust->ca,
                                                      .shown_by = side,
                                                      .server_name = side == Side::server ? trust->server_name : "",
                                                      .unix_time = trust->unix_time + since.count()})};
}

}  // namespace ti
