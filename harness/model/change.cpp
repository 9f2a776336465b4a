#include "model/change.hpp"

namespace ti {

namespace {

bool is_judged(Outcome outcome) { return outcome == Outcome::pass || outcome == Outcome::fail; }

}  // namespace

std::string in_words(const BaselineVerdict& verdict) {
  std::string words(name(verdict.outcome));
  if (verdict.fault) words.append(" ").append(name(*verdict.fault));
  return verdict.rule.empty() ? words : words + " " + verdict.rule;
}

std::string_view name(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::none:
      return "none";
    case ChangeKind::new_failure:
      return "new failure";
    case ChangeKind::changed_reason:
      return "changed reason";
    case ChangeKind::not_judged:
      return "no longer judged";
    case ChangeKind::lost_capability:
      return "lost capability";
    case ChangeKind::fixed:
      return "fixed";
    case ChangeKind::other:
      return "can be judged now";
    case ChangeKind::appeared:
      return "appeared";
    case ChangeKind::disappeared:
      return "disappeared";
  }
  return "";
}

ChangeKind change_between(const BaselineVerdict& before, const BaselineVerdict& now) {
  if (now.outcome == before.outcome && (now.outcome != Outcome::fail || now == before)) return ChangeKind::none;
  switch (now.outcome) {
    case Outcome::fail:
      return before.outcome == Outcome::fail ? ChangeKind::changed_reason : ChangeKind::new_failure;
    case Outcome::pass:
      return before.outcome == Outcome::fail ? ChangeKind::fixed : ChangeKind::other;
    case Outcome::unsupported:
      return ChangeKind::lost_capability;
    case Outcome::inconclusive:
    case Outcome::error:
      return is_judged(before.outcome) ? ChangeKind::not_judged : ChangeKind::other;
  }
  return ChangeKind::none;
}

}  // namespace ti
