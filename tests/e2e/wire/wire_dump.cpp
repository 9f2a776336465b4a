// wire_dump FILE: what our decoder sees in a capture, one line a message: stream, sender, type, bytes, of a ticket
// its lifetime and SHA-256, of an alert its level and description; then `!` and the problems of each connection. For
// comparing with another decoder.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "capture/capture.hpp"
#include "wire/decoder.hpp"

namespace {

std::string detail(const ti::Message& message) {
  if (const auto* ticket = message.as<ti::NewSessionTicket>())
    return " " + std::to_string(ticket->lifetime) + " " + ti::sha256_hex(ticket->ticket);
  if (const auto* alert = message.as<ti::Alert>())
    return " " + std::to_string(alert->level) + " " + std::to_string(alert->description);
  const auto* finished = message.as<ti::Finished>();
  if (finished == nullptr) return "";
  return !finished->verified ? " unverified" : *finished->verified ? " verified" : " false";
}

void print(std::size_t stream, const ti::Transcript& transcript) {
  for (const ti::Message& message : transcript.messages)
    std::printf("%zu %s %s %zu%s\n", stream, ti::name(message.from), std::string(ti::name(message.type)).c_str(),
                message.bytes, detail(message).c_str());
  for (const ti::Problem& problem : transcript.problems)
    std::printf("! %zu %s at %zu: %s\n", stream, ti::name(problem.from), problem.offset, problem.what.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: wire_dump FILE\n");
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  const auto capture = ti::read_capture(ti::as_bytes(file));
  if (!capture) {
    std::fprintf(stderr, "%s: %s\n", argv[1], capture.error().text().c_str());
    return 1;
  }
  const ti::KeyLog keys(capture->keylog);
  for (std::size_t i = 0; i < capture->connections.size(); ++i) print(i, ti::decode(capture->connections[i], keys));
  return 0;
}
