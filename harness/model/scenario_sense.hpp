#pragma once
// Words that are well written and mean nothing where they stand: they could never hold, or never fail. A check that
// cannot fail is worse than none, so each is an error at load. scenarios/FORMAT.md, "What means nothing".
#include "model/json_reader.hpp"
#include "model/scenario.hpp"

namespace ti {

/// What the steps before this one leave to it.
struct StepBefore {
  bool nothing_offered = true;  ///< no connection came before: the client can have no ticket
  bool nothing_opens = true;    ///< no connection since the server's last start: it can open no ticket
};

/// Checks one step with `connect` as it stands at each of the scenario's versions. Throws JsonProblem at the word that
/// means nothing, and says what may stand there.
void check_step_sense(const JsonValue& value, const Step& step, const StepBefore& before, const Scenario& scenario);

/// Checks what is said of the whole scenario: suites, policy and rules that none of its versions has. Throws
/// JsonProblem. `known` are the rules that it may name.
void check_scenario_sense(const JsonValue& file, const Scenario& scenario, const std::vector<NamedRule>& known);

}  // namespace ti
