#pragma once
// What the scenarios of a run ask for: scenarios.json of its folder, by which the page tells what was expected.
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace ti {

/// Scenario -> its policy and timeline, as they were written, as JSON on one line.
using Definitions = std::map<std::string, std::string>;

/// Of those scenarios below a folder of scenarios; what cannot be read is left out.
Definitions definitions_of(const std::filesystem::path& scenarios, const std::set<std::string>& ids);

std::string definitions_json(const Definitions& definitions);

/// What a results folder says of it; nothing where it says nothing that can be read.
Definitions load_definitions(const std::filesystem::path& folder);

}  // namespace ti
