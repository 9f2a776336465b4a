#include "common/kept_sessions.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>

using namespace ti::adapter;

namespace {

using Session = std::shared_ptr<std::string>;

ConnectOrder order(int connection, Offer offer) {
  ConnectOrder order;
  order.connection = connection;
  order.offer = offer;
  return order;
}

constexpr Offer latest{Offer::Kind::latest};
constexpr Offer none{Offer::Kind::none};
constexpr Offer after(int connection) { return {Offer::Kind::saved, connection}; }

Session named(const char* name) { return std::make_shared<std::string>(name); }

std::string name_of(const Session& session) { return session ? *session : "nothing"; }

}  // namespace

TEST(KeptSessions, OffersTheNewest) {
  KeptSessions<Session> kept;
  EXPECT_EQ(name_of(kept.begin(order(1, latest))), "nothing");
  kept.keep(named("A"));
  EXPECT_EQ(name_of(kept.begin(order(2, latest))), "A");
  kept.keep(named("B"));
  kept.keep(named("C"));
  EXPECT_EQ(name_of(kept.begin(order(3, latest))), "C");
}

TEST(KeptSessions, KeepsWhatItHasWhenToldToOfferNone) {
  KeptSessions<Session> kept;
  kept.begin(order(1, latest));
  kept.keep(named("A"));
  EXPECT_EQ(name_of(kept.begin(order(2, none))), "nothing");
  EXPECT_EQ(name_of(kept.begin(order(3, latest))), "A");
}

TEST(KeptSessions, OffersWhatWasKeptAfterAConnection) {
  KeptSessions<Session> kept;
  kept.begin(order(1, latest));
  kept.begin(order(2, latest));
  kept.keep(named("B"));
  kept.begin(order(3, latest));
  kept.begin(order(4, latest));
  kept.keep(named("D"));
  EXPECT_EQ(name_of(kept.begin(order(5, after(1)))), "nothing");
  EXPECT_EQ(name_of(kept.begin(order(6, after(2)))), "B");
  EXPECT_EQ(name_of(kept.begin(order(7, after(3)))), "B");
  EXPECT_EQ(name_of(kept.begin(order(8, after(4)))), "D");
}

TEST(KeptSessions, RefusesAConnectionThatHasNotBeenMade) {
  KeptSessions<Session> kept;
  kept.begin(order(1, latest));
  EXPECT_THROW(kept.begin(order(2, after(2))), Failure);
  EXPECT_EQ(name_of(kept.begin(order(2, after(1)))), "nothing");
}

TEST(KeptSessions, OffersASingleUseSessionOnce) {
  KeptSessions<Session> kept;
  kept.begin(order(1, latest));
  kept.keep(named("A"), Use::once);
  kept.keep(named("B"), Use::once);
  EXPECT_EQ(name_of(kept.begin(order(2, latest))), "B");
  EXPECT_EQ(name_of(kept.begin(order(3, latest))), "A");
  EXPECT_EQ(name_of(kept.begin(order(4, latest))), "nothing");
  EXPECT_EQ(name_of(kept.begin(order(5, after(1)))), "B");
  EXPECT_EQ(name_of(kept.begin(order(6, after(2)))), "A");
}

TEST(KeptSessions, SavesCopiesThatLaterUseDoesNotTouch) {
  KeptSessions<Session> kept([](const Session& session) { return std::make_shared<std::string>(*session); });
  kept.begin(order(1, latest));
  kept.keep(named("A"));
  *kept.begin(order(2, latest)) = "spoilt";
  *kept.begin(order(3, after(1))) = "spoilt too";
  EXPECT_EQ(name_of(kept.begin(order(4, after(1)))), "A");
}

TEST(KeptSessions, ForgetsEverything) {
  KeptSessions<Session> kept;
  kept.begin(order(1, latest));
  kept.keep(named("A"));
  kept.clear();
  EXPECT_EQ(name_of(kept.begin(order(1, latest))), "nothing");
  EXPECT_THROW(kept.begin(order(2, after(2))), Failure);
}
