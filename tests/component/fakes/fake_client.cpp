// An adapter that misbehaves: a real one's words, spoilt on their way. `fake_client FAULT ADAPTER ARGS...`
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace {

using Json = nlohmann::json;

/// Real is the adapter behind this one.
class Real {
 public:
  explicit Real(char** argv) {
    int to[2];
    int from[2];
    if (::pipe(to) != 0 || ::pipe(from) != 0) ::_exit(1);
    if (::fork() == 0) {
      ::dup2(to[0], STDIN_FILENO);
      ::dup2(from[1], STDOUT_FILENO);
      for (const int fd : {to[0], to[1], from[0], from[1]}) ::close(fd);
      ::execv(argv[0], argv);
      ::_exit(127);
    }
    ::close(to[0]);
    ::close(from[1]);
    to_ = ::fdopen(to[1], "w");
    from_ = ::fdopen(from[0], "r");
  }

  Json ask(const Json& command) {
    std::fprintf(to_, "%s\n", command.dump().c_str());
    std::fflush(to_);
    std::string line;
    for (int c = std::fgetc(from_); c != '\n' && c != EOF; c = std::fgetc(from_)) line += static_cast<char>(c);
    return Json::parse(line);
  }

 private:
  std::FILE* to_;
  std::FILE* from_;
};

void say(const std::string& line) { std::cout << line << std::endl; }

[[noreturn]] void hang() {
  while (true) ::poll(nullptr, 0, -1);
}

bool is(const Json& command, const char* what) { return command.at("do") == what; }
bool is_connection(const Json& command, int number) {
  return is(command, "connect") && command["connection"] == number;
}

/// Connects where the command says, and does no more.
void connect_in_vain(const Json& command) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(command.at("port").get<std::uint16_t>());
  ::inet_pton(AF_INET, command.at("host").get<std::string>().c_str(), &address.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ::_exit(1);
  ::close(fd);
}

/// Fault answers a command in place of the real adapter.
using Fault = std::function<void(Real& real, Json command)>;

const std::map<std::string, Fault> faults{
    {"none", [](Real& real, const Json& command) { say(real.ask(command).dump()); }},
    {"says-resumed",
     [](Real& real, const Json& command) {
       Json answer = real.ask(command);
       if (is(command, "connect")) answer["resumed"] = true;
       say(answer.dump());
     }},
    {"says-all-went-well",
     [](Real& real, const Json& command) {
       Json answer = real.ask(command);
       answer["ok"] = true;
       say(answer.dump());
     }},
    {"keeps-the-first-ticket",
     [](Real& real, Json command) {
       if (is(command, "connect") && command["connection"] > 1 && command["offer"] == "latest") command["offer"] = 1;
       say(real.ask(command).dump());
     }},
    {"remembers-over-configure",
     [configured = false](Real& real, const Json& command) mutable {
       if (is(command, "configure") && std::exchange(configured, true))
         say(R"({"ok": true})");
       else
         say(real.ask(command).dump());
     }},
    {"hangs-at-configure",
     [](Real& real, const Json& command) {
       if (is(command, "configure")) hang();
       say(real.ask(command).dump());
     }},
    {"refuses-configure",
     [](Real& real, const Json& command) {
       if (is(command, "configure"))
         say(R"({"ok": false, "error": {"stage": "protocol", "text": "no such cipher"}})");
       else
         say(real.ask(command).dump());
     }},
    {"hangs-at-connect",
     [](Real& real, const Json& command) {
       if (is(command, "connect")) hang();
       say(real.ask(command).dump());
     }},
    {"hangs-after-the-connection",
     [](Real& real, const Json& command) {
       const Json answer = real.ask(command);
       if (is(command, "connect")) hang();
       say(answer.dump());
     }},
    {"hangs-after-the-second-connection",
     [](Real& real, const Json& command) {
       const Json answer = real.ask(command);
       if (is_connection(command, 2)) hang();
       say(answer.dump());
     }},
    {"keeps-the-first-ticket-and-dawdles",
     [](Real& real, Json command) {
       if (is(command, "connect") && command["connection"] > 1 && command["offer"] == "latest") command["offer"] = 1;
       if (is_connection(command, 3)) ::poll(nullptr, 0, 500);
       say(real.ask(command).dump());
     }},
    {"dawdles-once",
     [](Real& real, const Json& command) {
       const Json answer = real.ask(command);
       if (is_connection(command, 1)) ::poll(nullptr, 0, 400);
       say(answer.dump());
     }},
    {"dawdles-at-last",
     [](Real& real, const Json& command) {
       const Json answer = real.ask(command);
       if (is_connection(command, 3)) ::poll(nullptr, 0, 400);
       say(answer.dump());
     }},
    {"connects-twice",
     [](Real& real, const Json& command) {
       if (is(command, "connect")) real.ask(command);
       say(real.ask(command).dump());
     }},
    {"connects-twice-and-hangs",
     [](Real& real, const Json& command) {
       const Json answer = real.ask(command);
       if (!is(command, "connect")) return say(answer.dump());
       real.ask(command);
       hang();
     }},
    {"connects-in-vain-first",
     [](Real& real, const Json& command) {
       if (is(command, "connect")) connect_in_vain(command);
       say(real.ask(command).dump());
     }},
    {"connects-in-vain-and-keeps-the-first-ticket",
     [](Real& real, Json command) {
       if (is(command, "connect")) connect_in_vain(command);
       if (is_connection(command, 3)) command["offer"] = 1;
       say(real.ask(command).dump());
     }},
    {"connects-in-vain-afterwards",
     [](Real& real, const Json& command) {
       const Json answer = real.ask(command);
       if (is(command, "connect")) connect_in_vain(command);
       say(answer.dump());
     }},
    {"tries-again",
     [](Real& real, Json command) {
       Json answer = real.ask(command);
       if (is(command, "connect") && answer["ok"] == false) {
         command["offer"] = 1;
         answer = real.ask(command);
       }
       say(answer.dump());
     }},
    {"crashes",
     [](Real& real, const Json& command) {
       if (is_connection(command, 2)) ::raise(SIGSEGV);
       say(real.ask(command).dump());
     }},
    {"is-killed",
     [](Real& real, const Json& command) {
       if (is_connection(command, 2)) ::raise(SIGKILL);
       say(real.ask(command).dump());
     }},
    {"exits",
     [](Real& real, const Json& command) {
       if (is_connection(command, 2)) ::_exit(7);
       say(real.ask(command).dump());
     }},
    {"speaks-unasked",
     [](Real& real, const Json& command) {
       say(real.ask(command).dump() + "\n" + R"({"ok": true, "note": "by the way"})");
     }},
    {"speaks-unasked-at-last",
     [](Real& real, const Json& command) {
       const std::string answer = real.ask(command).dump();
       say(is_connection(command, 3) ? answer + "\n" + R"({"ok": true, "note": "by the way"})" : answer);
     }},
    {"floods-stdout",
     [](Real& real, const Json& command) {
       while (is_connection(command, 2)) say(std::string(1000, 'x'));
       say(real.ask(command).dump());
     }},
    {"floods-stderr",
     [](Real& real, const Json& command) {
       for (int i = 0; is_connection(command, 2) && i < 20000; ++i) std::cerr << std::string(1000, 'x') << std::endl;
       say(real.ask(command).dump());
     }},
    {"speaks-without-end",
     [](Real& real, const Json& command) {
       if (is_connection(command, 2)) say(std::string(std::size_t{2} << 20, 'x'));
       say(real.ask(command).dump());
     }},
    {"speaks-no-json",
     [](Real& real, const Json& command) {
       const std::string answer = real.ask(command).dump();
       say(is_connection(command, 2) ? "segment retransmitted, all good" : answer);
     }},
    {"forgets-a-field",
     [](Real& real, const Json& command) {
       Json answer = real.ask(command);
       if (is(command, "connect")) answer = {{"ok", false}};
       say(answer.dump());
     }},
    {"does-not-implement",
     [](Real& real, const Json& command) {
       if (is(command, "connect"))
         say(R"({"ok": false, "unimplemented": "offer"})");
       else
         say(real.ask(command).dump());
     }},
    {"does-not-implement-the-third",
     [](Real& real, const Json& command) {
       if (is_connection(command, 3))
         say(R"({"ok": false, "unimplemented": "offer"})");
       else
         say(real.ask(command).dump());
     }},
    {"connects-and-does-not-implement",
     [](Real& real, const Json& command) {
       const Json answer = real.ask(command);
       say(is_connection(command, 2) ? R"({"ok": false, "unimplemented": "offer"})" : answer.dump());
     }},
    {"complains",
     [](Real& real, const Json& command) {
       if (is_connection(command, 2)) std::cerr << "warning: session cache is full" << std::endl;
       say(real.ask(command).dump());
     }},
};

}  // namespace

int main(int argc, char** argv) {
  const auto fault = argc > 2 ? faults.find(argv[1]) : faults.end();
  if (fault == faults.end()) return 89;
  Fault answer = fault->second;
  Real real(argv + 2);
  for (std::string line; std::getline(std::cin, line);) answer(real, Json::parse(line));
}
