#include "pasted/named_messages.hpp"

#include <array>
#include <cctype>
#include <utility>

#include "pasted/whose_text.hpp"

namespace ti {

std::optional<MessageType> message_named(std::string_view name) {
  std::string letters;
  for (const char c : name)
    if (std::isalpha(static_cast<unsigned char>(c)) != 0)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  static constexpr std::array<std::pair<std::string_view, MessageType>, 16> others = {
      {{"serversessionticket", MessageType::new_session_ticket},
       {"sessionticket", MessageType::new_session_ticket},
       {"servercertificate", MessageType::certificate},
       {"clientcertificate", MessageType::certificate},
       {"certverify", MessageType::certificate_verify},
       {"servercertificateverify", MessageType::certificate_verify},
       {"serverfinished", MessageType::finished},
       {"clientfinished", MessageType::finished},
       {"serverdone", MessageType::server_hello_done},
       {"serverfinisheddone", MessageType::server_hello_done},
       {"servercertificaterequest", MessageType::certificate_request},
       {"requestcert", MessageType::certificate_request},
       {"certificaterequest", MessageType::certificate_request},
       {"hellorequest", MessageType::hello_request},
       {"servercertificatestatus", MessageType::certificate_status},
       {"serverkeyupdate", MessageType::key_update}}};
  for (const auto& [text, type] : others)
    if (text == letters) return type;
  const auto type = message_type_of(letters);
  const bool handshake =
      type && static_cast<std::uint16_t>(*type) < static_cast<std::uint16_t>(MessageType::message_hash);
  return handshake || type == MessageType::hello_retry_request ? type : std::nullopt;
}

NamedConnections::Connection& NamedConnections::current() {
  if (connections_.empty()) next_connection();
  return connections_[current_];
}

void NamedConnections::next_connection() {
  if (!connections_.empty() && connections_.back().transcript.empty()) {
    current_ = connections_.size() - 1;
    return;
  }
  connections_.emplace_back();
  current_ = connections_.size() - 1;
}

void NamedConnections::select(const std::string& connection) {
  const auto [found, is_new] = named_.emplace(connection, connections_.size());
  if (is_new) connections_.emplace_back();
  current_ = found->second;
  name_ = connection;
}

PrintedTranscript& NamedConnections::transcript_of(Side from, MessageType type, ByteView readable) {
  const auto sender = sender_of(type);
  std::optional<Side> owner = current().owner;
  if (sender && relative_ != Relative::to_wire) owner = from == Side::client ? *sender : other(*sender);
  const bool contradicts = current().owner && owner != current().owner;
  const bool named_anew = type == MessageType::client_hello && readable.empty() && current().transcript.is_done();
  if (contradicts || named_anew || current().transcript.is_over_before(type, readable)) {
    next_connection();
    if (!name_.empty()) named_[name_] = current_;
  }
  current().owner = owner;
  return current().transcript;
}

void NamedConnections::handshake(Side from, MessageType type, std::size_t bytes, ByteView readable) {
  PrintedTranscript& transcript = transcript_of(from, type, readable);
  readable.empty() ? transcript.named(from, type, bytes) : transcript.handshake(from, type, bytes, readable, readable);
}

void NamedConnections::change_cipher_spec(Side from) { current().transcript.change_cipher_spec(from); }

void NamedConnections::alert(Side from, std::optional<Alert> alert) {
  const Bytes raw = alert ? Bytes{alert->level, alert->description} : Bytes();
  if (!alert) current().transcript.problem(from, "of an alert no more than its name is printed", Missing::content);
  current().transcript.alert(from, alert, raw);
}

void NamedConnections::sealed(Side from, ContentType content, std::size_t bytes) {
  current().transcript.encrypted(from, content, bytes, {});
}

void NamedConnections::application_data(Side from, std::size_t bytes) {
  current().transcript.application_data(from, bytes);
}

void NamedConnections::record(Side from, std::uint16_t version, std::uint8_t content, std::size_t length) {
  current().transcript.record(from, version, content, length);
}

void NamedConnections::inner_content(Side from, std::uint8_t content) {
  current().transcript.inner_content(from, content);
}

void NamedConnections::missing(std::string what) {
  if (!connections_.empty()) current().transcript.problem(Side::client, std::move(what), Missing::messages);
}

void NamedConnections::said_version(std::uint16_t version) {
  for (const Side side : {Side::client, Side::server}) current().transcript.said_version(side, version);
}

std::vector<PrintedConnection> NamedConnections::take() {
  std::vector<PrintedConnection> told;
  for (Connection& connection : connections_) {
    if (connection.transcript.empty()) continue;
    Transcript transcript = connection.transcript.take();
    if (connection.owner == Side::server) transcript = with_sides_changed(std::move(transcript));
    if (relative_ == Relative::to_owner) {
      transcript.vantage = connection.owner == Side::server ? Vantage::server_callback : Vantage::client_callback;
    }
    note_missing_beginning(transcript);
    told.push_back({std::move(transcript), {}, {}});
  }
  return told;
}

}  // namespace ti
