#pragma once
// What a printed secret proves of printed messages.
#include "wire/transcript.hpp"

namespace ti {

/// Notes of each Finished that fits all messages before it by the master secret of its connection that it does: then
/// nothing is missing of them. One that does not fit proves nothing, for a text may have lost some.
void note_proven(Transcript& transcript, ByteView master_secret);

}  // namespace ti
