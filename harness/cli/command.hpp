#pragma once
// A command of the command line. Each is one file that offers one function making it.
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/cli.hpp"

namespace ti {

/// UsageError is what the person got wrong: exit status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Whether a stream is a terminal that can draw a line anew and show colours.
bool is_screen(int fd);
/// The same, unless NO_COLOR asks for none.
bool shows_colour(int fd);

/// For an option whose value may not be empty, as that of a variable is which a CI job forgot to set.
inline CLI::Validator not_empty() {
  return CLI::Validator([](const std::string& value) { return value.empty() ? "the value is empty" : ""; }, "");
}

/// What every command is given.
struct Invocation {
  std::optional<Paths> found;
  std::string version;
  std::vector<std::string> argv;

  /// Where servers, clients and scenarios are. Throws UsageError when the program has none beside it.
  const Paths& paths() const {
    if (found) return *found;
    throw UsageError(
        "its servers/, clients/ and scenarios/ are not beside the program: it was moved away from them; --data DIR "
        "names the folder that holds them");
  }
};

/// Action runs a command whose options were parsed; gives the exit status.
using Action = std::function<int(const Invocation&)>;

/// Command is one row of the table: adds its options to `app` and gives what runs it.
struct Command {
  const char* name;
  const char* summary;
  Action (*make)(CLI::App& app);
  bool prints_all = true;  ///< what it finds is printed, and else nowhere
};

Action make_list(CLI::App& app);
Action make_run(CLI::App& app);
Action make_doctor(CLI::App& app);
Action make_merge(CLI::App& app);
Action make_show(CLI::App& app);
Action make_report(CLI::App& app);
Action make_diff(CLI::App& app);
Action make_trend(CLI::App& app);
Action make_history(CLI::App& app);
Action make_known(CLI::App& app);
Action make_repro(CLI::App& app);
Action make_decode(CLI::App& app);
Action make_check_client(CLI::App& app);
Action make_manual(CLI::App& app);
Action make_completion(CLI::App& app);

}  // namespace ti
