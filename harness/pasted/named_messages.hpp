#pragma once
// Messages of which a text prints no more than their names: of libraries' debug output, of ssldump, of tshark's lines.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pasted/pasted.hpp"
#include "pasted/printed_transcript.hpp"

namespace ti {

/// The handshake message that a text calls so, however it spells the name: `SERVER HELLO`, `Server hello`,
/// `server_session_ticket`, `Newsession Ticket`.
std::optional<MessageType> message_named(std::string_view name);

/// NamedConnections takes events of one text. Their sides are those of the connection; or those of the program that
/// prints it (Relative::to_owner), or of whoever is seen first (to_first), who stands for the client until the messages
/// tell who it is.
class NamedConnections {
 public:
  enum class Relative : std::uint8_t { to_wire, to_owner, to_first };
  explicit NamedConnections(Relative relative) : relative_(relative) {}

  /// A handshake message of `bytes` bytes (0: not printed) whose content is not known; with `readable`, all of it.
  void handshake(Side from, MessageType type, std::size_t bytes, ByteView readable = {});
  void change_cipher_spec(Side from);
  void alert(Side from, std::optional<Alert> alert);
  /// A record that is not opened, or of which nothing is said.
  void sealed(Side from, ContentType content, std::size_t bytes);
  void application_data(Side from, std::size_t bytes);
  void record(Side from, std::uint16_t version, std::uint8_t content, std::size_t length);
  void inner_content(Side from, std::uint8_t content);
  void missing(std::string what);
  void said_version(std::uint16_t version);

  /// What follows belongs to the connection of that name; without it, to that of the last event.
  void select(const std::string& connection);
  void next_connection();

  bool empty() const { return connections_.empty(); }
  std::vector<PrintedConnection> take();

 private:
  struct Connection {
    PrintedTranscript transcript{Vantage::untimed};
    std::optional<Side> owner;
  };

  Connection& current();
  /// The connection that a message belongs to, after it has begun another one if it can be no other's.
  PrintedTranscript& transcript_of(Side from, MessageType type, ByteView readable);

  Relative relative_;
  std::vector<Connection> connections_;
  std::size_t current_ = 0;
  std::map<std::string, std::size_t> named_;
  std::string name_;  ///< of the one selected
};

}  // namespace ti
