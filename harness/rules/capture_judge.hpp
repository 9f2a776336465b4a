#pragma once
// Connections of captures and texts from elsewhere, judged one by one, each against what came before it.
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/registry.hpp"

namespace ti {

/// JudgementOutcome is what is said of one connection. Only `fail` accuses; given_up, incomplete, not_judged and no_tls
/// are notes.
enum class JudgementOutcome : std::uint8_t {
  pass,
  fail,
  inconclusive,
  given_up,    ///< the client left before the handshake was over, without a word
  incomplete,  ///< not enough of it was captured
  not_judged,  ///< it speaks a version that no document here is about
  no_tls       ///< the server does not speak TLS
};

/// "pass", "given up", "not judged", ...
std::string_view name(JudgementOutcome outcome);

/// Judges the last connection of an observation, beside the others.
Verdict judge_last(const Observation& observation);

/// Judgement is a verdict on one connection; its places name the connection by its number.
struct Judgement {
  std::size_t number = 0;
  JudgementOutcome outcome = JudgementOutcome::pass;
  std::string reason;  ///< why, unless it passes
  Verdict verdict;
};

/// CaptureJudge numbers connections as they come, from 1, and judges each by the universal rules, beside those before
/// it that bear on it: where the tickets that it offers were issued or offered, and the last ones of the same server.
/// Servers do not mix: what one of them knows says nothing of another. Of what has come the last few thousand are kept,
/// without the bytes of their messages.
class CaptureJudge {
 public:
  /// Judges the next connection; `server` tells servers apart. Of its messages the bytes need not be there. Where the
  /// server does not speak TLS, the transcript's first problem says so.
  Judgement judge(ObservedConnection connection, const std::string& server, bool speaks_tls = true);

  /// Judges the next connection of a cell of ours, of which the evidence proves that all that passed is in it. `cell`
  /// tells cells apart; all its connections before this one bear on it.
  Judgement judge_tapped(ObservedConnection connection, const std::string& cell);

  /// Counts a connection of which no message is known.
  void pass_over() { ++next_; }

  std::size_t judged() const { return next_ - 1; }

 private:
  struct Past {
    ObservedConnection connection;
    std::string server;
    std::vector<std::string> tickets;  ///< issued or offered in it
  };

  Judgement judge(Past past, bool speaks_tls, bool tapped);
  std::vector<std::size_t> related(const Past& past, std::size_t most) const;
  void keep(std::size_t number, Past past);
  void forget_oldest();

  std::map<std::size_t, Past> past_;  ///< by number
  std::unordered_map<std::string, std::deque<std::size_t>> by_ticket_;
  std::unordered_map<std::string, std::deque<std::size_t>> by_server_;
  std::size_t next_ = 1;
};

}  // namespace ti
