#pragma once
// What decode prints, as text or as data (reports/decode.schema.json): a connection when it is judged, then a summary.
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/results.hpp"
#include "rules/capture_judge.hpp"

namespace ti {

inline constexpr std::string_view decode_schema = "ticket-interop/decode/1";

/// JudgedConnection is one connection and all that is to be told of it.
struct JudgedConnection {
  std::string file;
  std::string client, server;  ///< address and port; empty where a text does not tell them
  ConnectionSummary summary;
  Judgement judgement;
};

/// DecodeTally is what all connections together come to.
class DecodeTally {
 public:
  void add(const Judgement& judgement);

  /// "17 connections: 15 pass, 1 fail (server), 1 incomplete".
  std::string text() const;
  /// The first that fails; else the first inconclusive one; else pass if any passed; else the first there is.
  const Judgement* decisive() const { return decisive_ ? &*decisive_ : nullptr; }
  std::size_t connections() const;
  const std::map<std::string, std::size_t>& counts() const { return counts_; }
  bool failed() const { return decisive_ && decisive_->outcome == JudgementOutcome::fail; }

 private:
  std::map<std::string, std::size_t> counts_;  ///< by what is said: "pass", "fail (server)", ...
  std::optional<Judgement> decisive_;
};

class DecodeReport {
 public:
  virtual ~DecodeReport() = default;

  /// Something beside the connections, a sentence.
  virtual void note(const std::string& sentence) = 0;
  virtual void connection(const JudgedConnection& connection) = 0;
  /// `unread` is what was not read, a phrase each.
  virtual void end(const DecodeTally& tally, const std::vector<std::string>& unread) = 0;
};

/// Text for a terminal; `colour`: with ANSI escapes; `name_files`: say from which file a connection is.
std::unique_ptr<DecodeReport> text_report(std::FILE* to, bool colour, bool name_files);
std::unique_ptr<DecodeReport> json_report(std::FILE* to);

}  // namespace ti
