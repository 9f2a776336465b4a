// A harness to be killed: prints the ids of its guardian, its child and its two grandchildren and the path of its
// folder, one a line, and waits for the end. The grandchildren stand for a server's worker, which ignores SIGTERM, and
// for a daemon, which leaves its parent's process group.
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
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
  launch.argv = {"/bin/sh", "-c", "trap '' TERM; sleep 1000 & trap - TERM; echo $!; setsid sleep 1000 & echo $!; wait"};
  launch.env["PATH"] = "/usr/bin:/bin";
  ti::Process server(io.get_executor(), guardian, launch);
  std::string grandchildren;
  while (std::count(grandchildren.begin(), grandchildren.end(), '\n') < 2)
    boost::asio::read(server.out, boost::asio::dynamic_buffer(grandchildren), boost::asio::transfer_at_least(1));
  std::printf("%d\n%d\n%s%s\n", guardian.id(), server.id(), grandchildren.c_str(), folder.path().c_str());
  std::fflush(stdout);
  ::pause();
}
