#pragma once
// What lies in a place that a person named as a build: an install prefix, a build tree that was never installed, a lone
// library, an unpacked system, a program.
#include <filesystem>

#include "base/result.hpp"
#include "model/build.hpp"

namespace ti {

/// The build at the order's places, as the recipe looks for it; the error says what is not there. Folders of links that
/// the loader needs where a library lies among others that must not be loaded are made below `links`.
Result<Build> find_build(const BuildOrder& order, const BuildRecipe& recipe, const std::filesystem::path& links);

}  // namespace ti
