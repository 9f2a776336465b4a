// A harness to be killed: prints the ids of its guardian, its child and its grandchild and the path of its folder, one
// a line, and waits for the end. The grandchild stands for a server's worker: it ignores SIGTERM.
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <cstdio>
#include <fstream>

#include "exec/process.hpp"
#include "exec/temp_dir.hpp"

int main() {
  const ti::Guardian guardian;
  const ti::TempDir folder(guardian);
  std::ofstream(folder.path() / "file") << "something";

  boost::asio::io_context io(1);
  ti::Launch launch;
  launch.argv = {"/bin/sh", "-c", "trap '' TERM; sleep 1000 & trap - TERM; echo $!; wait"};
  launch.env["PATH"] = "/usr/bin:/bin";
  ti::Process server(io.get_executor(), guardian, launch);
  std::string grandchild;
  boost::asio::read_until(server.out, boost::asio::dynamic_buffer(grandchild), '\n');
  std::printf("%d\n%d\n%s%s\n", guardian.id(), server.id(), grandchild.c_str(), folder.path().c_str());
  std::fflush(stdout);
  ::pause();
}
