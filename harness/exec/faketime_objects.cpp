#include "exec/faketime_objects.hpp"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>

#include "exec/temp_dir.hpp"

namespace ti {

namespace {

constexpr off_t more_than_it_keeps = 4096;

[[noreturn]] void fail(const char* what) {
  throw boost::system::system_error(errno, boost::system::system_category(), what);
}

/// Where Linux shows the objects of a name.
std::filesystem::path memory_file(const std::string& name) { return "/dev/shm" + name; }
std::filesystem::path semaphore_file(const std::string& name) { return "/dev/shm/sem." + name.substr(1); }

}  // namespace

FaketimeObjects::FaketimeObjects(const Guardian& guardian) : guardian_(guardian), name_("/" + random_name()) {
  guardian_.watch_folder(memory_file(name_));
  guardian_.watch_folder(semaphore_file(name_));
  sem_t* const semaphore = ::sem_open(name_.c_str(), O_CREAT | O_EXCL, 0600, 1);
  if (semaphore == SEM_FAILED) fail("cannot make a semaphore for libfaketime");
  ::sem_close(semaphore);
  const int memory = ::shm_open(name_.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
  if (memory == -1 || ::ftruncate(memory, more_than_it_keeps) == -1) fail("cannot make shared memory for libfaketime");
  ::close(memory);
}

FaketimeObjects::~FaketimeObjects() {
  ::sem_unlink(name_.c_str());
  ::shm_unlink(name_.c_str());
  guardian_.forget_folder(memory_file(name_));
  guardian_.forget_folder(semaphore_file(name_));
}

}  // namespace ti
