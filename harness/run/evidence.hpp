#pragma once
// What a cell leaves behind so that an argument can be settled.
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/recording.hpp"
#include "exec/output_log.hpp"
#include "model/results.hpp"
#include "model/verdict.hpp"
#include "wire/transcript.hpp"

namespace ti {

/// Everything a cell gathered that is not in its result.
struct Gathered {
  std::vector<Recording> recordings;    ///< as they were judged
  bool disturbed = false;               ///< the tap was to change some of them: what was sent is not what arrived
  std::vector<Recording> sent;          ///< the same connections, as each side sent
  std::vector<Recording> delivered;     ///< and as each side received
  std::vector<Transcript> transcripts;  ///< one for each recording
  Verdict verdict;
  bool whole = false;  ///< the bytes alone tell all that the judge knew of how connections went
  std::string keylog;
  std::vector<LogLine> server_log;
  std::vector<std::string> client_log;
  std::string commands;  ///< how server and client were started, as a person can paste it, and the configuration files
  std::chrono::system_clock::time_point began;
};

/// The name of a cell's folder.
std::string folder_name(const CellId& id);

/// Writes the files of one cell below `results`/evidence/ and gives their names relative to `results`. Files are the
/// user's alone (0600, folders 0700).
Evidence write_evidence(const std::filesystem::path& results, const CellId& id, const Gathered& gathered);

/// Puts what a cell left below one results folder in the place of what is below another, which goes in any case. The
/// two are of one file system.
void replace_evidence(const std::filesystem::path& results, const CellId& id, const std::filesystem::path& by);

}  // namespace ti
