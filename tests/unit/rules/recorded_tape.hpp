#pragma once
// What was really recorded (tests/golden), as a cell in which a test changes what passed.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "rules/registry.hpp"
#include "wire/golden.hpp"

namespace ti::recorded {

inline ObservedConnection observed(Transcript transcript) {
  ObservedConnection connection;
  connection.handshakes = handshakes_of(transcript);
  connection.transcript = std::move(transcript);
  return connection;
}

/// Tape is a recorded cell in which a test changes what passed. Connections count from 1, messages from 0.
class Tape {
 public:
  explicit Tape(const char* name, bool with_keys = true) {
    const Capture capture = golden::capture(name);
    const KeyLog keys(with_keys ? capture.keylog : "");
    cell.has_expectations = cell.by_our_tap = false;
    for (const Recording& recording : capture.connections) {
      cell.connections.push_back(observed(decode(recording, keys)));
      cell.connections.back().begun = recording.opened;
    }
  }

  Observation cell;

  ObservedConnection& connection(std::size_t number) { return cell.connections[number - 1]; }
  std::vector<Message>& messages(std::size_t number) { return connection(number).transcript.messages; }

  /// The first message of that kind from index `from` on.
  Place find(std::size_t number, Side side, MessageType type, std::size_t from = 0) {
    const auto& all = messages(number);
    for (std::size_t i = from; i < all.size(); ++i)
      if (all[i].from == side && all[i].type == type) return {number, i};
    ADD_FAILURE() << "connection " << number << " has no " << name(type);
    return {number, 0};
  }
  Place client(std::size_t number, MessageType type) { return find(number, Side::client, type); }
  Place server(std::size_t number, MessageType type) { return find(number, Side::server, type); }
  Place last(std::size_t number) { return {number, messages(number).size() - 1}; }

  template <class T>
  T& body(Place at) {
    return std::get<T>(messages(at.connection)[*at.message].body);
  }

  template <class Hello>
  void drop_extended_master_secret(Place at) {
    std::erase_if(body<Hello>(at).extensions,
                  [](const Extension& each) { return each.type == ext::extended_master_secret; });
  }

  Place drop(Place at) {
    messages(at.connection).erase(messages(at.connection).begin() + static_cast<std::ptrdiff_t>(*at.message));
    return at;
  }
  Place insert(Place at, Message message) {
    auto& all = messages(at.connection);
    message.at = all[std::min(*at.message, all.size() - 1)].at;
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(*at.message), std::move(message));
    return at;
  }
  Place copy(Place from, Place to) { return insert(to, messages(from.connection)[*from.message]); }
  Place move(Place from, Place to) {
    const Message message = messages(from.connection)[*from.message];
    drop(from);
    return insert(*from.message < *to.message ? Place{to.connection, *to.message - 1} : to, message);
  }
  /// What follows the message did not happen; in its place one side sends an alert.
  Place cut_with_alert(Place after, Side from, std::uint8_t description) {
    auto& all = messages(after.connection);
    all.resize(*after.message + 1);
    connection(after.connection).transcript.endings.clear();
    Message alert;
    alert.from = from;
    alert.type = MessageType::alert;
    alert.content = ContentType::alert;
    alert.body = Alert{.level = 2, .description = description};
    return insert({after.connection, all.size()}, alert);
  }
  /// Lets a connection begin later, with a client that counts right.
  void later(std::size_t number, std::chrono::seconds by) {
    connection(number).at += by;
    for (Message& message : messages(number))
      if (auto* hello = std::get_if<ClientHello>(&message.body))
        for (PskIdentity& psk : hello->psks)
          psk.obfuscated_ticket_age += static_cast<std::uint32_t>(Milliseconds(by).count());
  }
  /// As if our own tap had recorded it: then every ticket is known.
  void through_tap() {
    cell.has_expectations = cell.by_our_tap = true;
    for (ObservedConnection& each : cell.connections) each.client.answered = each.client.ok = true;
  }

  Verdict judged() {
    for (ObservedConnection& each : cell.connections) {
      each.handshakes = handshakes_of(each.transcript);
      for (TranscriptEnding& ending : each.transcript.endings) ending.before_message = each.transcript.messages.size();
    }
    return judge(cell);
  }
};

inline std::string text(const Verdict& verdict) {
  std::string text = std::string(name(verdict.outcome)) + " " + verdict.rule + ": " + verdict.reason;
  for (const Breach& breach : verdict.breaches) text += "\n  " + breach.rule + ": " + breach.reason;
  return text;
}

}  // namespace ti::recorded
