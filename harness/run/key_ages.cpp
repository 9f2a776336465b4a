#include "run/key_ages.hpp"

#include <chrono>

namespace ti {

namespace {

constexpr std::chrono::seconds whole_second{1};

bool moved_over(std::chrono::seconds border, const StepTook& born, const StepTook& used) {
  const auto age = used.at - born.at;
  if (age < border - whole_second) return age + used.took + whole_second > border;
  return age > border + whole_second && age - born.took < border;
}

}  // namespace

const StepTook* moved_over_a_border(const std::vector<StepTook>& steps, const Policy& policy) {
  for (const char* key : {"renew_after", "expire_after"}) {
    const std::chrono::seconds* border = policy.duration(key);
    if (border == nullptr) continue;
    for (std::size_t used = 0; used < steps.size(); ++used)
      for (std::size_t born = 0; born < used; ++born)
        if (steps[born].generation == steps[used].generation && moved_over(*border, steps[born], steps[used]))
          return steps[born].took > steps[used].took ? &steps[born] : &steps[used];
  }
  return nullptr;
}

}  // namespace ti
