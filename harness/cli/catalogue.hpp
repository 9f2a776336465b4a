#pragma once
// What there is to choose from, and what of it can be used here.
#include "cli/cli.hpp"
#include "run/matrix.hpp"

namespace ti {

/// Loads every manifest and scenario and looks for what they need. Never fails: what is broken or missing is in the
/// catalogue.
Catalogue load_catalogue(const Paths& paths);

/// Writes the catalogue's errors to stderr, one a line.
void print_errors(const Catalogue& catalogue);

}  // namespace ti
