#include "rules/told.hpp"

#include "rules/subjects.hpp"

namespace ti {

namespace {

/// Whether a Finished behind a message, in the same handshake, was found to fit all messages before it.
bool is_proven(const Visit& visit, std::size_t message) {
  for (const Handshake& handshake : visit.connection.handshakes) {
    if (message < handshake.first_client_hello.value_or(handshake.client_hello) || message >= handshake.end) continue;
    for (const auto& at : {handshake.client_finished, handshake.server_finished}) {
      const auto* finished = at ? visit.messages()[*at].as<Finished>() : nullptr;
      if (finished != nullptr && finished->verified == true && message <= *at) return true;
    }
  }
  return false;
}

/// Whether the next thing that the other side says is an error alert, or one that cannot be read.
bool is_minded(const Visit& visit, std::size_t message, Side by) {
  for (std::size_t i = message + 1; i < visit.messages().size(); ++i) {
    const Message& next = visit.messages()[i];
    if (next.from != by) continue;
    const auto* alert = next.as<Alert>();
    return alert != nullptr ? is_error(*alert, visit.connection.transcript.version)
                            : next.content == ContentType::alert;
  }
  return false;
}

}  // namespace

bool may_be_lost(const Visit& visit, const Finding& finding, const Rule& rule) {
  if (visit.connection.transcript.vantage == Vantage::wire || rule.rests == Rests::on_message) return false;
  if (!finding.at.message || *finding.at.message >= visit.messages().size()) return true;
  if (is_proven(visit, *finding.at.message)) return false;
  return is_symptom(rule) || rule.rests == Rests::on_order ||
         !is_minded(visit, *finding.at.message, other(finding.actor));
}

}  // namespace ti
