#pragma once
// What a server or client says of its own version.
#include "endpoints/run_context.hpp"
#include "exec/asio.hpp"
#include "model/results.hpp"

namespace ti {

/// Facts of a server: version (the first line its version command prints), library, title, binary_sha256, and
/// library_version if its manifest says where that stands in what the command prints; of another build also `tls` and
/// lack_of() each capability, where the command tells what the build has not. A version that cannot be had is said as
/// "unknown: why".
awaitable<Facts> server_facts(const ServerManifest& manifest, const RunContext& context);

/// What facts say of a build: its place, its label, the file that is tested and its SHA-256.
void tell_build(Facts& facts, const Build& build);

/// Why a program gave no answer: what was seen of it, and what it printed; the dynamic loader's complaint comes first.
std::string why_silent(const std::string& seen, std::string_view printed);

/// The name of the fact that says why a build lacks a capability which its manifest has.
std::string lack_of(const std::string& capability);

/// The file of a library among what a process has loaded (/proc/PID/maps): the shortest name that bears the library's,
/// else libssl; empty when neither is there, as for one that is linked into the program.
std::string library_file(std::string_view maps, const std::string& library);

/// Facts of a client: version, library, front_door, carry, `file` and `file_sha256` of the library that its adapter has
/// loaded, `tls` if its adapter says which versions ("1.2 1.3") the library found here can be pinned to, lack_of() each
/// capability that it says that library lacks, `broken` if it cannot be driven, and `clock`: "moves", "stands still",
/// "its own" or "not told", as observed by moving a virtual clock under its adapter; "real" when `libfaketime` is
/// empty.
awaitable<Facts> client_facts(const ClientManifest& manifest, const RunContext& context,
                              const std::filesystem::path& libfaketime);

}  // namespace ti
