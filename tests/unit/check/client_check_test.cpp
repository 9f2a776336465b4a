// What check-client can be asked for.
#include "check/client_check.hpp"

#include <gmock/gmock.h>

#include "model/fields.hpp"

namespace ti {
namespace {

TEST(Capabilities, ThoseThatAManifestMayDeclareAreThoseThatAreChecked) {
  EXPECT_THAT(capability_names(), testing::UnorderedElementsAreArray(client_capabilities()));
}

}  // namespace
}  // namespace ti
