#pragma once
// Sessions below TLS 1.3: what a ticket stands for, and whether a server takes it up.
#include "rules/view.hpp"

namespace ti {

/// Session is what a ticket of TLS <= 1.2 stands for: what the hellos of the handshake agreed on that brought it.
struct Session {
  std::size_t connection;  ///< from 1
  Version version;
  std::uint16_t suite;
  bool extended_master_secret;  ///< RFC 7627 5.2: the extension is in both hellos
};

/// The session of the ticket that a hello offers in extension 35. Nothing when the ticket was not seen being issued,
/// when its hellos could not be read, or when the harness changed bits of either handshake.
std::optional<Session> session_offered(const HandshakeView& view);

/// Whether the hello lets the server choose that session's version, without which it cannot be resumed.
bool may_resume(const ClientHello& hello, const Session& session);

/// Whether the server has shown that it knows RFC 7627: by answering extended_master_secret here or, where all
/// connections of the cell are with one server, in any of them.
bool knows_extended_master_secret(const HandshakeView& view);

/// Whether the ServerHello repeats a session ID that is not empty, which below TLS 1.3 says that it resumes.
bool echoes_session_id(const HandshakeView& view);

/// The first message below TLS 1.3 that only a full handshake has: the certificate, or what comes where there is none.
std::optional<std::size_t> full_handshake_begin(const HandshakeView& view);

/// The session that the server takes up, by the shape of its flight or, where that was not seen, by its ServerHello.
std::optional<Session> session_resumed(const HandshakeView& view);

}  // namespace ti
