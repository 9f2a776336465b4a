#pragma once
// What readers share: connections added to what a text tells.
#include <vector>

#include "pasted/pasted.hpp"

namespace ti {

inline void add_connections(std::vector<Transcript> transcripts, Pasted& pasted) {
  for (Transcript& transcript : transcripts) pasted.connections.push_back({std::move(transcript), {}, {}});
}

inline void add_connections(std::vector<PrintedConnection> connections, Pasted& pasted) {
  for (PrintedConnection& connection : connections) pasted.connections.push_back(std::move(connection));
}

}  // namespace ti
