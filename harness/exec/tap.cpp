#include "exec/tap.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <utility>

#include "exec/event.hpp"

namespace ti {

namespace {

using asio::ip::tcp;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
using TcpSocket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Local = asio::local::stream_protocol;
using LocalSocket = asio::basic_stream_socket<Local, Executor>;
using boost::system::error_code;
using How = Ending::How;

template <class Handle>
void close_on_exec(Handle& handle) {
  ::fcntl(handle.native_handle(), F_SETFD, FD_CLOEXEC);
}

bool has_ended(const Recording& recording, Side side) {
  for (const Ending& ending : recording.endings) {
    if (ending.from == side) return true;
  }
  return false;
}

void end(Recording& recording, Side side, Instant at, How how, bool by_harness = false) {
  if (!has_ended(recording, side)) recording.endings.push_back({side, at, how, recording.segments.size(), by_harness});
}

void reset_on_close(Socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
}

/// Connection is a client's and the server's socket, and what passed between them.
struct Connection {
  Connection(Socket c, Executor executor) : client(std::move(c)), server(std::move(executor)) {}

  Socket& socket(Side side) { return side == Side::client ? client : server; }

  Socket client;
  Socket server;
  Tapped tapped;
  std::unique_ptr<Disturbance> disturbance;
  std::array<std::size_t, 2> bytes{};  ///< that each side sent
  int directions_done = 0;
  bool over = false;
  Event ended;
};

}  // namespace

struct Tap::State {
  State(Executor e, Upstream u, Stopwatch c, MakeDisturbance d, TaskGroup& t)
      : executor(std::move(e)),
        acceptor(executor),
        upstream(std::move(u)),
        clock(c),
        make_disturbance(std::move(d)),
        tasks(t) {}

  void listen();
  static awaitable<void> accept_all(std::shared_ptr<State> self);
  static void accept_pending(const std::shared_ptr<State>& self);
  static bool accept_one(const std::shared_ptr<State>& self);
  static awaitable<void> serve(std::shared_ptr<State> self, std::shared_ptr<Connection> connection);
  static awaitable<void> carry(std::shared_ptr<State> self, std::shared_ptr<Connection> connection, Side from);

  awaitable<error_code> reach_server(Connection& c);
  awaitable<void> pump(Connection& c, Side from);
  static ByteView write_now(Socket& to, ByteView bytes, error_code& error);
  static awaitable<error_code> write(Socket& to, ByteView bytes);
  awaitable<error_code> deliver(Connection& c, Side from, Delivery delivery);
  void receive(Connection& c, Side from, ByteView bytes);
  void pass_on_fin(Connection& c, Side from);
  void pass_on_reset(Connection& c, Side from);
  void sink_is_gone(Connection& c, Side from);
  void end_by_harness(Connection& c, How how);
  void close(Connection& c);
  bool any_open() const;

  Executor executor;
  Acceptor acceptor;
  std::uint16_t port = 0;
  Upstream upstream;
  Stopwatch clock;
  MakeDisturbance make_disturbance;
  TaskGroup& tasks;  ///< the tap's: used only while the acceptor is open
  std::deque<std::shared_ptr<Connection>> connections;
  std::size_t accepted = 0;
  Event changed;
};

void Tap::State::listen() {
  acceptor.open(tcp::v4());
  close_on_exec(acceptor);
  acceptor.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  acceptor.listen();
  acceptor.non_blocking(true);
  port = acceptor.local_endpoint().port();
}

awaitable<void> Tap::State::accept_all(std::shared_ptr<State> self) {
  while (self->acceptor.is_open()) {
    const auto [closed] = co_await self->acceptor.async_wait(Acceptor::wait_read, asio::as_tuple(use_awaitable));
    if (!closed) accept_one(self);
  }
}

void Tap::State::accept_pending(const std::shared_ptr<State>& self) {
  while (accept_one(self)) continue;
}

/// Whether there may be more.
bool Tap::State::accept_one(const std::shared_ptr<State>& self) {
  if (!self->acceptor.is_open()) return false;
  error_code error;
  tcp::endpoint peer;
  TcpSocket client = self->acceptor.accept(peer, error);
  if (error == asio::error::would_block) return false;
  if (error == asio::error::connection_aborted) return true;
  if (error) throw boost::system::system_error(error, "cannot accept a connection");
  close_on_exec(client);
  client.set_option(tcp::no_delay(true), error);

  auto connection = std::make_shared<Connection>(std::move(client), self->executor);
  if (self->make_disturbance) connection->disturbance = self->make_disturbance(self->accepted);
  Recording& sent = connection->tapped.sent;
  sent.client = {peer.address().to_string(), peer.port()};
  sent.server.port = self->port;
  sent.opened = self->clock.now();
  if (connection->disturbance) connection->tapped.delivered = sent;
  ++self->accepted;
  self->connections.push_back(connection);
  self->tasks.spawn(serve(self, std::move(connection)));
  return true;
}

awaitable<void> Tap::State::serve(std::shared_ptr<State> self, std::shared_ptr<Connection> connection) {
  const error_code error = co_await self->reach_server(*connection);
  if (connection->over) co_return;
  if (error) {
    connection->tapped.error = "cannot reach the server: " + error.message();
    self->pass_on_reset(*connection, Side::server);
    co_return;
  }
  connection->tapped.reached = true;
  connection->client.non_blocking(true);
  connection->server.non_blocking(true);
  self->tasks.spawn(carry(self, connection, Side::client));
  self->tasks.spawn(carry(self, connection, Side::server));
}

awaitable<error_code> Tap::State::reach_server(Connection& c) {
  const auto connect = [&c](auto server, auto endpoint) -> awaitable<error_code> {
    error_code error;
    server.open(endpoint.protocol(), error);
    if (error) co_return error;
    close_on_exec(server);
    const auto [refused] = co_await server.async_connect(endpoint, asio::as_tuple(use_awaitable));
    if (!refused) c.server = std::move(server);
    co_return refused;
  };
  if (!upstream.socket.empty()) {
    const Local::endpoint endpoint(upstream.socket.native());
    LocalSocket server(executor);
    co_return co_await connect(std::move(server), endpoint);
  }
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), upstream.port);
  TcpSocket server(executor);
  const error_code error = co_await connect(std::move(server), endpoint);
  if (!error) c.server.set_option(tcp::no_delay(true));
  co_return error;
}

awaitable<void> Tap::State::carry(std::shared_ptr<State> self, std::shared_ptr<Connection> connection, Side from) {
  try {
    co_await self->pump(*connection, from);
  } catch (const std::exception& e) {
    if (connection->over) co_return;
    connection->tapped.error = e.what();
    self->end_by_harness(*connection, How::reset);
  }
}

/// What can be written at once need not be asked of the loop, which costs as much again. Gives what is left.
ByteView Tap::State::write_now(Socket& to, ByteView bytes, error_code& error) {
  const std::size_t written = to.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  if (error == asio::error::would_block) error = {};
  return bytes.subspan(written);
}

awaitable<error_code> Tap::State::write(Socket& to, ByteView bytes) {
  const auto [error, written] =
      co_await asio::async_write(to, asio::buffer(bytes.data(), bytes.size()), asio::as_tuple(use_awaitable));
  co_return error;
}

awaitable<void> Tap::State::pump(Connection& c, Side from) {
  std::array<std::uint8_t, 16384> buffer;
  while (!c.over) {
    const auto [read_error, n] =
        co_await c.socket(from).async_read_some(asio::buffer(buffer), asio::as_tuple(use_awaitable));
    if (c.over) co_return;
    const bool fin = read_error == asio::error::eof;
    if (read_error && !fin) co_return pass_on_reset(c, from);

    const ByteView bytes(buffer.data(), n);
    if (fin) end(c.tapped.sent, from, clock.now(), How::fin);
    if (!fin) receive(c, from, bytes);
    if (c.over) co_return;

    error_code write_error;
    if (c.disturbance) {
      Delivery delivery = fin ? c.disturbance->finish(from) : c.disturbance->filter(from, bytes);
      write_error = co_await deliver(c, from, std::move(delivery));
    } else if (!fin) {
      const ByteView rest = write_now(c.socket(other(from)), bytes, write_error);
      if (!write_error && !rest.empty()) write_error = co_await write(c.socket(other(from)), rest);
    }
    if (c.over) co_return;
    if (write_error) co_return sink_is_gone(c, from);
    if (fin) co_return pass_on_fin(c, from);
  }
}

awaitable<error_code> Tap::State::deliver(Connection& c, Side from, Delivery delivery) {
  for (Piece& piece : delivery.pieces) {
    if (piece.delay > std::chrono::nanoseconds{0}) co_await c.ended.wait(deadline_in(piece.delay));
    if (c.over) co_return error_code{};
    std::vector<Segment>& delivered = c.tapped.delivered->segments;
    delivered.push_back({from, clock.now(), piece.bytes});
    const error_code error = co_await write(c.socket(other(from)), piece.bytes);
    if (error || c.over) co_return error;
  }
  if (delivery.cut == Cut::fin) end_by_harness(c, How::fin);
  if (delivery.cut == Cut::reset) end_by_harness(c, How::reset);
  co_return error_code{};
}

void Tap::State::receive(Connection& c, Side from, ByteView bytes) {
  c.tapped.sent.segments.push_back({from, clock.now(), Bytes(bytes.begin(), bytes.end())});
  c.bytes[static_cast<std::size_t>(from)] += bytes.size();
  if (c.bytes[0] + c.bytes[1] <= most_bytes) return;
  c.tapped.flooded = c.bytes[0] > c.bytes[1] ? Side::client : Side::server;
  c.tapped.error = "more than 8 MiB on one connection";
  end_by_harness(c, How::reset);
}

void Tap::State::pass_on_fin(Connection& c, Side from) {
  if (c.tapped.delivered) end(*c.tapped.delivered, from, clock.now(), How::fin);
  error_code ignored;
  c.socket(other(from)).shutdown(Socket::shutdown_send, ignored);
  if (++c.directions_done == 2) close(c);
}

void Tap::State::pass_on_reset(Connection& c, Side from) {
  end(c.tapped.sent, from, clock.now(), How::reset);
  if (c.tapped.delivered) end(*c.tapped.delivered, from, clock.now(), How::reset);
  reset_on_close(c.socket(other(from)));
  close(c);
}

// What `from` had sent before it could learn that its peer is gone is evidence still.
void Tap::State::sink_is_gone(Connection& c, Side from) {
  error_code error;
  Socket& source = c.socket(from);
  std::array<std::uint8_t, 16384> buffer;
  while (!error && !c.over) {
    const std::size_t n = source.read_some(asio::buffer(buffer), error);
    if (!error) receive(c, from, ByteView(buffer.data(), n));
  }
  if (c.over) return;
  if (error == asio::error::eof) end(c.tapped.sent, from, clock.now(), How::fin);
  pass_on_reset(c, other(from));
}

void Tap::State::end_by_harness(Connection& c, How how) {
  for (const Side side : {Side::client, Side::server}) {
    end(c.tapped.sent, side, clock.now(), how, true);
    if (c.tapped.delivered) end(*c.tapped.delivered, side, clock.now(), how, true);
    if (how == How::reset) reset_on_close(c.socket(side));
  }
  close(c);
}

void Tap::State::close(Connection& c) {
  error_code ignored;
  c.over = true;
  c.client.close(ignored);
  c.server.close(ignored);
  c.ended.notify();
  changed.notify();
}

bool Tap::State::any_open() const {
  return std::any_of(connections.begin(), connections.end(), [](const auto& c) { return !c->over; });
}

Tap::Tap(Executor executor, Upstream upstream, Stopwatch clock, MakeDisturbance disturb) : tasks_(executor) {
  state_ = std::make_shared<State>(executor, std::move(upstream), clock, std::move(disturb), tasks_);
  state_->listen();
  tasks_.spawn(State::accept_all(state_));
}

Tap::~Tap() {
  error_code ignored;
  state_->acceptor.close(ignored);
  close_all();
}

std::uint16_t Tap::port() const { return state_->port; }

awaitable<bool> Tap::idle(Deadline deadline) {
  const auto all_over = [this] {
    State::accept_pending(state_);
    return !state_->any_open();
  };
  co_return co_await state_->changed.wait_until(deadline, all_over);
}

void Tap::close_all() {
  State::accept_pending(state_);
  for (const auto& connection : state_->connections) {
    if (connection->over) continue;
    connection->tapped.left_open = true;
    if (connection->tapped.reached) {
      state_->end_by_harness(*connection, How::fin);
    } else {
      connection->tapped.error = "the server did not take the connection";
      state_->pass_on_reset(*connection, Side::server);
    }
  }
}

std::vector<Tapped> Tap::take() {
  std::vector<Tapped> taken;
  for (const auto& connection : state_->connections) {
    if (!connection->over) continue;
    if (connection->disturbance) connection->tapped.applied = connection->disturbance->applied();
    taken.push_back(std::move(connection->tapped));
  }
  std::erase_if(state_->connections, [](const auto& connection) { return connection->over; });
  return taken;
}

}  // namespace ti
