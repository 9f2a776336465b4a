#include "report/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "model/build.hpp"
#include "model/change.hpp"
#include "model/json_writer.hpp"
#include "model/version_range.hpp"
#include "report/counts.hpp"
#include "report/escape.hpp"

namespace ti {

namespace {

constexpr std::size_t most_cells = 6;  ///< of one course, in a text for people; JSON has all

bool is_fail(const Stretch& stretch) { return stretch.verdict.starts_with("fail"); }
bool is_pass(const Stretch& stretch) { return stretch.verdict == "pass"; }

/// The version of a side as it told it; empty when it told none.
std::string version_of(const std::map<std::string, Facts>& sides, const std::string& id) {
  const auto side = sides.find(id);
  if (side == sides.end()) return {};
  for (const char* fact : {"library_version", "version"})
    if (const auto told = side->second.find(fact); told != side->second.end()) {
      const std::string version = version_word(told->second);
      return version.empty() ? told->second : version;
    }
  return {};
}

std::vector<Stretch> course_of(const auto& by_version) {
  std::vector<Stretch> course;
  for (const auto& [version, ended] : by_version) {
    if (course.empty() || course.back().verdict != ended.verdict)
      course.push_back({version, version, ended.verdict});
    else
      course.back().last = version;
  }
  return course;
}

std::string change_text(const Stretch& before, const Stretch& after) {
  const bool broken = is_pass(before) && is_fail(after);
  const bool mended = is_fail(before) && is_pass(after);
  const std::string what = broken ? "broken" : mended ? "fixed" : "changed";
  return fmt::format("{} between {} and {} ({})", what, before.last, after.first, after.verdict);
}

/// What changed stands before what always fails, and that before the rest.
int rank_of(const std::vector<Stretch>& course) {
  if (course.size() > 1) return 0;
  return is_fail(course.front()) ? 1 : 2;
}

std::string first_cells(const std::vector<std::string>& cells) {
  const std::size_t told = std::min(cells.size(), most_cells);
  std::string text =
      fmt::format("{}", fmt::join(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(told), ", "));
  if (cells.size() > told) text += fmt::format(" and {} more", cells.size() - told);
  return text;
}

}  // namespace

std::string in_words(const std::vector<Stretch>& course) {
  const Stretch& first = course.front();
  const Stretch& last = course.back();
  std::string text;
  if (course.size() == 1 && is_fail(first))
    return fmt::format("fails since {} or before, still in {} ({})", first.first, first.last, first.verdict);
  if (course.size() == 1) return fmt::format("{} from {} to {}", first.verdict, first.first, first.last);
  for (std::size_t i = 1; i < course.size(); ++i)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", change_text(course[i - 1], course[i]));
  return text + (is_fail(last) ? fmt::format(", still in {}", last.last) : "");
}

bool History::EarlierVersion::operator()(const std::string& first, const std::string& second) const {
  if (is_earlier_version(first, second)) return true;
  return !is_earlier_version(second, first) && first < second;
}

void History::add(const Subject& subject, const std::string& cell, const std::string& version, const Ended& ended) {
  if (version.empty()) return;
  Ended& kept = subjects_[subject][cell][version];
  if (kept.started <= ended.started) kept = ended;
}

void History::add(const Results& results) {
  for (const CellResult& cell : results.cells) {
    if (cell.control) continue;
    const Ended ended{results.run.started, in_words(BaselineVerdict::of(cell.verdict))};
    CellId of_client = cell.id, of_server = cell.id;
    of_client.client = without_build(cell.id.client);
    of_server.server = without_build(cell.id.server);
    add({Side::client, of_client.client}, of_client.text(), version_of(results.clients, cell.id.client), ended);
    add({Side::server, of_server.server}, of_server.text(), version_of(results.servers, cell.id.server), ended);
  }
}

std::vector<History::Told> History::told() const {
  std::vector<Told> all;
  for (const auto& [subject, cells] : subjects_) {
    std::set<std::string, EarlierVersion> versions;
    std::vector<Group> groups;
    for (const auto& [cell, by_version] : cells) {
      std::vector<Stretch> course = course_of(by_version);
      for (const auto& [version, ended] : by_version) versions.insert(version);
      if (course.size() == 1 && course.front().verdict == "unsupported") continue;
      const auto same =
          std::find_if(groups.begin(), groups.end(), [&](const Group& group) { return group.course == course; });
      if (same == groups.end())
        groups.push_back({std::move(course), {cell}});
      else
        same->cells.push_back(cell);
    }
    if (versions.size() < 2) continue;
    std::stable_sort(groups.begin(), groups.end(),
                     [](const Group& a, const Group& b) { return rank_of(a.course) < rank_of(b.course); });
    all.push_back({subject, {versions.begin(), versions.end()}, std::move(groups)});
  }
  return all;
}

std::string History::text() const {
  std::string text;
  for (const Told& of : told()) {
    text += shown(fmt::format("{} {}: {}", name(of.subject.side), of.subject.id, fmt::join(of.versions, ", "))) + '\n';
    for (const Group& group : of.groups)
      text += shown(fmt::format("  {}: {}: {}", in_words(group.course), counted(group.cells.size(), "cell"),
                                first_cells(group.cells))) +
              '\n';
  }
  return text.empty() ? "no server or client was seen at two versions\n" : text;
}

std::string History::markdown() const {
  std::string text;
  for (const Told& of : told()) {
    text += markdown_text(fmt::format("{} {}: {}", name(of.subject.side), of.subject.id, fmt::join(of.versions, ", ")));
    text += "\n\n| what | cells | such as |\n| --- | --- | --- |\n";
    for (const Group& group : of.groups)
      text += fmt::format("| {} | {} | {} |\n", markdown_text(in_words(group.course)), group.cells.size(),
                          markdown_text(group.cells.front()));
    text += '\n';
  }
  return text;
}

std::string History::json() const {
  JsonWriter json;
  json.begin_object().field("schema", "ticket-interop/history/1").key("histories").begin_array();
  for (const Told& of : told()) {
    json.new_line().begin_object().field("side", name(of.subject.side)).field("id", of.subject.id);
    json.key("versions").begin_array();
    for (const std::string& version : of.versions) json.value(version);
    json.end_array().key("courses").begin_array();
    for (const Group& group : of.groups) {
      json.new_line().begin_object().field("text", in_words(group.course)).key("stretches").begin_array();
      for (const Stretch& stretch : group.course)
        json.begin_object()
            .field("first", stretch.first)
            .field("last", stretch.last)
            .field("verdict", stretch.verdict)
            .end_object();
      json.end_array().key("cells").begin_array();
      for (const std::string& cell : group.cells) json.value(cell);
      json.end_array().end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take() + '\n';
}

}  // namespace ti
