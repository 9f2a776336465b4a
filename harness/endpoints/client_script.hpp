#pragma once
// A cell's client by hand.
#include "endpoints/client.hpp"
#include "model/manifest.hpp"
#include "model/scenario.hpp"

namespace ti {

/// The lines of bash by which a client does what the timeline asks of it, one step after the other and at its time,
/// against a server at that port of 127.0.0.1. They can be pasted into a terminal as they are. An adapter of carry
/// `export` gets its sessions from its own answers. Throws HarnessError.
std::string client_script(const ClientManifest& manifest, const RunContext& context, const ClientSettings& settings,
                          const Scenario& scenario, std::uint16_t port);

}  // namespace ti
