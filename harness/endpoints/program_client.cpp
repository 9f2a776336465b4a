#include "endpoints/program_client.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cctype>

#include "base/line_search.hpp"
#include "base/text.hpp"

namespace ti {

namespace {

using Variables = std::map<std::string, std::string>;

std::optional<std::string> found(const std::map<std::string, std::string>& said, const char* what,
                                 const std::string& output) {
  const auto expression = said.find(what);
  return expression == said.end() ? std::nullopt : find_in_lines(output, expression->second);
}

/// "TLSv1.2", "TLSv1" as programs print them, as "1.2", "1.0"; nothing for what is no version.
std::optional<std::string> plain_version(const std::string& printed) {
  const std::size_t digit = printed.find_first_of("0123456789");
  if (digit == std::string::npos) return std::nullopt;
  const std::string number = printed.substr(digit);
  const std::string version = number == "1" ? "1.0" : number;
  return version_of(version) == Version::none ? std::nullopt : std::optional(version);
}

}  // namespace

namespace {

/// Every suite with a certificate, in the words of this libssl.
std::string ciphers_of(const ClientManifest& manifest) {
  return !manifest.build || manifest.build->has_security_levels ? "ALL:!aNULL:@SECLEVEL=0" : "ALL:!aNULL";
}

}  // namespace

std::string usage_complaint(const std::string& output) {
  constexpr std::string_view complaints[] = {"unknown option", "unrecognized option",  "unrecognised option",
                                             "invalid option", "illegal option",       "no such option",
                                             "unknown flag",   "unknown argument",     "unexpected argument",
                                             "unknown switch", "unrecognized argument"};
  for (const std::string& line : split(output, '\n')) {
    std::string lower = line.substr(0, 1024);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    const bool complains = std::any_of(std::begin(complaints), std::end(complaints),
                                       [&](std::string_view words) { return lower.find(words) != std::string::npos; });
    const std::size_t option = lower.find("option ");  // "curl: option --x: is unknown"
    if (complains || (option != std::string::npos && lower.find("is unknown", option) != std::string::npos))
      return line.substr(0, 400);
  }
  return {};
}

ClientWord program_word(const std::map<std::string, std::string>& said, const std::string& output, bool ok) {
  ClientWord word;
  word.answered = true;
  word.ok = ok;
  if (found(said, "resumed", output)) word.resumed = true;
  if (found(said, "full", output)) word.resumed = false;
  if (const auto version = found(said, "version", output)) word.version = plain_version(*version);
  word.cipher = found(said, "cipher", output);
  word.session_id = found(said, "session_id", output);
  if (!ok) {
    word.error_stage = "program";
    word.error_text = found(said, "error", output).value_or("");
  }
  return word;
}

ProgramClient::ProgramClient(const ClientManifest& manifest, const RunContext& context, const ClockControl& clock,
                             Stopwatch watch, std::filesystem::path folder)
    : manifest_(manifest), context_(context), clock_(clock), watch_(watch), folder_(std::move(folder)) {}

awaitable<void> ProgramClient::begin(ClientSettings settings, Deadline) {
  settings_ = std::move(settings);
  kept_.clear();
  latest_.clear();
  for (const auto& file : std::filesystem::directory_iterator(folder_.path())) std::filesystem::remove_all(file);
  co_return;
}

std::filesystem::path ProgramClient::session_file(std::size_t connection) const {
  return folder_ / ("session-" + std::to_string(connection));
}

std::vector<std::string> program_command(const ClientManifest& manifest, const RunContext& context,
                                         const ClientSettings& settings, std::uint16_t port,
                                         const std::filesystem::path& offered, const std::filesystem::path& kept) {
  const ProgramDriver& driver = *manifest.program;
  Variables variables = variables_of(manifest, context);
  variables.merge(Variables{{"host", "127.0.0.1"},
                            {"port", std::to_string(port)},
                            {"server_name", "localhost"},
                            {"ciphers", ciphers_of(manifest)},
                            {"ca", context.credentials.ca.string()},
                            {"cert", context.credentials.client_cert.string()},
                            {"key", context.credentials.client_key.string()}});
  const auto with_file = [&](const std::filesystem::path& file) {
    Variables more = variables;
    more["file"] = file.string();
    return more;
  };
  std::vector<std::string> argv;
  const auto append = [&](const std::vector<std::string>& words, const Variables& values) {
    for (std::string& word : filled_in(words, manifest, values)) argv.push_back(std::move(word));
  };
  for (const std::string& arg : manifest.argv) {
    if (arg == "{tls}")
      append(driver.tls.at(settings.tls), variables);
    else if (arg == "{session_in}")
      offered.empty() ? void() : append(driver.session_in, with_file(offered));
    else if (arg == "{session_out}")
      append(driver.session_out, with_file(kept));
    else if (arg == "{certificate}")
      settings.certificate ? append(driver.certificate, variables) : void();
    else if (arg == "{keylog}")
      settings.keylog.empty() ? void() : append(driver.keylog, with_file(settings.keylog));
    else
      append({arg}, variables);
  }
  return argv;
}

awaitable<ClientWord> ProgramClient::connect(ConnectOrder order, Deadline deadline) {
  std::filesystem::path offered = order.fresh ? std::filesystem::path{} : latest_;
  if (order.offer_connection) {
    const auto kept = kept_.find(*order.offer_connection);
    offered = kept == kept_.end() ? std::filesystem::path{} : kept->second;
  }
  const std::filesystem::path out = session_file(order.connection);
  Launch launch = client_launch(
      manifest_, context_, program_command(manifest_, context_, settings_, order.port, offered, out), folder_.path());
  launch.env.merge(clock_.env());
  launch.output = Launch::Output::merged;

  std::string line = "$";
  for (const std::string& arg : launch.argv) line += " " + arg;
  transcript_.push_back(line);

  Process process(context_.executor, *context_.guardian, launch);
  OutputLog log(std::move(process.out), watch_);
  const std::string input = manifest_.program->input;
  boost::system::error_code gone;  // a program that has already ended says why in its output
  co_await asio::async_write(process.in, asio::buffer(input), asio::redirect_error(use_awaitable, gone));
  const bool slow = !co_await process.ends_by(deadline);
  if (slow) co_await process.stop(std::chrono::milliseconds(100));
  co_await log.wait_for_end(deadline_in(std::chrono::seconds(1)));

  const std::string output(log.text());
  transcript_.push_back(output);
  transcript_.push_back("it " + text(*process.ended()));
  if (std::filesystem::exists(out)) latest_ = out;
  if (!latest_.empty()) kept_[order.connection] = latest_;
  const auto* exited = std::get_if<Exited>(&*process.ended());
  ClientWord word =
      program_word(manifest_.program->said, output, exited && manifest_.program->exit_ok.contains(exited->code));
  if (slow || !exited) {
    word.answered = false;
    word.error_stage = slow ? "answer" : "process";
    word.error_text = slow ? "the client did not end" : "it was " + text(*process.ended());
    if (!slow) word.killed = killed(process.ended());
  } else if (!word.ok) {
    word.usage = usage_complaint(output);
  }
  co_return word;
}

std::vector<std::string> ProgramClient::take_transcript() { return std::exchange(transcript_, {}); }

}  // namespace ti
