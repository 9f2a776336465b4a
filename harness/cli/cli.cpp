#include "cli/cli.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "report/try_print.hpp"

namespace ti {

namespace {

constexpr Command commands[] = {
    {"run", "run the matrix, or a part of it", make_run, false},
    {"list", "print servers, clients, builds, scenarios, rules or cells", make_list},
    {"show", "draw the messages of a cell, the offending one marked", make_show},
    {"report", "write results as a page, JUnit, TAP, Markdown, CSV or SARIF", make_report},
    {"repro", "make a folder that shows one cell by hand", make_repro},
    {"diff", "say what changed between two runs, or between two builds", make_diff},
    {"trend", "say how findings and cells went over many runs", make_trend},
    {"history", "say at which version of a library verdicts changed", make_history},
    {"known", "add known issues, or check whether they still fit", make_known},
    {"decode", "judge a capture or a bug report's text by the RFCs' rules", make_decode},
    {"doctor", "say what can run here, what is missing and how to get it", make_doctor},
    {"merge", "join the results of shards", make_merge, false},
    {"check-client", "check that an adapter follows clients/PROTOCOL.md and its own manifest", make_check_client},
    {"manual", "print the manual for man: `ticket-interop manual | man -l -`", make_manual},
    {"completion", "print what completes commands and options in a shell", make_completion},
};

constexpr const char* footer = R"(
Examples:
  ticket-interop run                  every server, client, scenario and version
  ticket-interop run --server nginx --scenario 'renew*' --tls 1.2
  ticket-interop show reports/latest nginx/openssl/renew@1.2
  ticket-interop decode mail.txt      whose fault is this?

Exit status: 0 nothing unexpected; 1 unexpected verdicts; 2 wrong arguments; 3 the harness or the machine
failed, or what was asked for by name is not there.)";

/// The status of a command all of whose findings are printed. That they could not be written is an error; that the
/// reader of a pipe has gone is none: it has read what it wanted.
int delivered(const char* command, int ended) {
  errno = 0;
  if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return ended;
  const std::string why = errno ? fmt::format(": {}", std::strerror(errno)) : "";
  pollfd reader{STDOUT_FILENO, 0, 0};
  if (::poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR)) return ended;
  try_print(stderr, "ticket-interop {}: the output could not be written completely{}\n", command, why);
  return status::error;
}

/// The word that was typed where a command should stand, if it is not one.
std::string wrong_command(int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  for (const Command& command : commands)
    if (std::string_view(command.name) == argv[1]) return {};
  return argv[1];
}

/// The option that was typed and is not one, with the nearest that is.
std::string wrong_option(const CLI::App& app, const std::string& message) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  if (message.find("not expected") == std::string::npos) return {};  // a known option with a wrong value
  for (const std::string& word : split(message, ' '))
    if (word.starts_with("--")) {
      const std::string meant = did_you_mean(word.substr(0, word.find('=')), names);
      return meant.empty() ? "" : ";" + meant;
    }
  return {};
}

/// How wide the reader's screen is; what is no terminal is as wide as most.
std::size_t screen_width() {
  constexpr std::size_t usual = 100;
  constexpr std::size_t least = 60;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual;
  return std::max<std::size_t>(size.ws_col, least);
}

/// Help that follows the width of the screen.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(left); }
  std::string make_option_desc(const CLI::Option* option) const override {
    return wrapped(CLI::Formatter::make_option_desc(option), screen_width() - left);
  }

 private:
  static constexpr std::size_t left = 28;
};

/// What was typed from the command's name on.
std::vector<std::string> words_from(const std::string& command, int argc, char** argv) {
  int first = 1;
  while (first < argc && command != argv[first]) first += std::string_view(argv[first]) == "--data" ? 2 : 1;
  return {argv + std::min(first, argc), argv + argc};
}

}  // namespace

bool is_screen(int fd) {
  const char* terminal = std::getenv("TERM");
  return ::isatty(fd) == 1 && terminal && std::string_view(terminal) != "dumb";
}

bool shows_colour(int fd) { return is_screen(fd) && !std::getenv("NO_COLOR"); }

int run_cli(int argc, char** argv, const std::filesystem::path& self, const BuiltAt& built,
            const std::string& version) {
  CLI::App app{
      "Does this TLS client, against this server, do the right thing when a session ticket is renewed or expires -\n"
      "and if not, whose fault is it?"};
  app.name("ticket-interop");
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(footer);
  app.require_subcommand(1);
  app.set_version_flag("--version", version);
  std::string data;
  app.add_option("--data", data,
                 "the folder that holds servers/, clients/ and scenarios/ (default: beside the program)")
      ->check(not_empty())
      ->type_name("DIR");
  std::vector<std::pair<CLI::App*, Action>> actions;
  std::vector<std::string> names;
  for (const Command& command : commands) {
    CLI::App* sub = app.add_subcommand(command.name, command.summary);
    Action action = command.make(*sub);
    if (command.prints_all)
      action = [&command, find = std::move(action)](const Invocation& invocation) {
        return delivered(command.name, find(invocation));
      };
    actions.emplace_back(sub, std::move(action));
    names.emplace_back(command.name);
  }
  if (const std::string typed = wrong_command(argc, argv); !typed.empty()) {
    try_print(stderr, "ticket-interop: no command \"{}\";{} `ticket-interop --help` lists them\n", typed,
              did_you_mean(typed, names));
    return status::usage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {
    return app.exit(wanted);
  } catch (const CLI::ParseError& wrong) {
    const CLI::App* at = &app;
    for (const auto& [sub, action] : actions)
      if (sub->parsed()) at = sub;
    try_print(stderr, "ticket-interop: {}{}\n", wrong.what(), wrong_option(*at, wrong.what()));
    return status::usage;
  }
  const auto paths = data.empty() ? find_paths(self, built, std::filesystem::current_path()) : paths_in(data, self);
  if (!data.empty() && !paths) {
    try_print(stderr, "ticket-interop: --data {}: it does not hold servers/, clients/ and scenarios/\n", data);
    return status::usage;
  }
  for (const auto& [sub, action] : actions) {
    if (!sub->parsed()) continue;
    const Invocation invocation{paths, version, words_from(sub->get_name(), argc, argv)};
    try {
      return action(invocation);
    } catch (const UsageError& wrong) {
      try_print(stderr, "ticket-interop {}: {}\n", sub->get_name(), wrong.what());
      return status::usage;
    } catch (const std::exception& broken) {
      try_print(stderr, "ticket-interop {}: {}\n", sub->get_name(), broken.what());
      return status::error;
    }
  }
  return status::usage;
}

}  // namespace ti
