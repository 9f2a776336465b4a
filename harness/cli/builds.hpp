#pragma once
// Builds that a command was given by place: found, compiled for where need be, tried, and made servers and clients of
// the catalogue.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/catalogue.hpp"
#include "run/matrix.hpp"

namespace ti {

/// What --client and --server say of builds, in every command's help.
inline constexpr const char* build_help =
    "GLOB, or ID=PLACE: on the build there (an install prefix, a build tree, a library, an unpacked system, a "
    "program), "
    "called ID=<its version>, or, with ID=LABEL:PLACE, ID=LABEL";

/// Offers --server and --client to a command that takes builds, and no globs.
void add_build_options(CLI::App& app, Filter& builds);

/// A command's words with the places of builds made absolute, so that they mean the same wherever it is given again.
std::vector<std::string> with_absolute_places(std::vector<std::string> words);

/// Takes the orders (ID=PLACE) out of the filter's servers and clients, adds to the catalogue a server or client for
/// each that was seen to run on that build and no other, and puts its id in the order's place. Throws UsageError where
/// a place is none, or an id has no builds, and std::runtime_error where a build cannot be run.
void add_builds(Catalogue& catalogue, Filter& filter, const Paths& paths);

}  // namespace ti
