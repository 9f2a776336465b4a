#pragma once
// The messages of one connection in wire order, and what can be said of each handshake by its shape alone.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wire/messages.hpp"

namespace ti {

/// Missing is what the evidence lacks where a problem stands. Nothing can be said there that rests on it.
enum class Missing : std::uint8_t {
  nothing,
  content,  ///< of the message that follows only the type is known, or only part of the content
  messages  ///< what the side sent from there on is not known, nor what was said in answer to it
};

/// Problem is something that is not TLS, or could not be read: never a crash, always a place.
struct Problem {
  Side from;
  std::size_t offset;          ///< in that side's byte stream
  std::size_t before_message;  ///< it stands before the message of this index
  std::string what;
  bool malformed;  ///< the peer sent what TLS does not allow; false: it was cut off, or no key was there
  Missing missing = Missing::nothing;
};

/// TranscriptEnding is one side's end of stream, placed among the messages.
struct TranscriptEnding {
  Side from;
  Ending::How how;
  Instant at;
  std::size_t before_message;
  bool by_harness;
};

/// Where a transcript comes from decides what its order means.
enum class Vantage : std::uint8_t {
  wire,             ///< tap or capture: causal order
  client_callback,  ///< text of s_client -msg: a message from the server stands where the client *processed* it
  server_callback,  ///< text of a server: a message from the client stands where the server processed it
  untimed           ///< text that prints what passed on the wire: causal order, but no times
};

/// Transcript is everything understood of one connection.
struct Transcript {
  std::vector<Message> messages;
  std::vector<Problem> problems;
  std::vector<TranscriptEnding> endings;
  Version version = Version::none;  ///< negotiated by the first ServerHello
  std::uint16_t suite = 0;
  Bytes master_secret;  ///< below TLS 1.3, of the handshake that negotiated the version; empty: no key log tells it
  Vantage vantage = Vantage::wire;
  std::map<Side, std::size_t>
      sealed_records;  ///< records that could not be opened, a side; TLS 1.3 middlebox CCS do not count
};

enum class HandshakeKind : std::uint8_t { full, resumed, failed };
std::string_view name(HandshakeKind kind);

enum class ResumedBy : std::uint8_t { nothing, ticket, session_id };

/// Handshake is one handshake of a connection (a renegotiation is a further one), told from the shape of the messages.
struct Handshake {
  std::size_t client_hello;                       ///< index of the message; the second one after a HelloRetryRequest
  std::optional<std::size_t> first_client_hello;  ///< the one before a HelloRetryRequest
  std::optional<std::size_t> server_hello;
  std::optional<std::size_t> client_finished;
  std::optional<std::size_t> server_finished;
  std::size_t end;                             ///< one past its last message (the next ClientHello, or the end)
  HandshakeKind kind = HandshakeKind::failed;  ///< full and resumed only when both sides have finished
  bool abbreviated = false;                   ///< the server took up what was offered, whether or not it then completed
  ResumedBy resumed_by = ResumedBy::nothing;  ///< by `abbreviated`; PSK counts as ticket
  bool finished_visible = true;               ///< false: completion was inferred from record shapes (no keys)
  std::vector<std::size_t> new_tickets;       ///< indices of every NewSessionTicket until `end`
};

/// The handshakes of a transcript, in order. Empty if there is no ClientHello.
///
/// Below TLS 1.3 a handshake was abbreviated if the server's ServerHello is followed, NewSessionTicket and
/// CertificateStatus aside, by its ChangeCipherSpec (RFC 5246 7.3, RFC 5077 3.1); in TLS 1.3 if the ServerHello selects
/// a PSK (RFC 8446 2.2). It completed if both Finished were seen, or, without keys, if both sides sent a protected
/// handshake record after their ChangeCipherSpec and no error alert came in between.
///
/// A ClientHello that the server never answers with a ServerHello still begins a handshake, of kind failed; but a
/// server message that follows it without a ServerHello belongs to the handshake before it when the server cannot yet
/// have seen the hello (text of either side).
std::vector<Handshake> handshakes_of(const Transcript& transcript);

/// SHA-256, lower-case hexadecimal: how tickets are named in results.
std::string sha256_hex(ByteView bytes);

}  // namespace ti
