#pragma once
// The dumps of s_client -msg: `>>> TLS 1.0 Handshake [length 019e], ClientHello 01 00 ...`.
#include <optional>
#include <string_view>

#include "base/recording.hpp"
#include "pasted/pasted_text.hpp"

namespace ti {

/// MessageDump is one dump, its words viewed in the text. OpenSSL 1.1 leaves out the content's name where it is a
/// record header (length 5) or an inner content type (length 1).
struct MessageDump {
  Side from = Side::client;   ///< who sent it, the text being the client's
  bool datagram = false;      ///< DTLS
  std::uint16_t version = 0;  ///< 0 if the text does not say
  std::string_view content;   ///< "Handshake", "RecordHeader", ..., or empty
  std::string_view detail;    ///< "ClientHello", "fatal", ..., or empty
  std::size_t length = 0;     ///< as declared
  Bytes bytes;                ///< no more than declared
  std::size_t surplus = 0;    ///< further bytes that stand behind them

  bool complete() const { return bytes.size() == length; }
};

/// The dump that begins at words[at], which is then behind it; nothing if none begins there.
std::optional<MessageDump> read_message_dump(const PastedText& words, std::size_t& at);

}  // namespace ti
