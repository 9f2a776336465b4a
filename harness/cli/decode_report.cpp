#include "cli/decode_report.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>

#include "model/json_writer.hpp"
#include "report/ladder.hpp"
#include "report/try_print.hpp"

namespace ti {

namespace {

std::string what_is_said(const Judgement& judgement) {
  std::string said(name(judgement.outcome));
  if (judgement.verdict.fault && judgement.outcome == JudgementOutcome::fail)
    said += std::string(" (") + name(*judgement.verdict.fault) + ")";
  return said;
}

/// How much a outcome says of all connections together, the most first.
std::size_t rank(JudgementOutcome outcome) {
  constexpr std::array<JudgementOutcome, 7> order = {
      JudgementOutcome::fail,     JudgementOutcome::inconclusive, JudgementOutcome::pass,  JudgementOutcome::incomplete,
      JudgementOutcome::given_up, JudgementOutcome::not_judged,   JudgementOutcome::no_tls};
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), outcome) - order.begin());
}

/// "pass", "fail, fault: server, rule: rfc5077-3.3-one-ticket, at connection 2 message 8".
std::string verdict_text(const Judgement& judgement) {
  const Verdict& verdict = judgement.verdict;
  std::string text(name(judgement.outcome));
  if (judgement.outcome == JudgementOutcome::fail)
    text += std::string(", fault: ") + name(*verdict.fault) + ", rule: " + verdict.rule;
  const auto broken = std::count_if(verdict.breaches.begin(), verdict.breaches.end(),
                                    [](const Breach& breach) { return breach.severity == Severity::should; });
  if (judgement.outcome != JudgementOutcome::fail && broken > 0)
    text += fmt::format(", though {} SHOULD {} broken", broken, broken == 1 ? "was" : "were");
  const bool has_place =
      judgement.outcome == JudgementOutcome::fail || judgement.outcome == JudgementOutcome::inconclusive;
  if (has_place && verdict.at && verdict.at->connection != 0) text += ", at " + place_text(*verdict.at);
  return text;
}

class TextReport : public DecodeReport {
 public:
  TextReport(std::FILE* to, bool colour, bool name_files) : to_(to), colour_(colour), name_files_(name_files) {}

  void note(const std::string& sentence) override { try_print(to_, "{}\n", sentence); }

  void connection(const JudgedConnection& connection) override {
    const Judgement& judgement = connection.judgement;
    if (name_files_ && connection.file != file_) try_print(to_, "\n== {}\n", connection.file);
    file_ = connection.file;
    const std::string between = connection.client.empty() ? "" : connection.client + " -> " + connection.server;
    const LadderStyle style{.colour = colour_, .since_first = true, .between = between};
    try_print(to_, "{}", connection_ladder(connection.summary, judgement.number, judgement.verdict, style));
    try_print(to_, "  {}\n", verdict_text(judgement));
    if (!judgement.reason.empty()) try_print(to_, "    {}\n", judgement.reason);
    for (const Breach& breach : judgement.verdict.breaches)
      if (breach.rule != judgement.verdict.rule || breach.reason != judgement.verdict.reason)
        try_print(to_, "    {}\n", also_text(breach));
    for (const Consequence& consequence : judgement.verdict.consequences)
      try_print(to_, "    consequence: {}\n", consequence.what);
  }

  void end(const DecodeTally& tally, const std::vector<std::string>& unread) override {
    try_print(to_, "\n");
    if (!unread.empty()) try_print(to_, "not judged: {}\n", fmt::join(unread, ", "));
    if (tally.connections() == 0) {
      try_print(to_, "verdict: inconclusive\n  the text holds no messages to judge\n");
      return;
    }
    try_print(to_, "{}\n", tally.text());
    if (const Judgement* decisive = tally.decisive()) {
      try_print(to_, "verdict: {}\n", verdict_text(*decisive));
      if (!decisive->reason.empty()) try_print(to_, "  {}\n", decisive->reason);
    }
  }

 private:
  std::FILE* to_;
  bool colour_;
  bool name_files_;
  std::string file_;
};

void write_place(JsonWriter& json, const std::optional<Place>& place) {
  json.key("at");
  if (!place) {
    json.null();
    return;
  }
  json.begin_object().field("connection", place->connection).key("message");
  if (place->message)
    json.value(*place->message);
  else
    json.null();
  json.end_object();
}

void write_verdict(JsonWriter& json, const Judgement& judgement) {
  const bool fails = judgement.outcome == JudgementOutcome::fail;
  json.field("verdict", name(judgement.outcome));
  json.field_or_null("fault", fails ? name(*judgement.verdict.fault) : "");
  json.field_or_null("rule", fails ? judgement.verdict.rule : "");
  json.field_or_null("reason", judgement.reason);
  write_place(json, judgement.verdict.at);
}

void write_messages(JsonWriter& json, const ConnectionSummary& summary) {
  json.key("messages").begin_array();
  for (const MessageSummary& message : summary.messages)
    json.begin_object()
        .field("from", name(message.from))
        .field("type", message.type)
        .field("bytes", message.bytes)
        .field("at_ms", message.at_ms)
        .field("sealed", message.sealed)
        .field_or_null("note", message.note)
        .end_object();
  json.end_array().key("problems").begin_array();
  for (const ProblemSummary& problem : summary.problems)
    json.begin_object()
        .field("from", name(problem.from))
        .field("before_message", problem.before_message)
        .field("what", problem.what)
        .end_object();
  json.end_array();
}

void write_findings(JsonWriter& json, const Verdict& verdict) {
  json.key("findings").begin_array();
  for (const Breach& breach : verdict.breaches) {
    json.begin_object()
        .field("rule", breach.rule)
        .field("severity", name(breach.severity))
        .field("actor", name(breach.actor))
        .field("reason", breach.reason);
    write_place(json, breach.at);
    json.end_object();
  }
  json.end_array().key("consequences").begin_array();
  for (const Consequence& consequence : verdict.consequences) {
    json.begin_object().field("what", consequence.what);
    write_place(json, consequence.at);
    json.end_object();
  }
  json.end_array();
}

std::string connection_json(const JudgedConnection& connection) {
  const ConnectionSummary& summary = connection.summary;
  JsonWriter json;
  json.begin_object()
      .field("number", connection.judgement.number)
      .field("file", connection.file)
      .field("at_ms", summary.at_s * 1000)
      .field_or_null("client", connection.client)
      .field_or_null("server", connection.server)
      .field("handshake", summary.handshake)
      .field_or_null("resumed_by", summary.resumed_by)
      .field_or_null("version", summary.version)
      .field_or_null("cipher", summary.cipher)
      .field_or_null("offered", summary.offered);
  write_verdict(json, connection.judgement);
  write_findings(json, connection.judgement.verdict);
  json.key("new_tickets").begin_array();
  for (const TicketSummary& ticket : summary.new_tickets)
    json.begin_object()
        .field("sha256", ticket.sha256)
        .field("lifetime_s", ticket.lifetime_s)
        .field("bytes", ticket.bytes)
        .end_object();
  json.end_array();
  write_messages(json, summary);
  return json.end_object().take();
}

class JsonReport : public DecodeReport {
 public:
  explicit JsonReport(std::FILE* to) : to_(to) {}

  void note(const std::string& sentence) override { notes_.push_back(sentence); }

  void connection(const JudgedConnection& connection) override {
    try_print(to_, "{}\n{}", begun_ ? "," : head(), connection_json(connection));
    begun_ = true;
  }

  void end(const DecodeTally& tally, const std::vector<std::string>& unread) override {
    JsonWriter json;
    json.begin_object();
    write_list(json, "notes", notes_);
    write_list(json, "not_judged", unread);
    json.key("summary").begin_object().field("text", tally.text()).field("connections", tally.connections());
    json.key("counts").begin_object();
    for (const auto& [what, count] : tally.counts()) json.field(what, count);
    json.end_object().end_object();
    if (const Judgement* decisive = tally.decisive())
      write_verdict(json, *decisive);
    else
      json.key("verdict").null();
    try_print(to_, "{}\n],{}\n", begun_ ? "" : head(), json.end_object().take().substr(1));
  }

 private:
  static std::string head() { return fmt::format("{{\"schema\":\"{}\",\"connections\":[", decode_schema); }

  static void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name).begin_array();
    for (const std::string& text : texts) json.value(text);
    json.end_array();
  }

  std::FILE* to_;
  bool begun_ = false;
  std::vector<std::string> notes_;
};

}  // namespace

void DecodeTally::add(const Judgement& judgement) {
  ++counts_[what_is_said(judgement)];
  if (!decisive_ || rank(judgement.outcome) < rank(decisive_->outcome)) decisive_ = judgement;
}

std::size_t DecodeTally::connections() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0},
                         [](std::size_t sum, const auto& entry) { return sum + entry.second; });
}

std::string DecodeTally::text() const {
  std::vector<std::pair<std::string, std::size_t>> ordered(counts_.begin(), counts_.end());
  std::stable_partition(ordered.begin(), ordered.end(), [](const auto& entry) { return entry.first == "pass"; });
  std::vector<std::string> parts;
  for (const auto& [what, count] : ordered) parts.push_back(fmt::format("{} {}", count, what));
  const std::size_t all = connections();
  return fmt::format("{} connection{}: {}", all, all == 1 ? "" : "s", fmt::join(parts, ", "));
}

std::unique_ptr<DecodeReport> text_report(std::FILE* to, bool colour, bool name_files) {
  return std::make_unique<TextReport>(to, colour, name_files);
}

std::unique_ptr<DecodeReport> json_report(std::FILE* to) { return std::make_unique<JsonReport>(to); }

}  // namespace ti
