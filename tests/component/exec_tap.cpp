#include "exec/tap.hpp"

#include <fcntl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <random>

#include "exec/temp_dir.hpp"
#include "exec_test.hpp"

namespace ti {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using boost::system::error_code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Local = asio::local::stream_protocol;

const asio::socket_base::linger reset_on_close(true, 0);

std::string join(const Recording& recording, Side from) {
  std::string joined;
  for (const Segment& segment : recording.segments) {
    if (segment.from == from) joined += as_text(segment.bytes);
  }
  return joined;
}

/// "client fin", "server reset by harness", ...
std::vector<std::string> endings(const Recording& recording) {
  std::vector<std::string> texts;
  for (const Ending& ending : recording.endings) {
    texts.push_back(std::string(name(ending.from)) + (ending.how == Ending::How::fin ? " fin" : " reset") +
                    (ending.by_harness ? " by harness" : ""));
  }
  return texts;
}

class TapTest : public ExecTest {
 protected:
  TapTest() : listener_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), client_(io_), server_(io_) {}

  Upstream upstream() { return {{}, listener_.local_endpoint().port()}; }

  /// A client and a server with the tap between them.
  void join_through(Tap& tap) {
    run(connect(client_, tap));
    server_ = run(with_deadline(soon(), listener_.async_accept(use_awaitable)));
  }

  static awaitable<void> connect(tcp::socket& client, const Tap& tap) {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), tap.port());
    co_await client.async_connect(endpoint, use_awaitable);
  }

  template <class Socket>
  void send(Socket& socket, std::string_view text) {
    asio::write(socket, asio::buffer(text));
  }

  /// Exactly n bytes.
  template <class Socket>
  std::string receive(Socket& socket, std::size_t n) {
    std::string text(n, '\0');
    const auto read = [&]() -> awaitable<void> {
      co_await asio::async_read(socket, asio::buffer(text), use_awaitable);
    };
    run(with_deadline(soon(), read()));
    return text;
  }

  /// The error that ends the stream after whatever is left in it.
  template <class Socket>
  error_code end_of(Socket& socket) {
    const auto read_on = [&]() -> awaitable<error_code> {
      std::array<char, 4096> buffer;
      while (true) {
        const auto [error, n] = co_await socket.async_read_some(asio::buffer(buffer), asio::as_tuple(use_awaitable));
        if (error) co_return error;
      }
    };
    return run(with_deadline(soon(), read_on()));
  }

  Tapped only(Tap& tap) {
    EXPECT_TRUE(run(tap.idle(soon())));
    std::vector<Tapped> all = tap.take();
    EXPECT_THAT(all, SizeIs(1));
    return std::move(all.at(0));
  }

  tcp::acceptor listener_;
  tcp::socket client_;
  tcp::socket server_;
};

TEST_F(TapTest, ForwardsAndRecordsBothDirectionsInOrder) {
  Tap tap(executor(), upstream(), clock_);
  join_through(tap);
  send(client_, "hello");
  EXPECT_EQ(receive(server_, 5), "hello");
  send(server_, "world!");
  EXPECT_EQ(receive(client_, 6), "world!");
  client_.close();
  EXPECT_EQ(end_of(server_), asio::error::eof);
  server_.close();

  const Tapped tapped = only(tap);
  ASSERT_THAT(tapped.sent.segments, SizeIs(2));
  EXPECT_EQ(tapped.sent.segments[0].from, Side::client);
  EXPECT_EQ(as_text(tapped.sent.segments[0].bytes), "hello");
  EXPECT_EQ(as_text(tapped.sent.segments[1].bytes), "world!");
  EXPECT_LE(tapped.sent.opened, tapped.sent.segments[0].at);
  EXPECT_LE(tapped.sent.segments[0].at, tapped.sent.segments[1].at);
  EXPECT_THAT(endings(tapped.sent), ElementsAre("client fin", "server fin"));
  EXPECT_EQ(tapped.sent.endings[0].after_segment, 2U);
  EXPECT_EQ(tapped.sent.server.port, tap.port());
  EXPECT_EQ(tapped.error, "");
  EXPECT_FALSE(tapped.delivered);
  EXPECT_THAT(tap.take(), IsEmpty());
}

TEST_F(TapTest, IsTransparentForRandomBytes) {
  Tap tap(executor(), upstream(), clock_);
  join_through(tap);
  std::mt19937 random(1);
  const auto noise = [&] {
    std::string text(65536, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
  };
  const std::string up = noise();
  const std::string down = noise();
  const auto write = [&](tcp::socket& socket, const std::string& text) -> awaitable<void> {
    co_await asio::async_write(socket, asio::buffer(text), use_awaitable);
    socket.shutdown(tcp::socket::shutdown_send);
  };
  TaskGroup writers(executor());
  writers.spawn(write(client_, up));
  writers.spawn(write(server_, down));
  EXPECT_EQ(receive(server_, up.size()), up);
  EXPECT_EQ(receive(client_, down.size()), down);
  run(writers.join());
  const Tapped tapped = only(tap);
  EXPECT_EQ(join(tapped.sent, Side::client), up);
  EXPECT_EQ(join(tapped.sent, Side::server), down);
}

TEST_F(TapTest, AHalfCloseGoesOnAsAHalfClose) {
  Tap tap(executor(), upstream(), clock_);
  join_through(tap);
  client_.shutdown(tcp::socket::shutdown_send);
  EXPECT_EQ(end_of(server_), asio::error::eof);
  send(server_, "late");
  EXPECT_EQ(receive(client_, 4), "late");
  EXPECT_FALSE(run(tap.idle(deadline_in(1ms))));
  server_.close();
  const Tapped tapped = only(tap);
  EXPECT_THAT(endings(tapped.sent), ElementsAre("client fin", "server fin"));
  EXPECT_EQ(tapped.sent.endings[0].after_segment, 0U);
  EXPECT_EQ(tapped.sent.endings[1].after_segment, 1U);
}

TEST_F(TapTest, AResetOfTheClientGoesOnAsAReset) {
  Tap tap(executor(), upstream(), clock_);
  join_through(tap);
  send(client_, "x");
  EXPECT_EQ(receive(server_, 1), "x");
  client_.set_option(reset_on_close);
  client_.close();
  EXPECT_EQ(end_of(server_), asio::error::connection_reset);
  EXPECT_THAT(endings(only(tap).sent), ElementsAre("client reset"));
}

TEST_F(TapTest, AResetOfTheServerGoesOnAsAReset) {
  Tap tap(executor(), upstream(), clock_);
  join_through(tap);
  server_.set_option(reset_on_close);
  server_.close();
  EXPECT_EQ(end_of(client_), asio::error::connection_reset);
  EXPECT_THAT(endings(only(tap).sent), ElementsAre("server reset"));
}

TEST_F(TapTest, RecordsWhatAServerSaidToAClientThatHadGone) {
  Tap tap(executor(), upstream(), clock_);
  join_through(tap);
  client_.close();
  EXPECT_EQ(end_of(server_), asio::error::eof);
  send(server_, "ticket");
  send(server_, "close_notify");
  server_.shutdown(tcp::socket::shutdown_send);
  const Tapped tapped = only(tap);
  EXPECT_EQ(join(tapped.sent, Side::server), "ticketclose_notify");
  EXPECT_THAT(endings(tapped.sent), ElementsAre("client fin", "server fin"));
}

TEST_F(TapTest, ResetsAClientWhoseServerCannotBeReached) {
  const Upstream nobody = upstream();
  listener_.close();
  Tap tap(executor(), nobody, clock_);
  run(connect(client_, tap));
  EXPECT_EQ(end_of(client_), asio::error::connection_reset);
  const Tapped tapped = only(tap);
  EXPECT_EQ(tapped.error, "cannot reach the server: Connection refused");
  EXPECT_THAT(endings(tapped.sent), ElementsAre("server reset"));
}

TEST_F(TapTest, ReachesAUnixSocket) {
  const TempDir folder(guardian_);
  Local::acceptor listener(io_, Local::endpoint(folder.path() / "s"));
  Tap tap(executor(), {folder.path() / "s"}, clock_);
  run(connect(client_, tap));
  Local::socket server = run(with_deadline(soon(), listener.async_accept(use_awaitable)));
  send(client_, "hello");
  EXPECT_EQ(receive(server, 5), "hello");
  send(server, "world");
  EXPECT_EQ(receive(client_, 5), "world");
  client_.shutdown(tcp::socket::shutdown_send);
  EXPECT_EQ(end_of(server), asio::error::eof);
  server.close();
  EXPECT_EQ(end_of(client_), asio::error::eof);
  EXPECT_THAT(endings(only(tap).sent), ElementsAre("client fin", "server fin"));
}

TEST_F(TapTest, AUnixServerThatClosesOnUnreadBytesHasReset) {
  const TempDir folder(guardian_);
  Local::acceptor listener(io_, Local::endpoint(folder.path() / "s"));
  Tap tap(executor(), {folder.path() / "s"}, clock_);
  run(connect(client_, tap));
  Local::socket server = run(with_deadline(soon(), listener.async_accept(use_awaitable)));
  send(client_, "hello");
  EXPECT_EQ(receive(server, 1), "h");
  server.close();
  EXPECT_EQ(end_of(client_), asio::error::connection_reset);
  EXPECT_THAT(endings(only(tap).sent), ElementsAre("server reset"));
}

TEST_F(TapTest, TakesSeveralConnectionsInTheOrderOfTheirArrival) {
  Tap tap(executor(), upstream(), clock_);
  for (const char* text : {"first", "second"}) {
    tcp::socket client(io_);
    run(connect(client, tap));
    send(client, text);
  }
  for (int i = 0; i < 2; ++i) {
    const tcp::socket server = run(with_deadline(soon(), listener_.async_accept(use_awaitable)));
  }
  EXPECT_TRUE(run(tap.idle(soon())));
  const std::vector<Tapped> tapped = tap.take();
  ASSERT_THAT(tapped, SizeIs(2));
  EXPECT_LE(tapped[0].sent.opened, tapped[1].sent.opened);
  EXPECT_NE(tapped[0].sent.client.port, tapped[1].sent.client.port);
}

TEST_F(TapTest, IdleSeesAClientThatCameAndWentBeforeTheLoopRan) {
  Tap tap(executor(), upstream(), clock_);
  client_.connect(tcp::endpoint(asio::ip::address_v4::loopback(), tap.port()));
  send(client_, "quick");
  client_.close();
  bool idle = false;
  asio::co_spawn(io_, tap.idle(soon()), [&](const std::exception_ptr&, bool all_over) { idle = all_over; });
  server_ = run(with_deadline(soon(), listener_.async_accept(use_awaitable)));
  EXPECT_FALSE(idle);
  EXPECT_EQ(receive(server_, 5), "quick");
  server_.close();
  run_until([&] { return idle; });
  EXPECT_EQ(join(only(tap).sent, Side::client), "quick");
}

TEST_F(TapTest, IsIdleWithoutAnyConnection) {
  Tap tap(executor(), upstream(), clock_);
  EXPECT_TRUE(run(tap.idle(soon())));
}

TEST_F(TapTest, ClosingMarksTheEndingsAsTheHarnesss) {
  Tap tap(executor(), upstream(), clock_);
  join_through(tap);
  server_.shutdown(tcp::socket::shutdown_send);
  EXPECT_EQ(end_of(client_), asio::error::eof);
  tap.close_all();
  const Tapped tapped = only(tap);
  EXPECT_THAT(endings(tapped.sent), ElementsAre("server fin", "client fin by harness"));
  EXPECT_TRUE(tapped.left_open);
  EXPECT_EQ(end_of(server_), asio::error::eof);
}

TEST_F(TapTest, CutsAClientThatBabbles) {
  Tap tap(executor(), upstream(), clock_);
  join_through(tap);
  const auto babble = [](tcp::socket& socket) -> awaitable<void> {
    const std::string text(65536, 'x');
    error_code error;
    while (!error) {
      const auto [e, n] = co_await asio::async_write(socket, asio::buffer(text), asio::as_tuple(use_awaitable));
      error = e;
    }
  };
  TaskGroup babblers(executor());
  babblers.spawn(babble(client_));
  end_of(server_);
  run(babblers.join());
  const Tapped tapped = only(tap);
  EXPECT_EQ(tapped.error, "more than 8 MiB on one connection");
  EXPECT_EQ(tapped.flooded, Side::client);
  EXPECT_LE(join(tapped.sent, Side::client).size(), Tap::most_bytes + 16384);
  EXPECT_THAT(endings(tapped.sent), ElementsAre("client reset by harness", "server reset by harness"));
}

TEST_F(TapTest, NeitherListenerNorConnectionsOutliveAnExec) {
  Tap tap(executor(), upstream(), clock_);
  join_through(tap);
  const int ours[] = {listener_.native_handle(), client_.native_handle(), server_.native_handle()};
  int of_the_tap = 0;
  for (int fd = 3; fd < 64; ++fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    const bool is_tcp = ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_INET;
    if (!is_tcp || std::find(std::begin(ours), std::end(ours), fd) != std::end(ours)) continue;
    ++of_the_tap;
    EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC) << fd;
  }
  EXPECT_EQ(of_the_tap, 3);
}

TEST_F(TapTest, MayBeDestroyedWithConnectionsOpen) {
  {
    Tap tap(executor(), upstream(), clock_);
    join_through(tap);
  }
  EXPECT_EQ(end_of(client_), asio::error::eof);
  EXPECT_EQ(end_of(server_), asio::error::eof);
}

class Scripted final : public Disturbance {
 public:
  using Filter = std::function<Delivery(Side, ByteView)>;
  explicit Scripted(Filter filter) : filter_(std::move(filter)) {}
  Delivery filter(Side from, ByteView bytes) override { return filter_(from, bytes); }
  Delivery finish(Side from) override { return filter_(from, {}); }

 private:
  Filter filter_;
};

MakeDisturbance scripted(const Scripted::Filter& filter) {
  return [filter](std::size_t) { return std::make_unique<Scripted>(filter); };
}

TEST_F(TapTest, ADisturbanceReplacesDelaysAndHoldsBack) {
  Bytes held;
  const auto hold_back = [&](Side, ByteView bytes) -> Delivery {
    if (!bytes.empty()) {
      held.insert(held.end(), bytes.begin(), bytes.end());
      return {};
    }
    Delivery delivery;
    for (const std::uint8_t byte : std::exchange(held, {})) delivery.pieces.push_back({{byte}, 1ms});
    return delivery;
  };
  Tap tap(executor(), upstream(), clock_, scripted(hold_back));
  join_through(tap);
  send(client_, "abc");
  client_.shutdown(tcp::socket::shutdown_send);
  EXPECT_EQ(receive(server_, 3), "abc");
  EXPECT_EQ(end_of(server_), asio::error::eof);
  server_.close();
  const Tapped tapped = only(tap);
  EXPECT_EQ(join(tapped.sent, Side::client), "abc");
  const std::vector<Segment>& delivered = tapped.delivered.value().segments;
  ASSERT_THAT(delivered, SizeIs(3));
  EXPECT_GE(delivered[2].at - delivered[0].at, 2ms);
  EXPECT_EQ(as_text(delivered[1].bytes), "b");
  EXPECT_THAT(endings(*tapped.delivered), ElementsAre("client fin", "server fin"));
  EXPECT_EQ(tapped.delivered->endings[0].after_segment, 3U);
}

TEST_F(TapTest, ADisturbanceCutsBothSides) {
  for (const Cut cut : {Cut::fin, Cut::reset}) {
    const auto cut_after = [cut](Side, ByteView bytes) {
      return Delivery{{{Bytes(bytes.begin(), bytes.end() - 1)}}, cut};
    };
    Tap tap(executor(), upstream(), clock_, scripted(cut_after));
    client_ = tcp::socket(io_);
    join_through(tap);
    send(client_, "abc");
    EXPECT_EQ(receive(server_, 2), "ab");
    const error_code expected = cut == Cut::fin ? error_code(asio::error::eof) : asio::error::connection_reset;
    EXPECT_EQ(end_of(server_), expected);
    EXPECT_EQ(end_of(client_), expected);
    const Tapped tapped = only(tap);
    EXPECT_EQ(join(tapped.sent, Side::client), "abc");
    EXPECT_EQ(join(*tapped.delivered, Side::client), "ab");
    const std::string how = cut == Cut::fin ? " fin by harness" : " reset by harness";
    EXPECT_THAT(endings(tapped.sent), ElementsAre("client" + how, "server" + how));
  }
}

TEST_F(TapTest, ClosingInterruptsADelay) {
  const auto delay = [](Side, ByteView bytes) {
    return Delivery{{{Bytes(bytes.begin(), bytes.end()), std::chrono::hours(1)}}};
  };
  Tap tap(executor(), upstream(), clock_, scripted(delay));
  join_through(tap);
  send(client_, "abc");
  EXPECT_FALSE(run(tap.idle(deadline_in(1ms))));
  tap.close_all();
  const Tapped tapped = only(tap);
  EXPECT_THAT(tapped.delivered->segments, IsEmpty());
}

TEST_F(TapTest, ADisturbanceThatThrowsEndsItsConnectionWithItsWords) {
  const auto broken = [](Side, ByteView) -> Delivery { throw std::runtime_error("no such record"); };
  Tap tap(executor(), upstream(), clock_, scripted(broken));
  join_through(tap);
  send(client_, "abc");
  EXPECT_EQ(end_of(client_), asio::error::connection_reset);
  EXPECT_EQ(only(tap).error, "no such record");
}

}  // namespace
}  // namespace ti
