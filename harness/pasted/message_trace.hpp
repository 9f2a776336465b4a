#pragma once
// What s_client -trace prints: record headers, and the structure of messages in place of their bytes.
#include <optional>
#include <string>
#include <vector>

#include "pasted/pasted_text.hpp"
#include "wire/messages.hpp"

namespace ti {

struct TracedRecord {
  Side from = Side::client;
  std::uint16_t version = 0;
  std::uint8_t content = 0;
  std::size_t length = 0;
  std::optional<std::uint8_t> inner_content;
};

/// TracedHandshake is one message. `readable` is a message put together again from the fields that parse_handshake_body
/// gives to the judge, without extensions of which the content is neither printed nor needed; it is empty for types
/// that have no body there, and where a field is missing.
struct TracedHandshake {
  MessageType type;
  std::size_t bytes = 0;  ///< with its header, as the text says
  Bytes readable;
  std::vector<std::string> problems;  ///< fields that are printed short
};

/// Whether words[at] stands in a record's header; outside of one that can be read, the header is damaged.
bool is_part_of_record_header(const PastedText& words, std::size_t at);

/// Each reads what begins at words[at], which is then behind it; nothing if there is none.
std::optional<TracedRecord> read_traced_record(const PastedText& words, std::size_t& at);
/// `Inner Content Type = Handshake (22)`, where it stands apart from its header
std::optional<std::uint8_t> read_traced_inner_content(const PastedText& words, std::size_t& at);
std::optional<Alert> read_traced_alert(const PastedText& words, std::size_t& at);
/// `version` decides how a NewSessionTicket is put together.
std::optional<TracedHandshake> read_traced_handshake(const PastedText& words, std::size_t& at, Version version);

}  // namespace ti
