// manual, completion: what the table of commands says, for man and for shells.
#include "cli/manual.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "report/try_print.hpp"

namespace ti {

namespace {

constexpr const char* program_name = "ticket-interop";

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// The options that have a name with dashes.
std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  std::vector<const CLI::Option*> options = app.get_options();
  std::erase_if(options, [](const CLI::Option* option) { return option->get_lnames().empty(); });
  return options;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// On one line.
std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::string each_in(std::string text, std::string_view special, const std::string& before) {
  for (std::size_t at = text.find_first_of(special); at != std::string::npos;
       at = text.find_first_of(special, at + before.size() + 1))
    text.insert(at, before);
  return text;
}

/// Text that roff takes for text.
std::string roff(const std::string& text) {
  std::string safe;
  for (const std::string& line : split(text, '\n')) {
    if (!safe.empty()) safe += '\n';
    if (line.starts_with('.') || line.starts_with('\'')) safe += "\\&";
    for (const char c : line) safe += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  }
  return safe;
}

/// Text as it was set, line by line.
std::string roff_lines(const std::string& text) { return ".nf\n" + roff(text) + "\n.fi\n"; }

std::string man_options(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    std::string names;
    for (const std::string& name : option->get_snames()) names += "-" + name + ", ";
    for (const std::string& name : option->get_lnames()) names += "--" + name + ", ";
    if (names.empty()) continue;
    names.resize(names.size() - 2);
    text += ".TP\n\\fB" + roff(names) + "\\fR";
    if (takes_value(*option)) text += " \\fI" + roff(option->get_type_name()) + "\\fR";
    text += "\n" + roff(one_line(option->get_description())) + "\n";
  }
  return text;
}

/// "RESULTS CELL": what a command takes without a name.
std::string places_of(const CLI::App& command) {
  std::string places;
  for (const CLI::Option* option : command.get_options())
    if (option->get_positional())
      places += " " + (option->get_type_name().empty() ? option->get_name() : option->get_type_name());
  return places;
}

std::string man_command(const CLI::App& command, const std::string& before) {
  const std::string name = before + command.get_name();
  std::string text = ".SS " + name + "\n\\fB" + program_name + " " + name + "\\fR [OPTIONS]" +
                     roff(places_of(command)) + "\n.PP\n" + roff(one_line(command.get_description())) + ".\n" +
                     man_options(command);
  if (!command.get_footer().empty()) text += ".PP\n" + roff_lines(command.get_footer());
  for (const CLI::App* below : commands_of(command)) text += man_command(*below, name + " ");
  return text;
}

std::string names_of(const CLI::App& app) {
  std::string names;
  for (const CLI::Option* option : options_of(app))
    for (const std::string& name : option->get_lnames()) names += "--" + name + " ";
  for (const CLI::App* below : commands_of(app)) names += below->get_name() + " ";
  if (!names.empty()) names.pop_back();
  return names;
}

std::string for_bash(const CLI::App& program) {
  std::string cases;
  for (const CLI::App* command : commands_of(program))
    cases += fmt::format("    {}) words='{}' ;;\n", command->get_name(), names_of(*command));
  return fmt::format(R"(# bash completion of {0}
_ticket_interop() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} command= words= i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ ${{COMP_WORDS[i]}} == --data ]] && {{ ((++i)); continue; }}
    [[ ${{COMP_WORDS[i]}} != -* ]] && {{ command=${{COMP_WORDS[i]}}; break; }}
  done
  case $before in
    --server | --client | --scenario)
      words=$("${{COMP_WORDS[0]}}" list "${{before#--}}s" 2>/dev/null | cut -d' ' -f1)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
      return ;;
  esac
  case $command in
    '') words='{1}' ;;
{2}  esac
  [[ -z $word && -n $command ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  [[ ${{#COMPREPLY[@]}} -gt 0 || -z $command ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
}}
complete -o filenames -F _ticket_interop {0}
)",
                     program_name, names_of(program), cases);
}

std::string for_zsh(const CLI::App& program) {
  const auto safe = [](std::string text) {
    std::ranges::replace(text, '\'', '`');  // it stands within quotes
    return each_in(one_line(text), "[]:\\", "\\");
  };
  const auto arguments = [&](const CLI::App& app) {
    std::string words;
    for (const CLI::Option* option : options_of(app))
      for (const std::string& name : option->get_lnames())
        words += fmt::format(" \\\n      '*--{}[{}]{}'", name, safe(option->get_description()),
                             takes_value(*option) ? ":" + safe(option->get_type_name()) + ":_files" : "");
    return words;
  };
  std::string commands, cases;
  for (const CLI::App* command : commands_of(program)) {
    commands += fmt::format("    '{}:{}'\n", command->get_name(), safe(command->get_description()));
    cases +=
        fmt::format("  {})\n    _arguments{} \\\n      '*:file:_files' ;;\n", command->get_name(), arguments(*command));
  }
  return fmt::format(
      "#compdef {}\nlocal -a commands\ncommands=(\n{})\n"
      "if (( CURRENT == 2 )); then\n  _describe command commands\n  return\nfi\n"
      "case $words[2] in\n{}esac\n",
      program_name, commands, cases);
}

std::string for_fish(const CLI::App& program) {
  const auto safe = [](const std::string& text) { return each_in(one_line(text), "\\'", "\\"); };
  std::string text = fmt::format("# fish completion of {}\n", program_name);
  for (const CLI::App* command : commands_of(program)) {
    text += fmt::format("complete -c {} -n __fish_use_subcommand -f -a {} -d '{}'\n", program_name, command->get_name(),
                        safe(command->get_description()));
    for (const CLI::Option* option : options_of(*command))
      for (const std::string& name : option->get_lnames())
        text +=
            fmt::format("complete -c {} -n '__fish_seen_subcommand_from {}' -l {}{} -d '{}'\n", program_name,
                        command->get_name(), name, takes_value(*option) ? " -r" : "", safe(option->get_description()));
  }
  return text;
}

}  // namespace

std::string man_page(const CLI::App& program, const std::string& version) {
  std::string text =
      fmt::format(".TH TICKET\\-INTEROP 1 \"\" \"{}\" \"User Commands\"\n.SH NAME\nticket\\-interop \\- {}\n",
                  roff(version), "judge what TLS clients and servers do with renewed and expired session tickets");
  text += ".SH SYNOPSIS\n\\fBticket\\-interop\\fR COMMAND [OPTIONS]\n.SH DESCRIPTION\n" +
          roff(program.get_description()) + "\n.SH OPTIONS\n" + man_options(program) + ".SH COMMANDS\n";
  for (const CLI::App* command : commands_of(program)) text += man_command(*command, "");
  return text + ".SH NOTES\n" + roff_lines(program.get_footer());
}

std::string completion(const CLI::App& program, const std::string& shell) {
  if (shell == "bash") return for_bash(program);
  if (shell == "zsh") return for_zsh(program);
  if (shell == "fish") return for_fish(program);
  throw UsageError("there is no completion for \"" + shell + "\"; there is for bash, zsh and fish");
}

Action make_manual(CLI::App& app) {
  const CLI::App* program = app.get_parent();
  return [program](const Invocation& invocation) {
    try_print(stdout, "{}", man_page(*program, invocation.version));
    return status::ok;
  };
}

Action make_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  app.add_option("shell", *shell, "bash, zsh or fish")->required()->type_name("SHELL");
  const CLI::App* program = app.get_parent();
  return [program, shell](const Invocation&) {
    try_print(stdout, "{}", completion(*program, *shell));
    return status::ok;
  };
}

}  // namespace ti
