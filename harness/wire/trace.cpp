#include "wire/trace.hpp"

#include <algorithm>
#include <cstdio>

namespace ti {

namespace {

constexpr std::size_t row_bytes = 16;

std::string seconds(Instant at) {
  char text[32];
  std::snprintf(text, sizeof text, "%11.6f ", std::chrono::duration<double>(at).count());
  return text;
}

const char* arrow(Side from) { return from == Side::client ? ">>>" : "<<<"; }

std::string protocol(Version version) {
  if (version == Version::none) return "TLS";
  return version == Version::ssl30 ? "SSL 3.0" : "TLS " + std::string(name(version));
}

const char* content_name(ContentType content) {
  switch (content) {
    case ContentType::change_cipher_spec:
      return "ChangeCipherSpec";
    case ContentType::alert:
      return "Alert";
    case ContentType::handshake:
      return "Handshake";
    case ContentType::application_data:
      return "ApplicationData";
    case ContentType::heartbeat:
      return "Heartbeat";
  }
  return "Unknown";
}

std::string detail(const Message& message) {
  if (const auto* alert = message.as<Alert>())
    return std::string(alert->level == 1 ? ", warning " : ", fatal ") + alert_name(alert->description);
  if (message.type == MessageType::encrypted) return ", encrypted";
  return message.content == ContentType::handshake ? ", " + std::string(name(message.type)) : "";
}

std::string header(const Message& message, Version version) {
  char length[24];
  std::snprintf(length, sizeof length, " [length %04zx]", message.bytes);
  return seconds(message.at) + arrow(message.from) + " " + protocol(version) + ", " + content_name(message.content) +
         length + detail(message) + "\n";
}

std::string rows(ByteView bytes) {
  const std::string hex = to_hex(bytes);
  std::string text;
  text.reserve(bytes.size() * 3 + bytes.size() / 4 + 8);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text += i % row_bytes == 0 ? "    " : " ";
    text.append(hex, 2 * i, 2);
    if (i % row_bytes == row_bytes - 1 || i + 1 == bytes.size()) text += "\n";
  }
  return text;
}

std::string line(const Problem& problem) {
  const char* missing = problem.missing == Missing::messages  ? ", messages missing"
                        : problem.missing == Missing::content ? ", content missing"
                                                              : "";
  return "    problem in the " + std::string(name(problem.from)) + "'s bytes at " + std::to_string(problem.offset) +
         (problem.malformed ? ", malformed" : "") + missing + ": " + problem.what + "\n";
}

std::string line(const TranscriptEnding& ending) {
  return seconds(ending.at) + arrow(ending.from) + (ending.how == Ending::How::fin ? " FIN" : " RST") +
         (ending.by_harness ? " by the harness" : "") + "\n";
}

template <class T>
void add_lines(std::string& text, const std::vector<T>& events, std::size_t index) {
  for (const T& event : events)
    if (event.before_message == index) text += line(event);
}

}  // namespace

std::string trace_text(const Transcript& transcript) {
  std::string text;
  for (std::size_t i = 0; i <= transcript.messages.size(); ++i) {
    add_lines(text, transcript.problems, i);
    add_lines(text, transcript.endings, i);
    if (i < transcript.messages.size()) {
      text += header(transcript.messages[i], transcript.version);
      text += rows(transcript.messages[i].raw);
    }
  }
  return text;
}

}  // namespace ti
