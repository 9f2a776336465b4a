#include "pasted/printed_transcript.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "pasted/whose_text.hpp"

namespace ti {

namespace {

bool is(std::uint8_t content, ContentType type) { return content == static_cast<std::uint8_t>(type); }

}  // namespace

void PrintedTranscript::record(Side from, std::uint16_t version, std::uint8_t content, std::size_t length) {
  constexpr std::size_t header = 5;
  const bool fragment =
      open_ && open_->from == from && open_->content == content && is(content, ContentType::handshake);
  if (fragment) open_.reset();
  settle();
  Flow& flow = flows_[from];
  flow.headers_printed = true;
  flow.record = flow.stream;
  flow.stream += header + length;
  flow.record_version = version;
  flow.protected_record = is(content, ContentType::application_data);
  open_ = Header{from, content, length};
}

void PrintedTranscript::inner_content(Side from, std::uint8_t content) {
  if (open_ && open_->from == from) open_->content = content;
}

void PrintedTranscript::settle() {
  const auto header = std::exchange(open_, std::nullopt);
  if (!header) return;
  if (is(header->content, ContentType::change_cipher_spec)) change_cipher_spec(header->from);
  if (is(header->content, ContentType::application_data)) application_data(header->from, header->length);
  if (is(header->content, ContentType::handshake) || is(header->content, ContentType::alert))
    problem(header->from,
            "nothing is printed of a record of " + std::to_string(header->length) +
                " bytes: OpenSSL 1.1 and later print only the messages that they accept",
            Missing::messages);
}

Message& PrintedTranscript::add(Side from, MessageType type, ContentType content, std::size_t bytes, ByteView raw) {
  const bool of_open_record = open_ && open_->from == from && is(open_->content, content);
  if (of_open_record) open_.reset();
  settle();
  Flow& flow = flows_[from];
  Message& message = transcript_.messages.emplace_back();
  message.from = from;
  message.type = type;
  message.offset = flow.headers_printed ? flow.record : flow.stream;
  message.bytes = bytes;
  message.record_version = flow.record_version;
  message.content = content;
  message.protection = is_protected(from, type) ? Protection::opened : Protection::none;
  message.raw.assign(raw.begin(), raw.end());
  if (!flow.headers_printed) flow.stream += bytes;
  return message;
}

bool PrintedTranscript::is_protected(Side from, MessageType type) {
  const Flow& flow = flows_[from];
  if (transcript_.version != Version::tls13) return flow.changed_cipher;
  switch (type) {
    case MessageType::client_hello:
    case MessageType::server_hello:
    case MessageType::hello_retry_request:
    case MessageType::change_cipher_spec:
      return false;
    default:
      return !flow.headers_printed || flow.protected_record;
  }
}

void PrintedTranscript::handshake(Side from, MessageType type, std::size_t bytes, ByteView readable, ByteView raw) {
  std::string unread;
  const Version version = transcript_.version == Version::none ? said_ : transcript_.version;
  Body body = readable.empty() ? Body() : parse_handshake_body(readable, version, &unread);
  if (handshake_type(readable) == MessageType::hello_retry_request) type = MessageType::hello_retry_request;
  if (!unread.empty()) problem(from, std::move(unread), Missing::nothing, true);
  const auto* hello = std::get_if<ServerHello>(&body);
  Message& message = add(from, type, ContentType::handshake, bytes, raw);
  if (hello != nullptr && transcript_.version == Version::none) {
    transcript_.version = hello->version;
    transcript_.suite = hello->suite;
  }
  unread_hello_ |= type == MessageType::server_hello && hello == nullptr && transcript_.version == Version::none;
  if (unread_hello_) transcript_.version = said_;
  if (type == MessageType::finished) flows_[from].finished = true;
  message.body = std::move(body);
}

void PrintedTranscript::named(Side from, MessageType type, std::size_t bytes) {
  if (missing_without_content(type) != Missing::nothing)
    problem(from, "of the " + std::string(name(type)) + " no more than its name is printed",
            missing_without_content(type));
  handshake(from, type, bytes, {}, {});
}

void PrintedTranscript::alert(Side from, std::optional<Alert> alert, ByteView raw) {
  constexpr std::size_t bytes = 2;
  Message& message = add(from, MessageType::alert, ContentType::alert, bytes, raw);
  if (!alert) return;
  message.body = *alert;
  closed_ = closed_ || alert->description == alert_close_notify;
  failed_ = failed_ || is_error(*alert, transcript_.version);
}

void PrintedTranscript::change_cipher_spec(Side from) {
  const std::array<std::uint8_t, 1> raw = {1};
  add(from, MessageType::change_cipher_spec, ContentType::change_cipher_spec, raw.size(), raw);
  flows_[from].changed_cipher = true;
}

void PrintedTranscript::application_data(Side from, std::size_t bytes) {
  add(from, MessageType::application_data, ContentType::application_data, bytes, {});
}

void PrintedTranscript::encrypted(Side from, ContentType content, std::size_t bytes, ByteView raw) {
  add(from, MessageType::encrypted, content, bytes, raw).protection = Protection::sealed;
  ++transcript_.sealed_records[from];
}

void PrintedTranscript::problem(Side from, std::string what, Missing missing, bool malformed) {
  if (open_ && open_->from != from) settle();
  const Flow& flow = flows_[from];
  transcript_.problems.push_back({from, flow.headers_printed ? flow.record : flow.stream, transcript_.messages.size(),
                                  std::move(what), malformed, missing});
}

void PrintedTranscript::said_version(Side from, std::uint16_t version) {
  constexpr auto highest_on_record = static_cast<std::uint16_t>(Version::tls12);
  if (const auto said = static_cast<Version>(version); !name(said).empty()) said_ = said;
  Flow& flow = flows_[from];
  if (!flow.headers_printed) flow.record_version = std::min(version, highest_on_record);
}

bool PrintedTranscript::is_done() const {
  const auto finished = [&](Side side) { return flows_.contains(side) && flows_.at(side).finished; };
  return failed_ || (finished(Side::client) && finished(Side::server));
}

bool PrintedTranscript::is_over_before(MessageType type, ByteView readable) const {
  if (type == MessageType::client_hello && closed_) return true;
  if (type != MessageType::client_hello || !is_done()) return false;
  if (transcript_.version == Version::tls13) return true;
  const Body body = parse_handshake_body(readable, transcript_.version, nullptr);
  const auto* hello = std::get_if<ClientHello>(&body);
  if (hello == nullptr) return false;
  const Bytes* renegotiation = find(hello->extensions, ext::renegotiation_info);
  return renegotiation == nullptr || renegotiation->size() <= 1;
}

Transcript PrintedTranscript::take() {
  settle();
  return std::move(transcript_);
}

}  // namespace ti
