#include "wire/transcript.hpp"

#include <openssl/sha.h>

#include <algorithm>

namespace ti {

namespace {

/// The least that a TLS 1.3 record with a Finished can hold: message, inner type, tag. An alert is shorter.
constexpr std::size_t least_sealed_finished = 4 + 32 + 1 + 8;

bool is(const Message& message, Side from, MessageType type) { return message.from == from && message.type == type; }

/// The messages [begin, end) of one transcript, searched by what they are.
class Stretch {
 public:
  Stretch(const Transcript& transcript, std::size_t begin, std::size_t end)
      : transcript_(transcript), begin_(begin), end_(end) {}

  std::optional<std::size_t> first(Side from, MessageType type, std::size_t begin) const {
    return first_that(begin, [&](std::size_t i) { return is(at(i), from, type); });
  }

  /// The first record of a side, from `begin` on, that nobody could open for want of a key.
  std::optional<std::size_t> first_sealed(Side from, ContentType content, std::size_t least_bytes,
                                          std::size_t begin) const {
    return first_that(begin, [&](std::size_t i) {
      return is(at(i), from, MessageType::encrypted) && at(i).content == content && at(i).bytes >= least_bytes &&
             !refused(i);
    });
  }

  std::optional<std::size_t> last_sealed(Side from, ContentType content, std::size_t begin, std::size_t end) const {
    std::optional<std::size_t> last;
    for (auto i = first_sealed(from, content, 0, begin); i && *i < end; i = first_sealed(from, content, 0, *i + 1))
      last = i;
    return last;
  }

  bool error_alert_between(std::size_t begin, std::size_t end) const {
    const auto alert = first_that(begin, [&](std::size_t i) {
      const auto* body = at(i).as<Alert>();
      return body != nullptr && is_error(*body, transcript_.version);
    });
    return alert && *alert < end;
  }

  template <class Predicate>
  std::optional<std::size_t> first_that(std::size_t begin, Predicate predicate) const {
    for (std::size_t i = std::max(begin, begin_); i < end_; ++i)
      if (predicate(i)) return i;
    return std::nullopt;
  }

  const Message& at(std::size_t i) const { return transcript_.messages[i]; }

 private:
  /// Whether there was a key for a sealed record, and it did not open it.
  bool refused(std::size_t i) const {
    return std::any_of(transcript_.problems.begin(), transcript_.problems.end(), [&](const Problem& problem) {
      return problem.malformed && problem.before_message == i && problem.from == at(i).from;
    });
  }

  const Transcript& transcript_;
  std::size_t begin_;
  std::size_t end_;
};

std::size_t beginning(const Handshake& handshake) {
  return handshake.first_client_hello.value_or(handshake.client_hello);
}

/// One handshake a ClientHello, the one that answers a HelloRetryRequest excepted; each ends where the next begins.
std::vector<Handshake> split_at_hellos(const std::vector<Message>& messages) {
  std::vector<Handshake> handshakes;
  bool retry = false;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (is(messages[i], Side::server, MessageType::hello_retry_request)) retry = true;
    if (is(messages[i], Side::server, MessageType::server_hello)) retry = false;
    if (!is(messages[i], Side::client, MessageType::client_hello)) continue;
    if (retry && !handshakes.empty()) {
      handshakes.back().first_client_hello = handshakes.back().client_hello;
      handshakes.back().client_hello = i;
    } else {
      if (!handshakes.empty()) handshakes.back().end = i;
      Handshake& handshake = handshakes.emplace_back();
      handshake.client_hello = i;
      handshake.end = messages.size();
    }
    retry = false;
  }
  return handshakes;
}

/// Whether a server that has not answered a ClientHello may send this: it still speaks in the handshake before it.
bool belongs_to_earlier(const Message& message) {
  switch (message.type) {
    case MessageType::new_session_ticket:
    case MessageType::change_cipher_spec:
    case MessageType::finished:
    case MessageType::application_data:
    case MessageType::encrypted:
      return message.from == Side::server;
    default:
      return false;
  }
}

bool was_abbreviated(const Stretch& stretch, std::size_t server_hello) {
  bool ticket = false;
  const auto next = stretch.first_that(server_hello + 1, [&](std::size_t i) {
    const Message& message = stretch.at(i);
    if (message.from == Side::client || message.type == MessageType::certificate_status) return false;
    ticket |= message.type == MessageType::new_session_ticket;
    return message.type != MessageType::new_session_ticket;
  });
  return next ? stretch.at(*next).type == MessageType::change_cipher_spec : ticket;
}

std::optional<std::size_t> sealed_finished(const Stretch& stretch, Side side, std::size_t server_hello) {
  const auto change = stretch.first(side, MessageType::change_cipher_spec, server_hello);
  if (!change) return std::nullopt;
  const auto sealed = stretch.first_sealed(side, ContentType::handshake, 0, *change);
  return sealed && !stretch.error_alert_between(server_hello, *sealed) ? sealed : std::nullopt;
}

/// Fills in the Finished that nobody could read, from the shapes of the records, if they have those of a handshake that
/// completed.
void infer_finished(const Stretch& stretch, Handshake& handshake) {
  handshake.finished_visible = false;
  for (const Side side : {Side::client, Side::server}) {
    auto& finished = side == Side::client ? handshake.client_finished : handshake.server_finished;
    if (!finished) finished = sealed_finished(stretch, side, *handshake.server_hello);
  }
}

void infer_finished_13(const Stretch& stretch, Handshake& handshake) {
  constexpr auto content = ContentType::application_data;
  handshake.finished_visible = false;
  const std::size_t server_hello = *handshake.server_hello;
  const auto flight = handshake.server_finished ? handshake.server_finished
                                                : stretch.first_sealed(Side::server, content, 0, server_hello);
  if (!handshake.client_finished && flight) {
    const auto sealed = stretch.first_sealed(Side::client, content, least_sealed_finished, *flight);
    if (sealed && !stretch.error_alert_between(server_hello, *sealed)) handshake.client_finished = sealed;
  }
  if (!handshake.server_finished && handshake.client_finished)
    handshake.server_finished = stretch.last_sealed(Side::server, content, server_hello, *handshake.client_finished);
}

/// Whether the side that received the last Finished answered it with an error alert: for it there was no handshake.
bool refused_at_the_end(const Stretch& stretch, const Handshake& handshake, Version version) {
  const std::size_t last = std::max(*handshake.client_finished, *handshake.server_finished);
  const Side receiver = other(stretch.at(last).from);
  const auto answer = stretch.first_that(last + 1, [&](std::size_t i) { return stretch.at(i).from == receiver; });
  const Alert* alert = answer ? stretch.at(*answer).as<Alert>() : nullptr;
  return alert != nullptr && is_error(*alert, version);
}

void judge_shape(const Transcript& transcript, const Stretch& stretch, Handshake& handshake) {
  handshake.server_hello = stretch.first(Side::server, MessageType::server_hello, handshake.client_hello);
  if (!handshake.server_hello) return;
  const std::size_t from = *handshake.server_hello;
  const auto* server_hello = stretch.at(from).as<ServerHello>();
  const auto* client_hello = stretch.at(handshake.client_hello).as<ClientHello>();
  const bool tls13 = (server_hello != nullptr ? server_hello->version : transcript.version) == Version::tls13;

  handshake.abbreviated =
      tls13 ? server_hello != nullptr && server_hello->selected_psk.has_value() : was_abbreviated(stretch, from);
  handshake.client_finished = stretch.first(Side::client, MessageType::finished, from);
  handshake.server_finished = stretch.first(Side::server, MessageType::finished, from);
  if (!handshake.client_finished || !handshake.server_finished)
    tls13 ? infer_finished_13(stretch, handshake) : infer_finished(stretch, handshake);

  if (!handshake.client_finished || !handshake.server_finished)
    handshake.finished_visible = true;
  else if (!refused_at_the_end(stretch, handshake, transcript.version))
    handshake.kind = handshake.abbreviated ? HandshakeKind::resumed : HandshakeKind::full;
  if (handshake.abbreviated) {
    const bool ticket = tls13 || (client_hello != nullptr && client_hello->ticket && !client_hello->ticket->empty());
    handshake.resumed_by = ticket ? ResumedBy::ticket : ResumedBy::session_id;
  }
}

}  // namespace

std::string_view name(HandshakeKind kind) {
  switch (kind) {
    case HandshakeKind::full:
      return "full";
    case HandshakeKind::resumed:
      return "resumed";
    case HandshakeKind::failed:
      break;
  }
  return "failed";
}

std::vector<Handshake> handshakes_of(const Transcript& transcript) {
  const std::vector<Message>& messages = transcript.messages;
  std::vector<Handshake> handshakes = split_at_hellos(messages);
  std::vector<std::size_t> owner(messages.size(), 0);
  for (std::size_t k = 0; k < handshakes.size(); ++k) {
    const std::size_t next = handshakes[k].end;
    bool answered = transcript.vantage == Vantage::wire || k == 0;
    for (std::size_t i = beginning(handshakes[k]); i < next; ++i) {
      const bool late = !answered && belongs_to_earlier(messages[i]);
      answered |= messages[i].from == Side::server && !late;
      owner[i] = late ? k - 1 : k;
      if (late) handshakes[k - 1].end = i + 1;
    }
  }
  for (std::size_t k = 0; k < handshakes.size(); ++k) {
    Handshake& handshake = handshakes[k];
    judge_shape(transcript, Stretch(transcript, beginning(handshake), handshake.end), handshake);
    for (std::size_t i = beginning(handshake); i < handshake.end; ++i)
      if (owner[i] == k && is(messages[i], Side::server, MessageType::new_session_ticket))
        handshake.new_tickets.push_back(i);
  }
  return handshakes;
}

std::string sha256_hex(ByteView bytes) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  return to_hex(digest);
}

}  // namespace ti
