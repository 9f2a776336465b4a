#pragma once
// Which side printed a text, told from the messages that only one side sends.
#include <optional>

#include "wire/transcript.hpp"

namespace ti {

/// The side that sends messages of this type; nothing where both do, or none is known to.
std::optional<Side> sender_of(MessageType type);

/// Whose text a transcript is in which the one that printed it stands for the client: the side that the first telling
/// message names; the client's if none tells.
Side whose_text(const Transcript& transcript);

/// A transcript with its sides changed for each other.
Transcript with_sides_changed(Transcript transcript);

/// A text that begins behind the ClientHello lacks it: that is said of the transcript, as something missing.
void note_missing_beginning(Transcript& transcript);

/// What is not known, of that which the judge looks at, where of a message no more than its type is printed.
Missing missing_without_content(MessageType type);

}  // namespace ti
