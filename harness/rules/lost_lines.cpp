#include "rules/lost_lines.hpp"

#include "rules/subjects.hpp"

namespace ti {

namespace {

/// Whether a Finished behind a message, in the same handshake, was found to fit all messages before it.
bool is_proven(const ConnectionView& view, std::size_t message) {
  for (const Handshake& handshake : view.connection.handshakes) {
    if (message < handshake.first_client_hello.value_or(handshake.client_hello) || message >= handshake.end) continue;
    for (const auto& at : {handshake.client_finished, handshake.server_finished}) {
      const auto* finished = at ? view.messages()[*at].as<Finished>() : nullptr;
      if (finished != nullptr && finished->verified == true && message <= *at) return true;
    }
  }
  return false;
}

/// Whether the next thing that the other side says is an error alert, or one that cannot be read.
bool is_minded(const ConnectionView& view, std::size_t message, Side by) {
  for (std::size_t i = message + 1; i < view.messages().size(); ++i) {
    const Message& next = view.messages()[i];
    if (next.from != by) continue;
    const auto* alert = next.as<Alert>();
    return alert != nullptr ? is_error(*alert, view.connection.transcript.version) : next.content == ContentType::alert;
  }
  return false;
}

}  // namespace

bool may_be_lost(const ConnectionView& view, const Breach& breach, const Rule& rule) {
  if (view.connection.transcript.vantage == Vantage::wire || rule.rests == Rests::on_message) return false;
  if (!breach.at.message || *breach.at.message >= view.messages().size()) return true;
  if (is_proven(view, *breach.at.message)) return false;
  return is_symptom(rule) || rule.rests == Rests::on_order || !is_minded(view, *breach.at.message, other(breach.actor));
}

}  // namespace ti
