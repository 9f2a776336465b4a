#pragma once
// What a text prints of one connection, event by event, to a transcript.
#include <map>
#include <optional>
#include <string>

#include "wire/transcript.hpp"

namespace ti {

/// PrintedTranscript takes the events of one connection in the order in which they were printed. Record headers are
/// optional: old versions of s_client do not print them.
class PrintedTranscript {
 public:
  explicit PrintedTranscript(Vantage vantage = Vantage::client_callback) { transcript_.vantage = vantage; }

  /// A record header. If nothing of the record's content is printed next, the header alone tells what passed.
  void record(Side from, std::uint16_t version, std::uint8_t content, std::size_t length);
  /// The last record's header is another connection's.
  void forget_record() { open_.reset(); }
  /// The true content type of a TLS 1.3 record, printed after its header.
  void inner_content(Side from, std::uint8_t content);

  /// A handshake message of `bytes` bytes. `readable` is what its body is read from (empty: nothing can be read), `raw`
  /// what was printed of it.
  void handshake(Side from, MessageType type, std::size_t bytes, ByteView readable, ByteView raw);
  /// A handshake message of which no more is printed than its type and length.
  void named(Side from, MessageType type, std::size_t bytes);
  /// Nothing where its two bytes are not printed.
  void alert(Side from, std::optional<Alert> alert, ByteView raw);
  void change_cipher_spec(Side from);
  void application_data(Side from, std::size_t bytes);
  /// A record that nobody opened, of which the bytes may not be printed.
  void encrypted(Side from, ContentType content, std::size_t bytes, ByteView raw);

  /// Something that could not be read, before the next message.
  void problem(Side from, std::string what, Missing missing, bool malformed = false);
  /// The version that the text says messages have, for a side whose record headers are not printed.
  void said_version(Side from, std::uint16_t version);

  /// Whether a handshake message begins another connection: it is a ClientHello, and the last one was closed; or it has
  /// failed or has nothing left to do, and this one says to renegotiate nothing.
  bool is_over_before(MessageType type, ByteView readable) const;
  /// The handshake has failed, or both sides have finished it.
  bool is_done() const;

  bool empty() const { return transcript_.messages.empty() && transcript_.problems.empty(); }
  Version version() const { return transcript_.version; }
  /// The transcript, complete. To be called once.
  Transcript take();

 private:
  struct Header {
    Side from;
    std::uint8_t content;
    std::size_t length;
  };
  struct Flow {
    std::size_t stream = 0;  ///< bytes so far
    std::size_t record = 0;  ///< where the last record began
    std::uint16_t record_version = 0;
    bool headers_printed = false;
    bool protected_record = false;  ///< the last header is one of TLS 1.3's protected records
    bool changed_cipher = false;
    bool finished = false;
  };

  void settle();
  Message& add(Side from, MessageType type, ContentType content, std::size_t bytes, ByteView raw);
  bool is_protected(Side from, MessageType type);

  Transcript transcript_;
  std::map<Side, Flow> flows_;
  std::optional<Header> open_;  ///< a record header of which nothing was printed yet
  bool failed_ = false;
  bool closed_ = false;  ///< a side said close_notify
  Version said_ = Version::none;
  bool unread_hello_ = false;  ///< the version is the one that the text says messages have
};

}  // namespace ti
