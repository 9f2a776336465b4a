#pragma once
// What outlives the harness, so that nothing else does.
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace ti {

/// Guardian is a small process, one a run, that holds a list of process groups and folders. When the harness ends in
/// whatever way, SIGKILL included, it kills those groups, and whoever left them and still bears its mark, removes those
/// folders and ends. It must be made before any thread is started. Being one process's caretaker has two effects on
/// that whole process: SIGPIPE is ignored (a child that went away is an error of the write), and orphans of its
/// children become its own, so that they can be reaped.
class Guardian {
 public:
  Guardian();   ///< throws boost::system::system_error
  ~Guardian();  ///< whatever is still on the list goes now
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;

  /// Puts the calling process's own group on the list; async-signal-safe, for a child before exec. False: see errno. A
  /// guardian that is gone is noticed here, at the next start; the others below do not report it.
  bool enlist_self() const noexcept;
  void dismiss(pid_t group) const noexcept;

  void watch_folder(const std::filesystem::path& folder) const noexcept;
  void forget_folder(const std::filesystem::path& folder) const noexcept;

  pid_t id() const { return pid_; }

  /// "NAME=VALUE" in the environment of all that is started, by which the guardian knows them.
  std::string mark() const;

 private:
  void tell(char verb, std::string_view what) const noexcept;

  pid_t pid_ = -1;
  int socket_ = -1;
};

}  // namespace ti
