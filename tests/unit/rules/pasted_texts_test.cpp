// Texts that real tools printed (tests/golden/pasted, tests/golden/decode), to verdicts: each has its right answer
// here, and no mail program, terminal or logger may turn it into another one.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "capture/capture.hpp"
#include "pasted/pasted.hpp"
#include "rules/capture_judge.hpp"
#include "where/where.hpp"
#include "wire/decoder.hpp"

namespace ti {
namespace {

using testing::HasSubstr;

/// Answer is what is said of a text. A text that tells too little has a note instead of a verdict.
struct Answer {
  std::string outcome;  ///< "pass", "fail", "inconclusive", or "too little"
  std::string fault;
  std::string rule;

  bool operator==(const Answer&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  return out << answer.outcome << " " << answer.fault << " " << answer.rule;
}

struct Sample {
  std::string file;  ///< below tests/golden
  Answer answer;
  std::size_t connections;  ///< of which messages are told
  std::string said;         ///< part of a note, or of the verdict's reason
};

const Answer pass{"pass", "", ""};
const Answer doubt{"inconclusive", "", ""};
const Answer too_little{"too little", "", ""};
const Answer second_ticket{"fail", "server", "rfc5077-3.3-one-ticket"};
const Answer second_flight{"fail", "server", "rfc5246-7.4-nothing-after-finished"};

const std::string no_bytes = "no more than its name is printed";

const std::vector<Sample>& samples() {
  static const std::vector<Sample> table = {
#include "rules/pasted_samples.inc"
  };
  return table;
}

std::string golden(const std::string& file) {
  std::ifstream in(where::source() / "tests/golden" / file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

ObservedConnection observed(Transcript transcript) {
  ObservedConnection connection;
  connection.transcript = std::move(transcript);
  connection.handshakes = handshakes_of(connection.transcript);
  return connection;
}

std::vector<ObservedConnection> connections_of(const Pasted& pasted) {
  std::vector<ObservedConnection> connections;
  if (!pasted.capture.empty()) {
    const auto capture = read_capture(pasted.capture);
    EXPECT_TRUE(capture);
    if (capture)
      for (const Recording& recording : capture->connections) {
        Transcript transcript = decode(recording, {});
        transcript.vantage = Vantage::untimed;
        connections.push_back(observed(std::move(transcript)));
      }
  }
  for (const PrintedConnection& connection : pasted.connections) connections.push_back(observed(connection.transcript));
  return connections;
}

struct Said {
  Answer answer;
  std::size_t connections = 0;
  std::string text;  ///< reason and notes
};

Said judged(const std::string& text) {
  const auto pasted = read_pasted(text);
  if (!pasted) return {{"refused", "", ""}, 0, pasted.error().text()};
  Said said;
  for (const std::string& note : pasted->notes) said.text += note + "\n";
  Observation cell;
  cell.has_expectations = cell.by_our_tap = false;
  cell.connections = connections_of(*pasted);
  for (const ObservedConnection& connection : cell.connections)
    said.connections += connection.transcript.messages.empty() ? 0 : 1;
  const Verdict verdict = judge(cell);
  said.answer = {std::string(name(verdict.outcome)), verdict.fault ? name(*verdict.fault) : "", verdict.rule};
  if (said.connections == 0) said.answer = too_little;
  said.text += verdict.reason;
  return said;
}

TEST(PastedTexts, EachSampleHasItsAnswer) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(sample.file);
    const Said said = judged(golden(sample.file));
    EXPECT_EQ(said.answer, sample.answer) << said.text;
    EXPECT_EQ(said.connections, sample.connections);
    EXPECT_THAT(said.text, HasSubstr(sample.said));
  }
}

TEST(PastedTexts, EachFileHasARow) {
  for (const auto& file : std::filesystem::recursive_directory_iterator(where::source() / "tests/golden/pasted")) {
    if (file.path().extension() != ".txt") continue;
    const std::string name = std::filesystem::relative(file.path(), where::source() / "tests/golden").generic_string();
    EXPECT_TRUE(std::any_of(samples().begin(), samples().end(), [&](const Sample& each) { return each.file == name; }))
        << name;
  }
}

// --- what mail programs, terminals and loggers do ---

std::string each_line(const std::string& text,
                      const std::function<std::string(const std::string&, std::size_t)>& change) {
  std::string changed;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    changed += change(text.substr(at, end - at), ++number) + "\n";
    at = end + 1;
  }
  return changed;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

std::string before_lines(const std::string& text, const std::string& prefix) {
  return each_line(text, [&](const std::string& line, std::size_t) { return prefix + line; });
}

std::string wrapped(const std::string& text, std::size_t width) {
  return each_line(text, [&](const std::string& line, std::size_t) {
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < line.size();) {
      const std::size_t end = std::min(line.find(' ', i), line.size());
      if (column > 0 && column + end - i > width) {
        out.back() = '\n';
        column = 0;
      }
      out += line.substr(i, end - i) + " ";
      column += end - i + 1;
      i = end + 1;
    }
    return out;
  });
}

/// The end of the line in which a part of a text ends; the text's, for its last line.
std::size_t line_end(const std::string& text, std::size_t at) { return std::min(text.find('\n', at), text.size()); }

struct Transformation {
  std::string name;
  std::function<std::string(const std::string&)> apply;
  bool keeps_all = true;  ///< else a doubt may take the answer's place
};

const std::vector<Transformation>& transformations() {
  static const std::vector<Transformation> table = {
      {"quoted", [](const std::string& text) { return before_lines(text, "> "); }},
      {"quoted twice", [](const std::string& text) { return before_lines(text, "> > "); }},
      {"CRLF", [](const std::string& text) { return replaced(text, "\n", "\r\n"); }},
      {"colours",
       [](const std::string& text) {
         return each_line(text, [](const std::string& line, std::size_t) { return "\x1b[1;32m" + line + "\x1b[0m"; });
       }},
      {"HTML",
       [](const std::string& text) {
         return replaced(replaced(replaced(replaced(text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;"), "\"", "&quot;");
       }},
      {"times", [](const std::string& text) { return before_lines(text, "2026-11-26T04:10:07.123456Z "); }},
      {"docker compose", [](const std::string& text) { return before_lines(text, "client-1  | "); }},
      {"syslog", [](const std::string& text) { return before_lines(text, "Nov 26 04:10:07 host program[71]: "); }},
      {"levels", [](const std::string& text) { return before_lines(text, "[2026-11-26 04:10:07,123] DEBUG "); }},
      {"line numbers",
       [](const std::string& text) {
         return each_line(text, [](const std::string& line, std::size_t number) {
           return "  " + std::to_string(number) + "\t" + line;
         });
       }},
      {"quoted times", [](const std::string& text) { return before_lines(text, "> 04:10:07.123 "); }},
      {"wrapped", [](const std::string& text) { return wrapped(text, 72); }, false},
      {"wrapped and quoted", [](const std::string& text) { return before_lines(wrapped(text, 72), "> "); }, false},
      {"cut off", [](const std::string& text) { return text.substr(0, text.size() * 2 / 3); }, false},
      {"beginning late", [](const std::string& text) { return text.substr(line_end(text, text.size() / 3)); }, false},
      {"with a gap",
       [](const std::string& text) {
         const std::size_t from = line_end(text, text.size() / 3);
         const std::size_t to = line_end(text, text.size() / 2);
         return text.substr(0, from) + "\n[...]" + text.substr(to);
       },
       false},
  };
  return table;
}

TEST(PastedTexts, NothingOnTheWayTurnsAnAnswerIntoAnother) {
  for (const Sample& sample : samples()) {
    const std::string text = golden(sample.file);
    for (const Transformation& transformation : transformations()) {
      SCOPED_TRACE(sample.file + " " + transformation.name);
      const Said said = judged(transformation.apply(text));
      if (transformation.keeps_all) {
        EXPECT_EQ(said.answer, sample.answer) << said.text;
      } else if (said.answer.outcome == "fail") {
        EXPECT_EQ(said.answer.fault, sample.answer.fault) << said.answer << " " << said.text;
      }
    }
  }
}

// --- lines that are lost without a trace ---

/// Whom a text makes decode accuse, and by which rule. That a server begins a second flight has two, by what is left of
/// it.
std::set<std::string> accused(const std::string& text) {
  std::set<std::string> accused;
  const auto pasted = read_pasted(text);
  if (!pasted) return accused;
  CaptureJudge capture_judge;
  for (ObservedConnection& connection : connections_of(*pasted)) {
    if (connection.transcript.messages.empty()) continue;
    const Judgement judgement = capture_judge.judge(std::move(connection), "");
    if (judgement.outcome != JudgementOutcome::fail) continue;
    const bool flight = judgement.verdict.rule == second_ticket.rule || judgement.verdict.rule == second_flight.rule;
    accused.insert(name(*judgement.verdict.fault) + std::string(" ") +
                   (flight ? "second flight" : judgement.verdict.rule));
  }
  return accused;
}

TEST(PastedTexts, LinesThatAreLostAccuseNobody) {
  constexpr std::size_t places = 10;
  for (const Sample& sample : samples()) {
    std::vector<std::string> lines;
    each_line(golden(sample.file), [&](const std::string& line, std::size_t) {
      lines.push_back(line + "\n");
      return line;
    });
    const auto join = [&](std::size_t begin, std::size_t end) {
      std::string text;
      for (std::size_t i = begin; i < std::min(end, lines.size()); ++i) text += lines[i];
      return text;
    };
    const std::set<std::string> before = accused(join(0, lines.size()));
    const auto expect_nothing_new = [&](const std::string& text, const std::string& what) {
      for (const std::string& each : accused(text)) EXPECT_TRUE(before.contains(each)) << sample.file << what << each;
    };
    for (std::size_t place = 0; place < places; ++place) {
      const std::size_t at = lines.size() * place / places + sample.file.size() % 7;
      const std::string from = " line " + std::to_string(at + 1) + ": ";
      expect_nothing_new(join(at, lines.size()), " from" + from);
      expect_nothing_new(join(0, at), " to" + from);
      for (const std::size_t many : {1, 4, 15, 60})
        expect_nothing_new(join(0, at) + join(at + many, lines.size()),
                           " without " + std::to_string(many) + " from" + from);
    }
  }
}

}  // namespace
}  // namespace ti
