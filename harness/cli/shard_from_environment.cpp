#include "cli/shard_from_environment.hpp"

#include <unistd.h>

#include <charconv>

#include "cli/command.hpp"

namespace ti {

namespace {

const std::string* find(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() || found->second.empty() ? nullptr : &found->second;
}

std::size_t number(const Environment& environment, const char* name) {
  const std::string* text = find(environment, name);
  if (!text)
    throw UsageError(std::string(name) +
                     " is not set, beside the other variables of its engine; --shard I/N says it too");
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size())
    throw UsageError(std::string(name) + "=" + *text + ": want a number");
  return value;
}

Shard checked(std::size_t index, std::size_t count, const char* engine) {
  const Result<Shard> shard = Shard::parse(std::to_string(index) + "/" + std::to_string(count));
  if (!shard) throw UsageError(std::string("the variables of ") + engine + " say " + shard.error().text());
  return *shard;
}

}  // namespace

Shard shard_from_environment(const Environment& environment) {
  if (const std::string* own = find(environment, "TICKET_INTEROP_SHARD")) {
    const Result<Shard> shard = Shard::parse(*own);
    if (!shard) throw UsageError("TICKET_INTEROP_SHARD: " + shard.error().text());
    return *shard;
  }
  if (find(environment, "CI_NODE_INDEX"))
    return checked(number(environment, "CI_NODE_INDEX"), number(environment, "CI_NODE_TOTAL"), "GitLab");
  if (find(environment, "SLURM_ARRAY_TASK_ID")) {
    const std::size_t step =
        find(environment, "SLURM_ARRAY_TASK_STEP") ? number(environment, "SLURM_ARRAY_TASK_STEP") : 1;
    const std::size_t first = number(environment, "SLURM_ARRAY_TASK_MIN");
    if (step == 0) throw UsageError("SLURM_ARRAY_TASK_STEP=0: want at least 1");
    return checked((number(environment, "SLURM_ARRAY_TASK_ID") - first) / step + 1,
                   number(environment, "SLURM_ARRAY_TASK_COUNT"), "Slurm");
  }
  if (find(environment, "JOB_COMPLETION_INDEX"))
    return checked(number(environment, "JOB_COMPLETION_INDEX") + 1, number(environment, "JOB_COMPLETIONS"),
                   "Kubernetes");
  return {};
}

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text(*entry);
    if (const std::size_t equals = text.find('='); equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace ti
