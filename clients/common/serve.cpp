#include "common/serve.hpp"

#include "common/protocol.hpp"

#include <csignal>
#include <iostream>
#include <string>

namespace ti::adapter {

bool serve(Adapter& adapter, std::istream& commands, std::ostream& answers) {
  Conversation conversation(adapter);
  for (std::string line; std::getline(commands, line);) {
    answers << conversation.answer(line) << '\n' << std::flush;
    if (!answers) return false;
  }
  return true;
}

int run(int argc, const char* const* argv, std::initializer_list<FrontDoor> front_doors) {
  const std::string_view argument = argc == 2 ? argv[1] : "";
  for (const FrontDoor& door : front_doors) {
    if (argc > 2 || door.argument != argument) continue;
    std::signal(SIGPIPE, SIG_IGN);
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    const auto adapter = door.make();
    return serve(*adapter, std::cin, std::cout) ? 0 : 1;
  }
  return 89;
}

}  // namespace ti::adapter
