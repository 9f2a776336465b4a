#pragma once
// What libfaketime keeps in shared memory.
#include <string>

#include "exec/guardian.hpp"

namespace ti {

/// FaketimeObjects are the semaphore and the memory that programs under one clock share. Without them each program
/// makes its own in /dev/shm at its start, which is slower, and leaves them there when it is killed. They go with this
/// object, or by the guardian when the harness is killed; no program may start under the clock after that.
class FaketimeObjects {
 public:
  explicit FaketimeObjects(const Guardian& guardian);
  ~FaketimeObjects();
  FaketimeObjects(const FaketimeObjects&) = delete;
  FaketimeObjects& operator=(const FaketimeObjects&) = delete;

  /// The value of FAKETIME_SHARED.
  std::string names() const { return name_ + " " + name_; }

 private:
  const Guardian& guardian_;
  std::string name_;
};

}  // namespace ti
