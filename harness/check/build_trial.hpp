#pragma once
// Builds put to the test before anything runs on them: do they start, and is what is loaded theirs?
#include "endpoints/run_context.hpp"
#include "exec/asio.hpp"
#include "model/manifest.hpp"
#include "model/results.hpp"

namespace ti {

/// Starts a server on its build once, without a policy, and waits until it is ready. Throws HarnessError when it does
/// not come up, or runs on another build. The libraries that a program loads from elsewhere than its place are the
/// build's from then on.
awaitable<void> try_server(ServerManifest* manifest, const RunContext& context);

/// Starts a client that is a program on its build, against a port that says nothing, at each version of its manifest.
/// What of its command the program does not know goes, if the manifest lets it; a version or capability that goes with
/// it, too, with the reason in `cannot`. Its libraries are as a server's. Throws HarnessError when it does not get as
/// far as to connect, or runs on another build.
awaitable<void> fit_program(ClientManifest* manifest, const RunContext& context);

/// Settles what the manifest's recipe makes depend on the library's version: cipher strings, and a server's versions.
void fit_to_version(ServerManifest& manifest, const std::string& library_version);
void fit_to_version(ClientManifest& manifest, const std::string& library_version);

}  // namespace ti
