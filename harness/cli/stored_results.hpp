#pragma once
// Results that lie somewhere, for the commands that only read them.
#include <filesystem>
#include <string>

#include "model/results.hpp"
#include "report/formats.hpp"

namespace ti {

/// The results of a file, or of a run's folder; of a run that was killed, what it had finished. Throws UsageError when
/// there are none, or none that can be read.
Results load_stored(const std::string& file_or_folder);

/// The folder in which those results lie, and with them their details.
std::filesystem::path folder_of(const std::string& file_or_folder);

/// The cell of that id; UsageError where there is none, with the nearest that is.
const CellResult& cell_named(const std::string& typed, const Results& results);

/// Writes a report to a file, whole or not at all; to stdout for "" and "-". Throws std::runtime_error when it cannot.
void write_report(const std::string& text, const std::string& file);

/// Writes results, those at `source`, in a format. A page goes to a folder; for "" to that of the results.
void write_as(const Format& format, const Results& results, const std::string& source, const std::string& out);

}  // namespace ti
