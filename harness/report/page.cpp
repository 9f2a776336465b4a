#include "report/page.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <stdexcept>

#include "model/findings.hpp"
#include "model/json_writer.hpp"

namespace ti {

namespace {

constexpr std::size_t chunk_bytes = 400000;  ///< of JSON: some 50 cells, which a browser reads in a few milliseconds
constexpr std::size_t format = 1;            ///< what page/data.js reads

constexpr std::size_t unexpected = 1, known = 2, caught = 4;  ///< the flags of a cell

std::size_t flags_of(const CellResult& cell) {
  return (is_unexpected(cell) ? unexpected : 0) | (cell.known ? known : 0) |
         (cell.control == Caught::caught ? caught : 0);
}

/// zlib's format (RFC 1950), which DecompressionStream("deflate") reads.
std::string deflated(std::string_view text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size(),
                Z_DEFAULT_COMPRESSION) != Z_OK)
    throw std::bad_alloc();
  out.resize(size);
  return out;
}

/// RFC 4648, section 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])) : 0U;
    };
    const std::uint32_t three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (std::size_t j = 0; j < 4; ++j) text += i + j > bytes.size() ? '=' : digits[three >> (18 - 6 * j) & 63];
  }
  return text;
}

void write_texts(JsonWriter& json, std::string_view key, const auto& texts) {
  json.key(key).begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

void write_run(JsonWriter& json, const RunFacts& run) {
  json.key("run").begin_object().field("id", run.id).field("started", run.started).field("finished", run.finished);
  json.field("clock", run.clock).field("version", run.version).field("host", run.host);
  json.field_or_null("shard", run.shard);
  write_texts(json, "argv", run.argv);
  json.end_object();
}

void write_sides(JsonWriter& json, std::string_view key, const std::vector<std::string>& ids,
                 const std::map<std::string, Facts>& facts) {
  json.new_line().key(key).begin_array();
  for (const std::string& id : ids) {
    json.begin_object().field("id", id).key("facts").begin_object();
    const auto found = facts.find(id);
    if (found != facts.end())
      for (const auto& [name, text] : found->second) json.field(name, text);
    json.end_object().end_object();
  }
  json.end_array();
}

void write_scenarios(JsonWriter& json, const std::vector<std::string>& ids,
                     const std::map<std::string, ScenarioFacts>& facts) {
  json.new_line().key("scenarios").begin_array();
  for (const std::string& id : ids) {
    const auto found = facts.find(id);
    const ScenarioFacts none;
    const ScenarioFacts& its = found == facts.end() ? none : found->second;
    json.begin_object().field("id", id).field("title", its.title);
    write_texts(json, "spec", its.spec);
    json.end_object();
  }
  json.end_array();
}

void write_finding(JsonWriter& json, const Finding& finding) {
  json.new_line().begin_object().field("id", finding.id).field("state", name(finding.state));
  json.field("side", name(finding.side)).field("subject", finding.subject).field("rule", finding.rule);
  json.field("cells", finding.cells).field("unexpected", finding.unexpected);
  json.key("links").begin_array();
  for (const auto& [link, note] : finding.links)
    json.begin_object().field("link", link).field_or_null("note", note).end_object();
  json.end_array();
  json.field("example", finding.example).field("text", in_words(finding)).end_object();
}

/// The findings in their order, and where each number that cells bear is among them; -1 is of none.
std::vector<long> write_findings(JsonWriter& json, const std::vector<Finding>& findings,
                                 const std::vector<std::string>& numbered) {
  json.new_line().key("findings").begin_array();
  for (const Finding& finding : findings) write_finding(json, finding);
  json.end_array();
  std::map<std::string, long> places;
  for (const Finding& finding : findings) places.emplace(finding.id, static_cast<long>(places.size()));
  std::vector<long> order;
  for (const std::string& id : numbered) {
    const auto found = places.find(id);
    order.push_back(found == places.end() ? -1 : found->second);
  }
  return order;
}

}  // namespace

std::size_t PageData::Words::number_of(const std::string& word) {
  const auto [entry, is_new] = numbers_.try_emplace(word, words_.size());
  if (is_new) words_.push_back(word);
  return entry->second;
}

void PageData::add(const CellResult& cell) {
  if (chunk_.empty()) starts_.push_back(rows_.size());
  rows_.push_back({servers_.number_of(cell.id.server), clients_.number_of(cell.id.client),
                   scenarios_.number_of(cell.id.scenario), versions_.number_of(std::string(name(cell.id.tls))),
                   static_cast<std::size_t>(cell.verdict.outcome), flags_of(cell), findings_.number_of(cell.finding),
                   reasons_.number_of(cell.verdict.reason)});
  chunk_ += (chunk_.empty() ? "[" : ",") + cell_json(cell);
  if (chunk_.size() >= chunk_bytes) flush();
}

void PageData::flush() {
  if (chunk_.empty()) return;
  const std::size_t number = starts_.size() - 1;
  sink_(fmt::format("page/data/cells-{}.js", number),
        fmt::format("ticketInterop.cells({},\"{}\");\n", number, base64(deflated(chunk_ + "]"))));
  chunk_.clear();
}

void PageData::finish(const Results& facts, const Definitions& definitions, const std::string& base) {
  flush();
  JsonWriter json;
  json.begin_object().field("format", format).field("base", base);
  write_run(json, facts.run);
  write_sides(json, "servers", servers_.all(), facts.servers);
  write_sides(json, "clients", clients_.all(), facts.clients);
  write_scenarios(json, scenarios_.all(), facts.scenarios);
  write_texts(json, "tls", versions_.all());
  json.key("verdicts").begin_array();
  for (const Outcome outcome :
       {Outcome::pass, Outcome::fail, Outcome::unsupported, Outcome::inconclusive, Outcome::error})
    json.value(name(outcome));
  json.end_array().new_line();
  write_texts(json, "reasons", reasons_.all());
  const std::vector<long> finding_order = write_findings(json, facts.findings, findings_.all());
  json.key("chunks").begin_array();
  for (const std::size_t start : starts_) json.value(start);
  json.end_array().new_line().key("columns").begin_object();
  const auto column = [&](std::string_view key, auto number_in) {
    json.new_line().key(key).begin_array();
    for (const Row& row : rows_) json.value(number_in(row));
    json.end_array();
  };
  column("server", [](const Row& row) { return row.server; });
  column("client", [](const Row& row) { return row.client; });
  column("scenario", [](const Row& row) { return row.scenario; });
  column("tls", [](const Row& row) { return row.tls; });
  column("verdict", [](const Row& row) { return row.verdict; });
  column("flags", [](const Row& row) { return row.flags; });
  column("finding", [&](const Row& row) { return finding_order[row.finding]; });
  column("reason", [](const Row& row) { return row.reason; });
  json.end_object().end_object();
  const std::string text = "[" + json.take() + "," + definitions_json(definitions) + "]";
  sink_("page/data/index.js", "ticketInterop.index(..." + script_json(text) + ");\n");
}

void write_page(const Results& results, const Definitions& definitions, const std::string& base, const WholeCell& whole,
                const PageSink& sink) {
  for (const PageFile& file : page_files())
    sink(file.name == "index.html" ? "index.html" : "page/" + std::string(file.name), file.text);
  PageData data(sink);
  for (const CellResult& cell : results.cells) data.add(whole(cell));
  data.finish(results, definitions, base);
}

std::string script_json(std::string_view json) {
  std::string script;
  script.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view ahead = json.substr(i, 3);
    if (ahead == "\xe2\x80\xa8" || ahead == "\xe2\x80\xa9") {
      script += ahead[2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (json[i] == '<') {
      script += "\\u003c";
    } else {
      script += json[i];
    }
  }
  return script;
}

}  // namespace ti
