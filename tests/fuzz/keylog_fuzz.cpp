// Key log text.
#include "wire/keylog.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ti::KeyLog keys(ti::as_text({data, size}));
  const ti::Bytes random(32, 0);
  const ti::ByteView secret = keys.find("CLIENT_RANDOM", random);
  if (!secret.empty() && secret.size() != 48) __builtin_trap();
  return 0;
}
