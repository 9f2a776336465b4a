#pragma once
// What the table of commands says, for man and for shells.
#include <CLI/CLI.hpp>
#include <string>

namespace ti {

/// The manual of the program in roff, for man(1).
std::string man_page(const CLI::App& program, const std::string& version);

/// What completes commands and options in bash, zsh or fish; bash completes names of servers, clients and scenarios,
/// too. Throws UsageError for another shell.
std::string completion(const CLI::App& program, const std::string& shell);

}  // namespace ti
