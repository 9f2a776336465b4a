#pragma once
// Which rules had something to look at in a run: exercised.json of its folder.
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/result.hpp"

namespace ti {

/// Rule -> the scenarios in which it had something to look at.
using Exercised = std::map<std::string, std::set<std::string>>;

std::string exercised_json(const Exercised& exercised);

/// What a results folder says of it; nothing where it says nothing.
Result<Exercised> load_exercised(const std::filesystem::path& folder);

}  // namespace ti
