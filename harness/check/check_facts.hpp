#pragma once
// What one connection of a client under test shows. Each want_... throws CheckFailed; `where` begins its words.
#include <string>
#include <string_view>
#include <vector>

#include "check/check_bench.hpp"

namespace ti {

/// The first ClientHello, or CheckFailed.
const ClientHello& hello_of(const Attempt& attempt);

/// The ticket that the first ClientHello offers; empty when it offers none.
Bytes offered_by(const Attempt& attempt);

/// The tickets that a connection brought.
std::vector<const NewSessionTicket*> tickets_of(const Attempt& attempt);
const NewSessionTicket* find_ticket(const Attempt& attempt, const Bytes& offered);

/// Whether the client sent a message of this type.
bool sent(const Attempt& attempt, MessageType type);
bool says_close_notify(const Attempt& attempt);

/// Its stage and text.
std::string words_of(const ClientWord& word);

/// "TLS 1.2"; "1.3 1.2", of versions at which the same was seen.
std::string at_version(Version version);
std::string listed(const std::vector<Version>& versions);

/// The connection ended, well by the client's word and on the wire.
void want_success(const Attempt& attempt, std::string_view where);

/// What the client says of the connection is what the wire shows. What it does not say is no lie.
void want_truth(const Attempt& attempt, std::string_view where);

/// Told to offer none, it offers no ticket and does a full handshake.
void want_fresh(const Attempt& attempt, const std::string& where);

/// What a hello offers beyond the one version that it may; empty when nothing.
std::string beyond(const ClientHello& hello, Version pinned);

/// RFC 8701: a value that stands for nothing.
bool grease(std::uint16_t number);

}  // namespace ti
