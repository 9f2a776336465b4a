#pragma once
// One table of every rule that can be broken.
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "model/observation.hpp"
#include "model/verdict.hpp"

namespace ti {

/// Which handshakes or connections a rule speaks of, so that `list rules` can count who exercises it.
using Applies = bool (*)(const Observation&);
/// Appends each breach in the connections from a number on; knows nothing but the observation. The
/// registry fills in rule id, severity and actor where the check leaves them empty.
using Check = void (*)(const Observation&, std::vector<Breach>&, std::size_t first_number);

enum class Actor : std::uint8_t { client, server, either };

/// What a rule must have read of the messages before a breach.
enum class Rests : std::uint8_t {
  on_content,  ///< their content
  on_types,    ///< which they were
  on_order,    ///< which they were, that none of them is missing, and how they follow each other
  on_message   ///< the content of the one that breaks it, and no other's
};

/// Rule is one checkable sentence of an RFC or of the harness.
struct Rule {
  std::string_view id;        ///< "rfc5077-3.3-one-ticket"
  std::string_view section;   ///< "RFC 5077 3.3"
  std::string_view sentence;  ///< in our own words
  Applies applies;            ///< whether the observation contains what the rule speaks of
  Check check;
  Actor actor;
  Severity severity;
  Rests rests = Rests::on_content;
};

/// All rules, grouped by document and section.
std::span<const Rule> all_rules();
const Rule* find_rule(std::string_view id);

/// Those whose breach fails only where a scenario asks for it.
std::vector<NamedRule> should_rules();

/// Judges a whole observation: runs every rule, orders breaches by wire order, names the fault by the first deciding
/// one, collects consequences. `pass` when nothing decides; `inconclusive` when nothing else was broken and a needed
/// fact was not visible: an expectation could not be looked at (no keys), an alert that draws no blame is not
/// explained, or what a rule rests on could not be read.
Verdict judge(const Observation& observation);

}  // namespace ti
