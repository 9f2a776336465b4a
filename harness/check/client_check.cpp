#include "check/client_check.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "check/check_tables.hpp"
#include "check/versions.hpp"

namespace ti {

namespace {

using Tables = std::vector<std::span<const ClientCheck>>;

/// All but those of capabilities, in order.
Tables check_tables() { return {line_checks(), wire_checks(), last_check()}; }

std::vector<std::string> names_of(const Tables& tables) {
  std::vector<std::string> names;
  for (const auto& table : tables)
    for (const ClientCheck& check : table) names.emplace_back(check.name);
  return names;
}

/// What came of a check, and whether the adapter said that it does not implement it.
struct Tried {
  CheckResult result;
  bool refused = false;
};

awaitable<Tried> try_out(ClientTrial& trial, const ClientCheck& check) {
  Tried tried{CheckResult{check.name, CheckState::ok, {}}};
  CheckResult& result = tried.result;
  try {
    awaitable<std::string> body = check.body(trial);
    result.note = co_await std::move(body);
  } catch (const CheckFailed& failed) {
    tried.refused = dynamic_cast<const CheckRefused*>(&failed) != nullptr;
    result.state = CheckState::failed;
    result.note = failed.what();
  } catch (const CheckSkipped& skipped) {
    result.state = CheckState::skipped;
    result.note = skipped.what();
  } catch (const CheckImpossible& impossible) {
    result.state = CheckState::impossible;
    result.note = impossible.what();
  }
  const std::set<std::string> excuses = trial.take_excuses();
  if (result.state == CheckState::ok && !excuses.empty()) result.state = CheckState::excused;
  for (const std::string& excuse : excuses) result.note += "; " + excuse;
  const std::string said = co_await trial.bench().dismiss();
  if (check.quiet && result.state == CheckState::ok && !said.empty())
    trial.stray += std::string(check.name) + ": " + said;
  co_return tried;
}

CapabilityResult capability_result(const ClientCheck& check, const Tried& tried, const ClientManifest& manifest) {
  const CheckResult& seen = tried.result;
  CapabilityResult result{seen.name, manifest.capabilities.contains(seen.name), std::nullopt, false, seen.note};
  if (seen.state == CheckState::ok || seen.state == CheckState::excused) result.observed = true;
  if (seen.state == CheckState::failed) result.observed = false;
  const auto cannot = manifest.cannot.find(seen.name);
  if (!result.declared && cannot != manifest.cannot.end()) result.note += "; it cannot: " + cannot->second;
  result.ignored = check.told && seen.state == CheckState::failed && !tried.refused && cannot == manifest.cannot.end();
  return result;
}

}  // namespace

bool ClientReport::holds() const {
  return std::none_of(checks.begin(), checks.end(),
                      [](const CheckResult& check) {
                        return check.state == CheckState::failed || check.state == CheckState::impossible;
                      }) &&
         std::all_of(capabilities.begin(), capabilities.end(),
                     [](const CapabilityResult& capability) { return capability.holds(); });
}

namespace {

/// Leaves a client the versions that its adapter says the library found here has.
awaitable<void> keep_versions_found(ClientManifest* manifest, const RunContext& context) {
  const Facts facts = co_await client_facts(*manifest, context, {});
  const auto found = facts.find("tls");
  if (found == facts.end()) co_return;
  std::set<Version> versions;
  for (const std::string& version : split(found->second, ' ')) versions.insert(version_of(version));
  std::erase_if(manifest->tls, [&](Version version) { return !versions.contains(version); });
}

}  // namespace

awaitable<ClientReport> check_client(ClientManifest manifest, CheckTools tools, const RunContext& context) {
  if (!manifest.program) co_await keep_versions_found(&manifest, context);
  ClientTrial trial(manifest, context, tools.servers, tools.libfaketime);
  ClientReport report;
  for (const auto& table : check_tables())
    for (const ClientCheck& check : table) {
      if (!glob_match(tools.only, check.name) && table.data() != last_check().data()) continue;
      if (check.lines && manifest.program) {
        report.checks.push_back({check.name, CheckState::skipped, "an unmodified program"});
        continue;
      }
      Tried tried = co_await try_out(trial, check);
      report.checks.push_back(std::move(tried.result));
    }
  for (const ClientCheck& check : capability_checks()) {
    if (!glob_match(tools.only, check.name)) continue;
    const Tried tried = co_await try_out(trial, check);
    report.capabilities.push_back(capability_result(check, tried, manifest));
  }
  co_await trial.bench().stop();
  co_return report;
}

awaitable<ClientManifest> manifest_of_command(std::vector<std::string> argv, std::set<std::string> capabilities,
                                              const RunContext& context) {
  ClientManifest manifest;
  manifest.argv = std::move(argv);
  manifest.capabilities = std::move(capabilities);
  try {
    const TempDir folder(*context.guardian);
    AdapterProcess adapter(manifest, context, folder.path());
    const AdapterAnswer hello = co_await adapter.ask(hello_line());
    if (hello_in(hello).carry == "export") manifest.carry = Carry::session_export;
    for (const Version version : all_versions) {
      std::string line = line_of(configure_order(version, context.credentials));
      const AdapterAnswer answer = co_await adapter.ask(std::move(line));
      if (answer.ok()) manifest.tls.insert(version);
    }
  } catch (const CheckFailed&) {
    co_return manifest;  // what it did wrong, the checks will say
  }
  co_return manifest;
}

std::vector<std::string> check_names() { return names_of(check_tables()); }

std::vector<std::string> capability_names() { return names_of({capability_checks()}); }

}  // namespace ti
